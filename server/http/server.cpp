#include "server/http/server.hpp"

#include "core/base/result.hpp"
#include "server/base/log.hpp"
#include "server/http/limits.hpp"
#include "server/http/router.hpp"
#include "server/http/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::http {

namespace {

using boost::system::error_code;
using net::ip::tcp;

constexpr auto awaited = net::as_tuple(net::use_awaitable);
constexpr std::chrono::milliseconds accept_pause(100);

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(port) : std::nullopt;
}

Result<tcp::endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    error_code error;
    const net::ip::address address = net::ip::make_address(host, error);
    const auto port =
        colon == std::string_view::npos ? std::nullopt : parse_port(text.substr(colon + 1));
    if (error || !port) {
        return fail(
            ErrorCode::invalid,
            "listen address '" + std::string(text) +
                "': write an IP address and a port, as 127.0.0.1:8080 or [::]:8080"
        );
    }
    return tcp::endpoint(address, *port);
}

error_code open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(net::socket_base::reuse_address(true), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(net::socket_base::max_listen_connections, error);
    }
    return error;
}

}  // namespace

// What ends a connection is posted: it may change `sessions`, which is gone through meanwhile.
struct Server::State : std::enable_shared_from_this<State> {
    State(const net::any_io_executor& on, ServerLimits with)
        : executor(on), limits(with), acceptor(on), changed(on), grace_over(on) {}

    net::awaitable<void> serve_until_stopped(std::shared_ptr<const SessionContext> context);
    net::awaitable<void> accept_one(std::shared_ptr<const SessionContext> context);
    net::awaitable<void> accept_instead();
    net::awaitable<void> wait(std::chrono::steady_clock::time_point until);
    void start(tcp::socket socket, std::shared_ptr<const SessionContext> context);
    void cut_off(bool with_body);
    void begin_stop(std::chrono::milliseconds grace);
    void abort_all();

    net::any_io_executor executor;
    ServerLimits limits;
    tcp::acceptor acceptor;
    tcp::endpoint endpoint;
    std::map<std::uint64_t, std::shared_ptr<Session>> sessions;  // in the order in which they came
    std::uint64_t accepted = 0;
    net::steady_timer changed;  // its cancellation says: sessions or stopping changed
    net::steady_timer grace_over;
    bool stopping = false;
};

net::awaitable<void> Server::State::serve_until_stopped(
    std::shared_ptr<const SessionContext> context
) {
    co_await net::this_coro::reset_cancellation_state(net::disable_cancellation());
    while (!stopping) {
        if (sessions.size() < limits.connections) {
            co_await accept_one(context);
        } else {
            co_await accept_instead();
        }
    }
    while (!sessions.empty()) {
        co_await wait(std::chrono::steady_clock::time_point::max());
    }
    grace_over.cancel();
}

net::awaitable<void> Server::State::accept_one(std::shared_ptr<const SessionContext> context) {
    auto [error, socket] = co_await acceptor.async_accept(awaited);
    if (stopping) {
        co_return;
    }
    if (!error) {
        start(std::move(socket), std::move(context));
        co_return;
    }
    log::warning("accepting a connection failed, trying again", {{"error", error.message()}});
    cut_off(false);
    co_await wait(std::chrono::steady_clock::now() + accept_pause);
}

/// Makes room once somebody else wants in: who sends slowly must not keep out who doesn't.
net::awaitable<void> Server::State::accept_instead() {
    co_await acceptor.async_wait(tcp::acceptor::wait_read, awaited);
    if (!stopping) {
        cut_off(false);
        // Ended by the first connection that ends.
        co_await wait(std::chrono::steady_clock::now() + accept_pause);
    }
}

/// The oldest of those that wait for their sender, else of those whose answer takes long (streams,
/// `?wait=`): who listens comes again, and must not keep others out either. Nobody where there is
/// none.
void Server::State::cut_off(bool with_body) {
    auto found = std::ranges::find_if(sessions, [&](const auto& entry) {
        const Session& session = *entry.second;
        return session.is_receiving() && (!with_body || session.body_bytes() > 0);
    });
    if (found == sessions.end() && !with_body) {
        found = std::ranges::find_if(sessions, [](const auto& entry) {
            return entry.second->answers_long();
        });
    }
    if (found != sessions.end()) {
        net::post(executor, [session = found->second] { session->cut_off(); });
    }
}

net::awaitable<void> Server::State::wait(std::chrono::steady_clock::time_point until) {
    changed.expires_at(until);
    co_await changed.async_wait(awaited);
}

void Server::State::start(tcp::socket socket, std::shared_ptr<const SessionContext> context) {
    auto session = std::make_shared<Session>(std::move(socket), std::move(context));
    const std::uint64_t number = accepted++;
    sessions.emplace(number, session);
    auto ended = [self = shared_from_this(), number](const std::exception_ptr& /*none*/) {
        self->sessions.erase(number);
        self->changed.cancel();
    };
    net::co_spawn(
        executor, session->run(), net::bind_cancellation_slot(session->slot(), std::move(ended))
    );
}

void Server::State::begin_stop(std::chrono::milliseconds grace) {
    stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    changed.cancel();
    if (sessions.empty()) {
        return;
    }
    for (const auto& [number, session] : sessions) {
        net::post(executor, [kept = session] { kept->stop(); });
    }
    grace_over.expires_after(grace);
    grace_over.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) {
            self->abort_all();
        }
    });
}

void Server::State::abort_all() {
    for (const auto& [number, session] : sessions) {
        net::post(executor, [kept = session] { kept->abort(); });
    }
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::bind(
    const net::any_io_executor& executor, std::string_view address, ServerLimits limits
) {
    const Result<tcp::endpoint> endpoint = parse_endpoint(address);
    if (!endpoint) {
        return std::unexpected(endpoint.error());
    }
    auto state = std::make_shared<State>(executor, limits);
    if (const error_code error = open(state->acceptor, *endpoint)) {
        return fail(
            ErrorCode::unavailable,
            "listening on '" + std::string(address) + "': " + error.message() +
                "; stop what listens there, or choose another listen address"
        );
    }
    state->endpoint = state->acceptor.local_endpoint();
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

tcp::endpoint Server::endpoint() const {
    return state_->endpoint;
}

net::awaitable<void> Server::serve(const Router& router, Observer observer) {
    const std::weak_ptr<State> weak = state_;
    auto context = std::make_shared<const SessionContext>(
        &router,
        std::move(observer),
        state_->limits,
        [weak] {
            if (const auto state = weak.lock()) {
                net::post(state->executor, [state] { state->cut_off(true); });
            }
        }
    );
    return net::co_spawn(
        state_->executor, state_->serve_until_stopped(std::move(context)), net::use_awaitable
    );
}

void Server::stop(std::chrono::milliseconds grace) {
    net::post(state_->executor, [state = state_, grace] { state->begin_stop(grace); });
}

}  // namespace slipway::http
