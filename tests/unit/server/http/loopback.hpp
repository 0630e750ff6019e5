#pragma once

#include "server/http/router.hpp"
#include "server/http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace slipway::http::test {

/// A Server on a free loopback port. It listens at once, but nothing runs until start(): what a
/// client sends before is there when its connection is accepted, so a test needs no luck with short
/// deadlines.
class Loopback {
public:
    explicit Loopback(ServerLimits limits = {}, Observer observer = {})
        : server_(Server::bind(context.get_executor(), "127.0.0.1:0", limits).value()),
          observer_(std::move(observer)) {}

    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;
    Loopback(Loopback&&) = delete;
    Loopback& operator=(Loopback&&) = delete;

    ~Loopback() {
        if (thread_.joinable()) {
            server_->stop(std::chrono::milliseconds(0));
            thread_.join();
        }
    }

    void start() {
        spawn();
        thread_ = std::thread([this] { context.run(); });
    }

    /// What start() does first; then the test runs the context itself.
    void spawn() {
        if (!served_.valid()) {
            served_ = boost::asio::co_spawn(
                context, server_->serve(router, observer_), boost::asio::use_future
            );
        }
    }

    /// Whether serve() returns within 10 s.
    [[nodiscard]] bool returns() {
        return served_.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    }

    [[nodiscard]] Server& server() { return *server_; }

    [[nodiscard]] std::uint16_t port() const { return server_->endpoint().port(); }

    boost::asio::io_context context;
    Router router;

private:
    std::unique_ptr<Server> server_;
    Observer observer_;
    std::future<void> served_;
    std::thread thread_;
};

struct Answer {
    unsigned status = 0;  ///< 0: the connection ended before
    std::map<std::string, std::string> headers;
    std::string body;
};

/// A blocking client that sends bytes as they are. Whatever it waits for longer than 10 s throws.
class Client {
public:
    explicit Client(std::uint16_t port)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int one = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what connect() wants
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            const int reason = errno;
            ::close(socket_);
            throw std::system_error(reason, std::generic_category(), "connecting");
        }
    }

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&&) = delete;
    Client& operator=(Client&&) = delete;

    ~Client() { close(); }

    void close() {
        if (socket_ >= 0) {
            ::close(socket_);
            socket_ = -1;
        }
    }

    /// Where the other side has closed that is no error, as its answer may be there to be read.
    void send(std::string_view bytes) const { static_cast<void>(sends_all(bytes)); }

    /// The same; says whether all was taken.
    [[nodiscard]] bool sends_all(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void send_bytewise(std::string_view bytes) const {
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            send(bytes.substr(at, 1));
        }
    }

    [[nodiscard]] Answer get(std::string_view target) {
        send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        return read_answer();
    }

    [[nodiscard]] Answer read_answer(bool with_body = true) {
        const std::size_t end = wait_for("\r\n\r\n");
        if (end == std::string::npos) {
            return {};
        }
        Answer answer = parse_head(std::string_view(received_).substr(0, end + 2));
        received_.erase(0, end + 4);
        const auto length = answer.headers.find("Content-Length");
        if (with_body && length != answer.headers.end()) {
            const std::size_t bytes = std::stoul(length->second);
            while (received_.size() < bytes && read_some()) {
            }
            answer.body = received_.substr(0, bytes);
            received_.erase(0, bytes);
        }
        return answer;
    }

    /// Everything up to the end of the connection.
    [[nodiscard]] std::string read_all() {
        while (read_some()) {
        }
        return std::exchange(received_, {});
    }

    [[nodiscard]] std::string read_exactly(std::size_t bytes) {
        while (received_.size() < bytes && read_some()) {
        }
        std::string text = received_.substr(0, bytes);
        received_.erase(0, bytes);
        return text;
    }

    /// Whether the other side closed, with nothing unread before.
    [[nodiscard]] bool is_closed() { return read_all().empty(); }

    [[nodiscard]] bool has_nothing_to_read() const {
        pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
        return received_.empty() && ::poll(&wanted, 1, 0) == 0;
    }

private:
    static Answer parse_head(std::string_view head) {
        Answer answer;
        answer.status = static_cast<unsigned>(std::stoul(std::string(head.substr(9, 3))));
        head.remove_prefix(head.find("\r\n") + 2);
        while (!head.empty()) {
            const std::string_view line = head.substr(0, head.find("\r\n"));
            const std::size_t colon = line.find(": ");
            answer.headers.emplace(line.substr(0, colon), line.substr(colon + 2));
            head.remove_prefix(line.size() + 2);
        }
        return answer;
    }

    std::size_t wait_for(std::string_view text) {
        std::size_t found = received_.find(text);
        while (found == std::string::npos && read_some()) {
            found = received_.find(text);
        }
        return found;
    }

    bool read_some() {
        pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
        if (::poll(&wanted, 1, 10'000) == 0) {
            throw std::runtime_error("the server said nothing for 10 s");
        }
        std::array<char, 65536> piece{};
        const auto bytes = ::recv(socket_, piece.data(), piece.size(), 0);
        if (bytes <= 0) {
            return false;
        }
        received_.append(piece.data(), static_cast<std::size_t>(bytes));
        return true;
    }

    int socket_;
    std::string received_;
};

}  // namespace slipway::http::test
