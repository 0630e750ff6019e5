#pragma once

#include "core/base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/verify_context.hpp>
#include <boost/system/error_code.hpp>

#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509_vfy.h>
#include <string>
#include <string_view>

namespace slipway {

/// `localhost`, or an address of this machine's loopback.
[[nodiscard]] bool is_loopback(std::string_view host);

/// The addresses of a host; `port` is a number. Cancelling ends the wait at once, though the
/// look-up itself, getaddrinfo, can't be stopped. Errors: `unavailable`, `cancelled`.
[[nodiscard]] boost::asio::awaitable<Result<boost::asio::ip::tcp::resolver::results_type>> look_up(
    std::string host, std::string port
);

/// Before a handshake: tells the server which host is meant (SNI, RFC 6066, which wants names and
/// no addresses) and takes its certificate only if that names `host`.
template <class Stream>
void expect_host(boost::asio::ssl::stream<Stream>& stream, const std::string& host) {
    namespace ssl = boost::asio::ssl;
    boost::system::error_code is_name;
    boost::asio::ip::make_address(host, is_name);
    if (is_name) {
        // What the macro SSL_set_tlsext_host_name does, without its C cast.
        ::SSL_ctrl(
            stream.native_handle(),
            SSL_CTRL_SET_TLSEXT_HOSTNAME,
            TLSEXT_NAMETYPE_host_name,
            std::string(host).data()
        );
    }
    stream.set_verify_callback([check = ssl::host_name_verification(host
                                )](bool trusted, ssl::verify_context& context) {
        const bool right = check(trusted, context);
        if (trusted && !right) {
            ::X509_STORE_CTX_set_error(context.native_handle(), X509_V_ERR_HOSTNAME_MISMATCH);
        }
        return right;
    });
}

}  // namespace slipway
