#include "server/engine/http_call.hpp"

#include "core/base/result.hpp"
#include "server/base/caught.hpp"
#include "server/base/run_blocking.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/transport.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>  // IWYU pragma: keep, as read.hpp and write.hpp below: impl/ defines what they declare
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>  // IWYU pragma: keep
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/beast/http/write.hpp>  // IWYU pragma: keep
#include <boost/none.hpp>
#include <boost/system/error_code.hpp>  // IWYU pragma: keep

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

namespace slipway::engine {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using namespace net::experimental::awaitable_operators;
using Steady = std::chrono::steady_clock;
using Answer = Result<HttpAnswer>;

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::size_t largest_header = 64UL * 1024;
constexpr std::chrono::seconds longest_connect(10);
constexpr std::size_t piece_size = 64UL * 1024;

std::unexpected<Error> read_failed(const error_code& error) {
    if (error == http::error::partial_message || error == http::error::end_of_stream ||
        error == net::error::eof) {
        return fail(
            ErrorCode::unavailable, "the engine closed the connection before the end of its answer"
        );
    }
    const bool bad_http = error.category() == make_error_code(http::error::bad_chunk).category();
    return fail(
        bad_http ? ErrorCode::failed : ErrorCode::unavailable,
        "reading the engine's answer: " + error.message()
    );
}

std::string in_words(std::chrono::milliseconds time) {
    if (time < std::chrono::seconds(10)) {
        return std::to_string(time.count()) + " ms";
    }
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

// Lives as long as the coroutine that runs it; its coroutines share one executor and never run at
// the same time. `Stream`: Socket or TlsStream.
template <class Stream>
class Exchange {
public:
    Exchange(
        const net::any_io_executor& executor,
        Stream stream,
        Transport transport,
        HttpRequest request,
        CallLimits limits,
        BodySink sink
    )
        : transport_(std::move(transport)),
          request_(std::move(request)),
          limits_(limits),
          sink_(std::move(sink)),
          patience_(std::min<std::chrono::milliseconds>(limits.silent, longest_connect)),
          stream_(std::move(stream)),
          deadline_(executor),
          answered_(executor, Steady::time_point::max()) {
        parser_.header_limit(largest_header);
        parser_.body_limit(boost::none);  // a build prints what it prints; what is kept is bounded
    }

    net::awaitable<Answer> run() {
        auto first = co_await (caught(talk()) || watch());
        Answer answer = std::visit([](Answer& ended) { return std::move(ended); }, first);
        const auto state = co_await net::this_coro::cancellation_state;
        if (!answer && state.cancelled() != net::cancellation_type::none) {
            co_return fail_cancelled();
        }
        co_return answer;
    }

private:
    net::awaitable<Answer> talk() {
        const auto connected = co_await connect(stream_, transport_);
        if (!connected) {
            co_return std::unexpected(connected.error());
        }
        patience_ = limits_.silent;
        co_await send_header();
        if (!request_.body) {
            co_return co_await receive();
        }
        auto first = co_await (caught(receive()) || caught(send_body()));
        co_return std::visit([](Answer& ended) { return std::move(ended); }, first);
    }

    // Whether it could be written shows in the answer, which may be there although the connection
    // broke.
    net::awaitable<void> send_header() {
        http::request<http::empty_body> message(request_.method, request_.target, 11);
        message.set(http::field::host, "engine");
        message.set(http::field::user_agent, "slipway");
        if (!request_.registry_auth.empty()) {
            message.set("X-Registry-Auth", request_.registry_auth);
        }
        if (request_.body) {
            message.set(http::field::content_type, "application/x-tar");
            message.chunked(true);
        } else if (request_.method == http::verb::post) {
            message.content_length(0);
        }
        http::request_serializer<http::empty_body> serializer(message);
        co_await http::async_write_header(stream_, serializer, token);
        touch();
    }

    // Ends with an answer only where the body can't be had; else it waits for the one that
    // receive() gets.
    net::awaitable<Answer> send_body() {
        const auto next_piece = [this] {
            return request_.body();
        };  // not a copy of it: it has a state
        bool more = true;
        while (more) {
            Result<std::string> piece =
                co_await run_blocking(transport_.blocking.get(), next_piece);
            if (!piece) {
                co_return std::unexpected(piece.error());
            }
            more = !piece->empty();
            const bool taken = co_await send_piece(*std::move(piece));
            more = more && taken;
        }
        co_await answered_.async_wait(token);
        co_return fail_cancelled();
    }

    // Whether the engine still reads: one that has answered may have stopped.
    net::awaitable<bool> send_piece(std::string piece) {
        error_code error;
        if (piece.empty()) {
            std::tie(error, std::ignore) =
                co_await net::async_write(stream_, http::make_chunk_last(), token);
        } else {
            std::tie(error, std::ignore) =
                co_await net::async_write(stream_, http::make_chunk(net::buffer(piece)), token);
        }
        touch();
        co_return !error;
    }

    net::awaitable<Answer> receive() {
        const auto [error, size] =
            co_await http::async_read_header(stream_, buffer_, parser_, token);
        if (error) {
            co_return read_failed(error);
        }
        touch();
        HttpAnswer answer{
            .status = parser_.get().result_int(),
            .api_version = std::string(parser_.get()["Api-Version"]),
            .builder_version = std::string(parser_.get()["Builder-Version"]),
            .body = {},
        };
        const bool streamed = sink_ && answer.status == 200;
        if (streamed && parser_.need_eof()) {
            co_return fail(
                ErrorCode::failed,
                "the engine's answer has no mark at its end, so it can't be told from a broken one"
            );
        }
        co_return co_await receive_body(std::move(answer), streamed);
    }

    net::awaitable<Answer> receive_body(HttpAnswer answer, bool streamed) {
        while (!parser_.is_done()) {
            parser_.get().body().data = piece_.data();
            parser_.get().body().size = piece_.size();
            const auto [error, size] =
                co_await http::async_read_some(stream_, buffer_, parser_, token);
            touch();
            const std::string_view piece(piece_.data(), piece_.size() - parser_.get().body().size);
            if (streamed) {
                sink_(piece);
            } else {
                answer.body += piece;
            }
            if (error && error != http::error::need_buffer) {
                co_return read_failed(error);
            }
            if (answer.body.size() > request_.most_answer_bytes) {
                co_return fail(
                    ErrorCode::too_large,
                    "the engine's answer is above " +
                        std::to_string(request_.most_answer_bytes >> 20U) + " MiB"
                );
            }
        }
        co_return answer;
    }

    // Ends when a limit has passed; while the body is sent, older engines say nothing, so what is
    // written counts as well.
    net::awaitable<Answer> watch() {
        const auto end = Steady::now() + limits_.total;
        for (;;) {
            const auto now = Steady::now();
            if (now >= end) {
                co_return fail(
                    ErrorCode::cancelled, "stopped: it took longer than " + in_words(limits_.total)
                );
            }
            if (now >= last_activity_ + patience_) {
                co_return fail(
                    patience_ < limits_.silent ? ErrorCode::unavailable : ErrorCode::cancelled,
                    "stopped: the engine said nothing for " + in_words(patience_)
                );
            }
            deadline_.expires_at(std::min(end, last_activity_ + patience_));
            const auto [error] = co_await deadline_.async_wait(token);
            if (error) {
                co_return fail_cancelled();
            }
        }
    }

    void touch() { last_activity_ = Steady::now(); }

    Transport transport_;
    HttpRequest request_;
    CallLimits limits_;
    BodySink sink_;
    std::chrono::milliseconds patience_;  // with silence: shorter until it is connected
    Stream stream_;
    net::steady_timer deadline_;
    net::steady_timer answered_;  // never expires: the wait for it ends with the exchange
    boost::beast::flat_buffer buffer_;
    http::response_parser<http::buffer_body> parser_;
    std::array<char, piece_size> piece_{};
    Steady::time_point last_activity_ = Steady::now();
};

}  // namespace

net::awaitable<Result<HttpAnswer>> http_call(
    Transport transport, HttpRequest request, CallLimits limits, BodySink sink
) {
    // By itself: GCC 12 destroys the arguments of a call twice that has a co_await among them.
    const net::any_io_executor executor = co_await net::this_coro::executor;
    if (transport.tls) {
        TlsStream stream(executor, *transport.tls);
        Exchange<TlsStream> exchange(
            executor,
            std::move(stream),
            std::move(transport),
            std::move(request),
            limits,
            std::move(sink)
        );
        co_return co_await exchange.run();
    }
    Exchange<Socket> exchange(
        executor,
        Socket(executor),
        std::move(transport),
        std::move(request),
        limits,
        std::move(sink)
    );
    co_return co_await exchange.run();
}

}  // namespace slipway::engine
