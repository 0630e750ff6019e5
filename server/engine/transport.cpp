#include "server/engine/transport.hpp"

#include "core/base/result.hpp"
#include "server/base/tcp_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <exception>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::engine {
namespace {

namespace ssl = net::ssl;
using boost::system::error_code;
using net::ip::tcp;

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::string_view unix_scheme = "unix://";

std::string_view advice(const error_code& error) {
    if (error == net::error::access_denied) {
        return " (may this user open the socket?)";
    }
    return " (is the engine running?)";
}

std::unexpected<Error> connection_failed(const Transport& transport, const error_code& error) {
    return fail(
        ErrorCode::unavailable,
        "connecting to " + transport.name + ": " + error.message() + std::string(advice(error))
    );
}

/// Throws what OpenSSL says.
std::shared_ptr<ssl::context> read_certificates(const std::filesystem::path& folder) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer);
    context->load_verify_file((folder / "ca.pem").string());
    context->use_certificate_chain_file((folder / "cert.pem").string());
    context->use_private_key_file((folder / "key.pem").string(), ssl::context::pem);
    return context;
}

/// Splits `host:port` or `[::1]:port`; false where a part is missing.
bool split_host(std::string_view text, Transport& transport) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) {
        return false;
    }
    transport.port = text.substr(colon + 1);
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    transport.host = host;
    return !host.empty() && transport.port.find_first_not_of("0123456789") == std::string::npos;
}

Result<Transport> make_tcp(
    Transport transport, std::string_view address, const std::filesystem::path& certificates
) {
    const std::string shown(address);
    transport.name = address.substr(address.find("://") + 3);
    if (!split_host(transport.name, transport)) {
        return fail(
            ErrorCode::invalid,
            "the engine address '" + shown + "' is not of the form tcp://host:port"
        );
    }
    if (certificates.empty()) {
        if (is_loopback(transport.host)) {
            return transport;
        }
        return fail(
            ErrorCode::invalid,
            "the engine at '" + shown +
                "' has no 'certificates': whoever reaches an engine is root there, so over a "
                "network "
                "it is only talked to with TLS on both sides (a folder with ca.pem, cert.pem, "
                "key.pem)"
        );
    }
    try {
        transport.tls = read_certificates(certificates);
    } catch (const std::exception& error) {
        return fail(
            ErrorCode::invalid,
            "reading ca.pem, cert.pem and key.pem of the engine at '" + shown + "' in '" +
                certificates.string() + "': " + error.what()
        );
    }
    return transport;
}

net::awaitable<Result<void>> connect_tcp(Socket& socket, const Transport& transport) {
    auto found = co_await look_up(transport.host, transport.port);
    if (!found) {
        co_return fail_within("connecting to " + transport.name, found.error());
    }
    error_code last = net::error::host_not_found;
    for (const auto& entry : *found) {
        error_code ignored;
        socket.close(ignored);
        const net::generic::stream_protocol::endpoint endpoint(entry.endpoint());
        const auto [error] = co_await socket.async_connect(endpoint, token);
        if (!error) {
            socket.set_option(tcp::no_delay(true), ignored);
            co_return Result<void>{};
        }
        last = error;
    }
    co_return connection_failed(transport, last);
}

}  // namespace

Result<Transport> make_transport(
    net::thread_pool& blocking, std::string_view address, const std::filesystem::path& certificates
) {
    Transport transport{
        .name = {}, .path = {}, .host = {}, .port = {}, .tls = {}, .blocking = std::ref(blocking)
    };
    if (address.starts_with("tcp://") || address.starts_with("https://")) {
        return make_tcp(std::move(transport), address, certificates);
    }
    const std::string_view path =
        address.starts_with(unix_scheme) ? address.substr(unix_scheme.size()) : "";
    // What the kernel's address of a unix socket has room for.
    constexpr std::size_t longest_path = 107;
    if (!path.starts_with('/') || path.size() > longest_path) {
        return fail(
            ErrorCode::invalid,
            "the engine address '" + std::string(address) +
                "' is neither unix:///path (of at most 107 bytes) nor tcp://host:port"
        );
    }
    transport.path = path;
    transport.name = path;
    return transport;
}

net::awaitable<Result<void>> connect(Socket& socket, const Transport& transport) {
    if (transport.path.empty()) {
        co_return co_await connect_tcp(socket, transport);
    }
    const net::generic::stream_protocol::endpoint endpoint(
        net::local::stream_protocol::endpoint(transport.path)
    );
    const auto [error] = co_await socket.async_connect(endpoint, token);
    if (error) {
        co_return connection_failed(transport, error);
    }
    co_return Result<void>{};
}

net::awaitable<Result<void>> connect(TlsStream& stream, const Transport& transport) {
    auto connected = co_await connect(stream.next_layer(), transport);
    if (!connected) {
        co_return connected;
    }
    expect_host(stream, transport.host);
    const auto [error] = co_await stream.async_handshake(ssl::stream_base::client, token);
    if (!error) {
        co_return Result<void>{};
    }
    const bool untrusted = error.category() == net::error::get_ssl_category();
    co_return fail(
        untrusted ? ErrorCode::denied : ErrorCode::unavailable,
        "making the TLS connection to " + transport.name + ": " + error.message() +
            (untrusted
                 ? " (does ca.pem sign the engine's certificate, and does that name the host?)"
                 : "")
    );
}

}  // namespace slipway::engine
