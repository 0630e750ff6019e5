#include "tests/support/scripted_engine.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <linux/sockios.h>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::test {
namespace {

constexpr std::chrono::seconds patience(10);
constexpr std::string_view line_end = "\r\n";

// Byte by byte, so that what lies behind stays in the socket. Empty where the client left.
std::string read_until(int connection, std::string_view mark) {
    std::string text;
    char c = 0;
    while (!text.ends_with(mark)) {
        if (::recv(connection, &c, 1, 0) != 1) {
            return {};
        }
        text += c;
    }
    return text.substr(0, text.size() - mark.size());
}

bool read_exactly(int connection, std::size_t size, std::string& out) {
    std::array<char, 65536> piece{};
    while (size > 0) {
        const auto got = ::recv(connection, piece.data(), std::min(size, piece.size()), 0);
        if (got <= 0) {
            return false;
        }
        out.append(piece.data(), static_cast<std::size_t>(got));
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

// True where the body ended as it should.
bool read_chunks(int connection, std::size_t limit, std::string& body) {
    while (body.size() < limit) {
        const std::string line = read_until(connection, line_end);
        if (line.empty()) {
            return false;
        }
        const std::size_t size = std::stoul(line, nullptr, 16);
        const std::size_t wanted = std::min(size, limit - body.size());
        if (!read_exactly(connection, wanted, body) || wanted < size) {
            return false;
        }
        std::string end_of_chunk;
        if (!read_exactly(connection, line_end.size(), end_of_chunk)) {
            return false;
        }
        if (size == 0) {
            return true;
        }
    }
    return false;
}

void read_body(int connection, std::size_t limit, RecordedRequest& request) {
    if (request.headers.contains("transfer-encoding")) {
        request.body_complete = read_chunks(connection, limit, request.body);
        return;
    }
    const auto length = request.headers.find("content-length");
    const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    request.body_complete = read_exactly(connection, std::min(size, limit), request.body);
}

RecordedRequest parse_header(const std::string& header) {
    RecordedRequest request;
    std::size_t at = header.find(line_end);
    const std::string first = header.substr(0, at);
    request.method = first.substr(0, first.find(' '));
    request.target = first.substr(request.method.size() + 1);
    request.target.resize(request.target.find(' '));
    while (at != std::string::npos) {
        const std::size_t begin = at + line_end.size();
        at = header.find(line_end, begin);
        const std::string line = header.substr(begin, at - begin);
        const std::size_t colon = line.find(": ");
        std::string name = line.substr(0, colon);
        std::ranges::transform(name, name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        std::string& value = request.headers[name];
        value += (value.empty() ? "" : ", ") + line.substr(colon + 2);
    }
    return request;
}

bool peer_has_shut_down(int connection) {
    char c = 0;
    return ::recv(connection, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

// Waits until the client has read all; false where it left.
bool wait_until_taken(int connection) {
    int unread = 1;
    while (::ioctl(connection, SIOCOUTQ, &unread) == 0 && unread > 0) {
        if (peer_has_shut_down(connection)) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

bool send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool is_session(const RecordedRequest& request) {
    return request.target.ends_with("/session");
}

}  // namespace

ScriptedEngine::ScriptedEngine() : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string path = (folder_ / "engine.sock").string();
    path.copy(static_cast<char*>(name.sun_path), sizeof(name.sun_path) - 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the call wants it
    const auto* const address = reinterpret_cast<const sockaddr*>(&name);
    if (::bind(listener_, address, sizeof(name)) != 0 || ::listen(listener_, 64) != 0) {
        throw std::system_error(errno, std::generic_category(), "listening on " + path);
    }
    worker_ = std::jthread([this] { serve_connections(); });
}

ScriptedEngine::~ScriptedEngine() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        for (const Connection& connection : connections_) {
            ::shutdown(connection.socket, SHUT_RDWR);
        }
    }
    worker_.join();
    connections_.clear();
    ::close(listener_);
}

std::string ScriptedEngine::address() const {
    return "unix://" + (folder_ / "engine.sock").string();
}

void ScriptedEngine::on(std::string_view part, Script script) {
    const std::scoped_lock lock(mutex_);
    for (auto& [known, old] : scripts_) {
        if (known == part) {
            old = std::move(script);
            return;
        }
    }
    scripts_.emplace_back(part, std::move(script));
}

std::vector<RecordedRequest> ScriptedEngine::requests() const {
    const std::scoped_lock lock(mutex_);
    std::vector<RecordedRequest> asked;
    std::ranges::copy_if(requests_, std::back_inserter(asked), [](const RecordedRequest& request) {
        return request.target != "/_ping" && !is_session(request);
    });
    return asked;
}

std::vector<RecordedRequest> ScriptedEngine::sessions() const {
    const std::scoped_lock lock(mutex_);
    std::vector<RecordedRequest> asked;
    std::ranges::copy_if(requests_, std::back_inserter(asked), is_session);
    return asked;
}

bool ScriptedEngine::wait_for_request(std::string_view part) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this, part] {
        return std::ranges::any_of(requests_, [part](const RecordedRequest& request) {
            return (request.method + " " + request.target).contains(part);
        });
    });
}

bool ScriptedEngine::wait_until_closed(std::string_view part) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this, part] {
        return std::ranges::any_of(requests_, [part](const RecordedRequest& request) {
            const bool meant = part.empty()
                                   ? !is_session(request)
                                   : (request.method + " " + request.target).contains(part);
            return meant && request.closed;
        });
    });
}

bool ScriptedEngine::wait_for_session_text(std::string_view text) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this, text] {
        const auto last = std::find_if(requests_.rbegin(), requests_.rend(), is_session);
        return last != requests_.rend() && last->afterwards.contains(text);
    });
}

void ScriptedEngine::serve_connections() {
    for (;;) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            return;
        }
        join_done();
        begin(socket);
    }
}

void ScriptedEngine::begin(int socket) {
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
        ::close(socket);
        return;
    }
    Connection& connection = connections_.emplace_back();
    connection.socket = socket;
    connection.thread = std::jthread([this, &connection] { serve(connection); });
}

void ScriptedEngine::join_done() {
    std::list<Connection> done;
    const std::scoped_lock lock(mutex_);
    for (auto at = connections_.begin(); at != connections_.end();) {
        const auto next = std::next(at);
        if (at->done) {
            done.splice(done.end(), connections_, at);
        }
        at = next;
    }
}

void ScriptedEngine::serve(Connection& connection) {
    serve_request(connection.socket);
    const std::scoped_lock lock(mutex_);
    ::close(std::exchange(connection.socket, -1));
    connection.done = true;
}

void ScriptedEngine::serve_request(int connection) {
    const std::string header = read_until(connection, "\r\n\r\n");
    if (header.empty()) {
        return;
    }
    RecordedRequest request = parse_header(header);
    const Script script = script_for(request.method + " " + request.target);
    read_body(connection, script.read_body, request);
    play(connection, script, record(request));
}

Script ScriptedEngine::script_for(const std::string& request) const {
    const std::scoped_lock lock(mutex_);
    for (const auto& [part, script] : scripts_) {
        if (request.contains(part)) {
            return script;
        }
    }
    return {.answer = "HTTP/1.1 501 No script for this\r\nContent-Length: 0\r\n\r\n"};
}

std::size_t ScriptedEngine::record(const RecordedRequest& request) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
    return requests_.size() - 1;
}

void ScriptedEngine::play(int connection, const Script& script, std::size_t request) {
    const bool took_all = play_answer(connection, script, request);
    if (!script.hold) {
        return;
    }
    if (took_all) {
        record_until_close(connection, request);
    }
    const std::scoped_lock lock(mutex_);
    requests_[request].closed = true;
    changed_.notify_all();
}

void ScriptedEngine::record_until_close(int connection, std::size_t request) {
    std::array<char, 4096> piece{};
    for (ssize_t got = 0; (got = ::recv(connection, piece.data(), piece.size(), 0)) > 0;) {
        const std::scoped_lock lock(mutex_);
        requests_[request].afterwards.append(piece.data(), static_cast<std::size_t>(got));
        changed_.notify_all();
    }
}

// False where the client left before it had all.
bool ScriptedEngine::play_answer(int connection, const Script& script, std::size_t request) {
    std::string_view rest = std::string_view(script.answer).substr(0, script.cut_after);
    while (!rest.empty()) {
        const std::string_view piece = rest.substr(0, script.write_size);
        rest.remove_prefix(piece.size());
        if (rest.empty() && peer_has_shut_down(connection)) {
            const std::scoped_lock lock(mutex_);
            requests_[request].half_closed = true;
        }
        if (!send_all(connection, piece) || (!rest.empty() && !wait_until_taken(connection))) {
            return false;
        }
    }
    return true;
}

}  // namespace slipway::test
