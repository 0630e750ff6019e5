#pragma once

#include "tests/support/scripted_engine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace slipway::test {

/// The bytes of an answer with its Content-Length.
[[nodiscard]] std::string http_answer(
    std::string_view status, const std::vector<std::string>& fields, std::string_view body = {}
);

/// In place of an answer: none, until the client closes.
inline constexpr std::string_view silence{};

/// A server on a port of loopback that plays answers, one connection after the other and one
/// request on each, and records what it was asked. Thread-safe. A request without a script is
/// answered with 400.
class ScriptedRegistry {
public:
    /// Speaks plain HTTP.
    ScriptedRegistry();
    /// Speaks TLS; PEM files. A client that does not like the certificate is not recorded.
    ScriptedRegistry(const std::filesystem::path& certificate, const std::filesystem::path& key);
    ~ScriptedRegistry();
    ScriptedRegistry(const ScriptedRegistry&) = delete;
    ScriptedRegistry& operator=(const ScriptedRegistry&) = delete;
    ScriptedRegistry(ScriptedRegistry&&) = delete;
    ScriptedRegistry& operator=(ScriptedRegistry&&) = delete;

    /// `127.0.0.1:port`.
    [[nodiscard]] std::string address() const;
    [[nodiscard]] std::string port() const;

    /// Every request whose `METHOD target` contains `part` is answered so: with one answer after
    /// the other, then with the last one again and again. The script given first wins, one given
    /// again for the same part replaces it.
    void on(std::string_view part, std::vector<std::string> answers);

    [[nodiscard]] std::vector<RecordedRequest> requests() const;

    /// `METHOD target` of all requests.
    [[nodiscard]] std::vector<std::string> asked() const;

    /// Waits until a request was received. False after ten seconds.
    [[nodiscard]] bool wait_for_request() const;

    /// Waits until the client has closed a connection that got silence. False after ten seconds.
    [[nodiscard]] bool wait_until_closed() const;

private:
    using Tcp = boost::asio::ip::tcp;

    struct Play {
        std::string part;
        std::vector<std::string> answers;
        std::size_t next = 0;
    };

    void start();
    void serve_connections();
    bool set_connection(int connection);
    void serve(Tcp::socket& socket);
    template <class Stream>
    void talk(Stream& stream, Tcp::socket& socket);
    std::string record(const RecordedRequest& request);

    boost::asio::io_context context_;
    Tcp::acceptor acceptor_;
    std::optional<boost::asio::ssl::context> tls_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<Play> plays_;
    std::vector<RecordedRequest> requests_;
    std::size_t closed_by_client_ = 0;
    bool stopping_ = false;
    int connection_ = -1;
    std::jthread worker_;
};

}  // namespace slipway::test
