#include "server/engine/build_session.hpp"

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/caught.hpp"
#include "server/engine/error_text.hpp"
#include "server/engine/session/calls.hpp"
#include "server/engine/session/h2_connection.hpp"
#include "server/engine/session/offer.hpp"
#include "server/engine/session/wakeup.hpp"
#include "server/engine/transport.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>  // IWYU pragma: keep, as read.hpp and write.hpp below: impl/ defines what they declare
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>  // IWYU pragma: keep
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/beast/http/write.hpp>   // IWYU pragma: keep
#include <boost/system/error_code.hpp>  // IWYU pragma: keep

#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace slipway::engine {
namespace {

namespace http = boost::beast::http;
using namespace net::experimental::awaitable_operators;
using Outcome = Result<wire::EngineOutcome>;

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::size_t largest_header = 16UL * 1024;
constexpr std::size_t largest_refusal = 64UL * 1024;
constexpr std::size_t piece_size = 16UL * 1024;
constexpr std::chrono::seconds longest_upgrade(10);

using Upgrade = http::request<http::empty_body>;

// The methods that an engine asks for before it calls them; it calls the others anyway.
constexpr std::array<std::string_view, 3> methods{
    "/moby.filesync.v1.Auth/Credentials",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
    "/grpc.health.v1.Health/Check",
};
constexpr std::array<std::string_view, 2> ssh_methods{
    "/moby.sshforward.v1.SSH/CheckAgent",
    "/moby.sshforward.v1.SSH/ForwardAgent",
};

Upgrade upgrade_of(const SessionRequest& request) {
    constexpr std::string_view method_header = "X-Docker-Expose-Session-Grpc-Method";
    Upgrade message(http::verb::post, request.target, 11);
    message.set(http::field::host, "engine");
    message.set(http::field::user_agent, "slipway");
    message.set(http::field::connection, "Upgrade");
    message.set(http::field::upgrade, "h2c");
    message.set("X-Docker-Expose-Session-Uuid", request.id);
    message.set("X-Docker-Expose-Session-Name", "slipway");
    message.set("X-Docker-Expose-Session-Sharedkey", "");
    for (const std::string_view method : methods) {
        message.insert(method_header, method);
    }
    if (!request.offer.ssh_agents.empty()) {
        for (const std::string_view method : ssh_methods) {
            message.insert(method_header, method);
        }
    }
    message.content_length(0);
    return message;
}

std::unexpected<Error> not_upgraded(unsigned status, std::string_view body) {
    Error error = refusal(status, body, read_registry_words);
    if (error.code != ErrorCode::denied && error.code != ErrorCode::unavailable) {
        error.code = ErrorCode::failed;
    }
    error.message += " (HTTP status " + std::to_string(status) + ")";
    return std::unexpected(std::move(error));
}

// Lives as long as the coroutine that runs it; its coroutines share one executor and never run at
// the same time. `Stream`: Socket or TlsStream.
template <class Stream>
class BuildSession {
public:
    BuildSession(
        const net::any_io_executor& executor,
        Stream stream,
        Transport transport,
        SessionRequest request
    )
        : transport_(std::move(transport)),
          upgrade_(upgrade_of(request)),
          stream_(std::move(stream)),
          deadline_(executor),
          has_output_(executor),
          never_(executor),
          calls_(executor, connection_, std::move(request.offer), [this] {
              has_output_.notify();
          }) {}

    // As http_call(), which also needs the engine to be there within seconds.
    net::awaitable<Result<void>> open() {
        auto first = co_await (caught(upgrade()) || time_out());
        co_return std::visit([](Result<void>& ended) { return std::move(ended); }, first);
    }

    /// Ends when it is cancelled.
    net::awaitable<void> serve() {
        co_await net::this_coro::throw_if_cancelled(false);
        co_await (read() || write());
        boost::system::error_code ignored;
        stream_.lowest_layer().close(ignored);  // the engine learns at once that nobody listens
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() == net::cancellation_type::none) {
            co_await never_.wait();
        }
        // What the calls still do must end before what they use.
        co_await net::this_coro::reset_cancellation_state(net::disable_cancellation());
        co_await calls_.stop();
    }

private:
    net::awaitable<Result<void>> upgrade() {
        auto connected = co_await connect(stream_, transport_);
        if (!connected) {
            co_return connected;
        }
        // Whether it could be written shows in the answer.
        co_await http::async_write(stream_, upgrade_, token);
        http::response_parser<http::string_body> parser;
        parser.header_limit(largest_header);
        parser.body_limit(largest_refusal);
        const auto [error, size] =
            co_await http::async_read_header(stream_, buffer_, parser, token);
        if (error) {
            co_return fail(ErrorCode::unavailable, "reading the answer: " + error.message());
        }
        if (parser.get().result() == http::status::switching_protocols) {
            co_return Result<void>();
        }
        co_await http::async_read(stream_, buffer_, parser, token);
        co_return not_upgraded(parser.get().result_int(), parser.get().body());
    }

    net::awaitable<Result<void>> time_out() {
        deadline_.expires_after(longest_upgrade);
        co_await deadline_.async_wait(token);
        co_return fail(ErrorCode::unavailable, "no answer in 10 s");
    }

    net::awaitable<void> read() {
        // The engine's first bytes may have come with its answer.
        const auto early = buffer_.cdata();
        take({static_cast<const char*>(early.data()), early.size()});
        buffer_.consume(early.size());
        while (!connection_.ended()) {
            const auto [error, size] = co_await stream_.async_read_some(net::buffer(piece_), token);
            if (error) {
                co_return;
            }
            take({piece_.data(), size});
        }
        co_await never_.wait();  // for write(), which ends as well
    }

    void take(std::string_view bytes) {
        connection_.feed(bytes);
        calls_.update();
        has_output_.notify();
    }

    net::awaitable<void> write() {
        for (;;) {
            const std::string bytes = connection_.output();
            calls_.update();
            if (bytes.empty()) {
                if (connection_.ended()) {
                    co_return;
                }
                co_await has_output_.wait();
                continue;
            }
            const auto [error, size] =
                co_await net::async_write(stream_, net::buffer(bytes), token);
            if (error) {
                co_return;
            }
            calls_.written();
        }
    }

    Transport transport_;
    Upgrade upgrade_;
    Stream stream_;
    net::steady_timer deadline_;
    boost::beast::flat_buffer buffer_;
    std::array<char, piece_size> piece_{};
    session::H2Connection connection_;
    session::Wakeup has_output_;
    session::Wakeup never_;
    session::Calls calls_;
};

template <class Stream>
net::awaitable<Outcome> run(BuildSession<Stream>& session, SessionWork work) {
    Result<void> opened = co_await session.open();
    const bool is_open = opened.has_value();
    net::awaitable<Outcome> doing = work(std::move(opened));
    if (!is_open) {
        co_return co_await std::move(doing);
    }
    auto first = co_await (caught(std::move(doing)) || session.serve());
    if (auto* const outcome = std::get_if<Outcome>(&first)) {
        co_return std::move(*outcome);
    }
    co_return fail_cancelled();
}

}  // namespace

std::string random_session_id() {
    constexpr std::string_view hex = "0123456789abcdef";
    constexpr int digits = 32;
    std::random_device random;
    std::uniform_int_distribution<std::size_t> digit(0, hex.size() - 1);
    std::string id;
    for (int i = 0; i < digits; ++i) {
        id += hex[digit(random)];
    }
    return id;
}

net::awaitable<Outcome> within_session(
    Transport transport, SessionRequest request, SessionWork work
) {
    // By itself: GCC 12 destroys the arguments of a call twice that has a co_await among them.
    const net::any_io_executor executor = co_await net::this_coro::executor;
    if (transport.tls) {
        TlsStream stream(executor, *transport.tls);
        BuildSession<TlsStream> session(
            executor, std::move(stream), std::move(transport), std::move(request)
        );
        co_return co_await run(session, std::move(work));
    }
    BuildSession<Socket> session(
        executor, Socket(executor), std::move(transport), std::move(request)
    );
    co_return co_await run(session, std::move(work));
}

}  // namespace slipway::engine
