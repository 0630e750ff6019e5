#pragma once

#include "core/base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::engine {

namespace net = boost::asio;

using Socket = net::generic::stream_protocol::socket;
using TlsStream = net::ssl::stream<Socket>;

/// Where an engine listens and how it is talked to. Copies share the TLS settings.
struct Transport {
    std::string name;  ///< for people: a path, or host:port
    std::string path;  ///< of a unix socket; empty: TCP
    std::string host;
    std::string port;
    std::shared_ptr<net::ssl::context> tls;             ///< null: none
    std::reference_wrapper<net::thread_pool> blocking;  ///< runs the bodies of requests
};

/// Understands `unix:///path` and `tcp://host:port` (also `https://host:port`). TCP wants
/// `certificates`, a folder with ca.pem, cert.pem and key.pem as $DOCKER_CERT_PATH names one:
/// whoever reaches an engine is root on its machine. Only on loopback it may do without.
///
/// Errors: `invalid`: another form, or certificates that can't be used.
[[nodiscard]] Result<Transport> make_transport(
    net::thread_pool& blocking, std::string_view address, const std::filesystem::path& certificates
);

/// Connects, and makes the TLS handshake where there is one: TLS 1.2 or newer, the engine's name
/// checked. Errors: `unavailable`; `denied`: one side does not trust the other's certificate.
[[nodiscard]] net::awaitable<Result<void>> connect(Socket& socket, const Transport& transport);
[[nodiscard]] net::awaitable<Result<void>> connect(TlsStream& stream, const Transport& transport);

}  // namespace slipway::engine
