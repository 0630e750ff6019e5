#include "tests/support/scripted_registry.hpp"

#include "tests/support/scripted_engine.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/write.hpp>  // IWYU pragma: keep, as read.hpp below: impl/ defines what they declare
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>  // IWYU pragma: keep
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>  // IWYU pragma: keep

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::test {
namespace {

namespace net = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::chrono::seconds patience(10);

RecordedRequest to_record(const http::request<http::string_body>& message) {
    RecordedRequest request;
    request.method = message.method_string();
    request.target = message.target();
    for (const auto& field : message) {
        std::string name(field.name_string());
        std::ranges::transform(name, name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        request.headers[name] = std::string(field.value());
    }
    request.body = message.body();
    request.body_complete = true;
    return request;
}

}  // namespace

std::string http_answer(
    std::string_view status, const std::vector<std::string>& fields, std::string_view body
) {
    std::string answer = "HTTP/1.1 " + std::string(status) + "\r\n";
    for (const std::string& field : fields) {
        answer += field + "\r\n";
    }
    answer += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return answer + std::string(body);
}

ScriptedRegistry::ScriptedRegistry()
    : acceptor_(context_, Tcp::endpoint(net::ip::address_v4::loopback(), 0)) {
    start();
}

ScriptedRegistry::ScriptedRegistry(
    const std::filesystem::path& certificate, const std::filesystem::path& key
)
    : acceptor_(context_, Tcp::endpoint(net::ip::address_v4::loopback(), 0)),
      tls_(ssl::context::tls_server) {
    tls_->use_certificate_file(certificate.string(), ssl::context::pem);
    tls_->use_private_key_file(key.string(), ssl::context::pem);
    start();
}

ScriptedRegistry::~ScriptedRegistry() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        ::shutdown(connection_, SHUT_RDWR);
    }
    worker_.join();
}

void ScriptedRegistry::start() {
    worker_ = std::jthread([this] { serve_connections(); });
}

std::string ScriptedRegistry::address() const {
    return "127.0.0.1:" + port();
}

std::string ScriptedRegistry::port() const {
    return std::to_string(acceptor_.local_endpoint().port());
}

void ScriptedRegistry::on(std::string_view part, std::vector<std::string> answers) {
    const std::scoped_lock lock(mutex_);
    const auto known = std::ranges::find(plays_, part, &Play::part);
    if (known != plays_.end()) {
        plays_.erase(known);
    }
    plays_.push_back({.part = std::string(part), .answers = std::move(answers)});
}

std::vector<RecordedRequest> ScriptedRegistry::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

std::vector<std::string> ScriptedRegistry::asked() const {
    std::vector<std::string> lines;
    for (const RecordedRequest& request : requests()) {
        lines.push_back(request.method + " " + request.target);
    }
    return lines;
}

bool ScriptedRegistry::wait_for_request() const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return !requests_.empty(); });
}

bool ScriptedRegistry::wait_until_closed() const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return closed_by_client_ > 0; });
}

void ScriptedRegistry::serve_connections() {
    for (;;) {
        error_code error;
        Tcp::socket socket(context_);
        acceptor_.accept(socket, error);
        if (error || !set_connection(socket.native_handle())) {
            return;
        }
        serve(socket);
        if (!set_connection(-1)) {
            return;
        }
    }
}

// False where the registry is being stopped.
bool ScriptedRegistry::set_connection(int connection) {
    const std::scoped_lock lock(mutex_);
    connection_ = connection;
    return !stopping_;
}

void ScriptedRegistry::serve(Tcp::socket& socket) {
    if (!tls_) {
        talk(socket, socket);
        return;
    }
    error_code error;
    ssl::stream<Tcp::socket&> stream(socket, *tls_);
    stream.handshake(ssl::stream_base::server, error);
    if (!error) {
        talk(stream, socket);
    }
}

template <class Stream>
void ScriptedRegistry::talk(Stream& stream, Tcp::socket& socket) {
    error_code error;
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> message;
    http::read(stream, buffer, message, error);
    if (error) {
        return;
    }
    const std::string answer = record(to_record(message));
    if (answer != silence) {
        net::write(stream, net::buffer(answer), error);
        return;
    }
    char ignored = 0;
    while (socket.read_some(net::buffer(&ignored, 1), error) > 0) {
    }
    const std::scoped_lock lock(mutex_);
    ++closed_by_client_;
    changed_.notify_all();
}

// Returns the answer.
std::string ScriptedRegistry::record(const RecordedRequest& request) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
    const std::string line = request.method + " " + request.target;
    for (Play& play : plays_) {
        if (line.contains(play.part)) {
            const std::size_t at = std::min(play.next++, play.answers.size() - 1);
            return play.answers[at];
        }
    }
    return http_answer("400 No script for this", {});
}

}  // namespace slipway::test
