#include "server/client/http_exchange.hpp"

#include "core/base/result.hpp"
#include "server/base/tcp_client.hpp"
#include "server/base/trace_context.hpp"
#include "server/client/web_address.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>  // IWYU pragma: keep, as write.hpp: impl/ defines what it declares
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/beast/http/write.hpp>   // IWYU pragma: keep
#include <boost/system/error_code.hpp>  // IWYU pragma: keep

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::client {
namespace {

using boost::system::error_code;
using net::ip::tcp;
using TlsStream = ssl::stream<tcp::socket&>;

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::uint32_t largest_header = 64U * 1024;

std::unexpected<Error> handshake_failed(TlsStream& stream, const error_code& error) {
    const std::int64_t verdict = ::SSL_get_verify_result(stream.native_handle());
    if (verdict != X509_V_OK) {
        return fail(
            ErrorCode::failed,
            std::string("its certificate is not trusted: ") +
                ::X509_verify_cert_error_string(verdict) +
                "; have this machine trust its authority (or name that in a registry's ca_file), "
                "or "
                "correct the host name"
        );
    }
    const bool spoke_otherwise = error.category() == net::error::get_ssl_category();
    return fail(
        spoke_otherwise ? ErrorCode::failed : ErrorCode::unavailable,
        "agreeing on TLS: " + error.message() +
            (spoke_otherwise ? "; does it speak TLS on this port?" : "")
    );
}

bool is_cut_short(const error_code& error) {
    return error == http::error::partial_message || error == http::error::end_of_stream ||
           error == net::error::eof || error == ssl::error::stream_truncated;
}

std::unexpected<Error> read_failed(const error_code& error, std::size_t limit) {
    if (is_cut_short(error)) {
        return fail(
            ErrorCode::unavailable, "it closed the connection before the end of its answer"
        );
    }
    if (error == http::error::body_limit) {
        return fail(
            ErrorCode::too_large, "its answer is above " + std::to_string(limit) + " bytes"
        );
    }
    const bool bad_http = error.category() == make_error_code(http::error::bad_chunk).category();
    return fail(
        bad_http ? ErrorCode::failed : ErrorCode::unavailable,
        "reading the answer: " + error.message() + (bad_http ? "; does it speak HTTP?" : "")
    );
}

http::request<http::string_body> to_message(HttpRequest request) {
    http::request<http::string_body> message(
        request.method, request.url.encoded_target(), 11, std::move(request.body)
    );
    message.set(http::field::host, authority_of(request.url));
    message.set(http::field::user_agent, "slipway");
    message.set(http::field::connection, "close");
    const auto set = [&message](http::field name, const std::string& value) {
        if (!value.empty()) {
            message.set(name, value);
        }
    };
    set(http::field::authorization, request.authorization);
    set(http::field::accept, request.accept);
    set(http::field::content_type, request.content_type);
    for (const auto& [name, value] : request.headers) {
        message.set(name, value);
    }
    if (request.trace) {
        message.set("traceparent", to_string(child(*request.trace)));
    }
    message.prepare_payload();
    return message;
}

// Lives as long as the coroutine that runs it.
class Exchange {
public:
    Exchange(
        const net::any_io_executor& executor,
        HttpRequest request,
        const std::shared_ptr<ssl::context>& tls,
        std::size_t limit
    )
        : host_(host_of(request.url)),
          port_(port_of(request.url)),
          limit_(limit),
          tls_(tls),
          socket_(executor) {
        parser_.header_limit(largest_header);
        parser_.body_limit(limit);
        parser_.skip(request.method == http::verb::head);
        if (is_tls(request.url)) {
            encrypted_.emplace(socket_, *tls_);
        }
        message_ = to_message(std::move(request));
    }

    net::awaitable<Result<HttpAnswer>> run() {
        Result<tcp::resolver::results_type> found = co_await look_up(host_, port_);
        if (!found) {
            co_return std::unexpected(found.error());
        }
        const auto [error, endpoint] = co_await net::async_connect(socket_, *found, token);
        if (error) {
            co_return fail(
                ErrorCode::unavailable,
                "connecting to " + host_ + " port " + port_ + ": " + error.message() +
                    "; is it running, and reachable?"
            );
        }
        if (!encrypted_) {
            co_return co_await talk(&socket_);
        }
        const Result<void> agreed = co_await shake_hands();
        if (!agreed) {
            co_return std::unexpected(agreed.error());
        }
        co_return co_await talk(&*encrypted_);
    }

private:
    net::awaitable<Result<void>> shake_hands() {
        expect_host(*encrypted_, host_);
        const auto [error] = co_await encrypted_->async_handshake(ssl::stream_base::client, token);
        if (error) {
            co_return handshake_failed(*encrypted_, error);
        }
        co_return Result<void>();
    }

    // Whether the request could be written shows in the answer, which may be there although the
    // connection broke.
    template <class Stream>
    net::awaitable<Result<HttpAnswer>> talk(Stream* stream) {
        co_await http::async_write(*stream, message_, token);
        const auto [error, size] = co_await http::async_read(*stream, buffer_, parser_, token);
        if (error) {
            co_return read_failed(error, limit_);
        }
        const bool wanted =
            message_.method() == http::verb::get && parser_.get().result() == http::status::ok;
        if (wanted && parser_.need_eof()) {
            co_return fail(
                ErrorCode::failed,
                "its answer has no mark at its end, so it can't be told from a broken one"
            );
        }
        co_return parser_.release();
    }

    std::string host_;
    std::string port_;
    std::size_t limit_;
    std::shared_ptr<ssl::context> tls_;
    tcp::socket socket_;
    std::optional<TlsStream> encrypted_;
    http::request<http::string_body> message_;
    boost::beast::flat_buffer buffer_;
    http::response_parser<http::string_body> parser_;
};

}  // namespace

net::awaitable<Result<HttpAnswer>> http_exchange(
    HttpRequest request, std::shared_ptr<ssl::context> tls, std::size_t limit
) {
    // By itself: GCC 12 destroys the arguments of a call twice that has a co_await among them.
    const net::any_io_executor executor = co_await net::this_coro::executor;
    Exchange exchange(executor, std::move(request), tls, limit);
    co_return co_await exchange.run();
}

std::chrono::seconds asked_wait(const HttpAnswer& answer) {
    const std::string_view text = answer[http::field::retry_after];
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return std::chrono::seconds(whole ? std::max(seconds, 0) : 0);
}

}  // namespace slipway::client
