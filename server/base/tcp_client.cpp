#include "server/base/tcp_client.hpp"

#include "core/base/result.hpp"
#include "server/base/caught.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

// What outlives a cancelled lookup.
struct Lookup {
    explicit Lookup(const net::any_io_executor& executor)
        : resolver(executor), done(executor, std::chrono::steady_clock::time_point::max()) {}

    tcp::resolver resolver;
    net::steady_timer done;  // never expires: the wait for it ends with the lookup
    std::optional<error_code> error;
    tcp::resolver::results_type found;
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

bool is_loopback(std::string_view host) {
    constexpr std::string_view name = "localhost";
    error_code error;
    const auto address = net::ip::make_address(host, error);
    return error ? std::ranges::equal(host, name, {}, lower) : address.is_loopback();
}

net::awaitable<Result<tcp::resolver::results_type>> look_up(std::string host, std::string port) {
    const net::any_io_executor executor = co_await net::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->resolver.async_resolve(
        host,
        port,
        tcp::resolver::numeric_service,
        [lookup](const error_code& error, tcp::resolver::results_type found) {
            lookup->error = error;
            lookup->found = std::move(found);
            lookup->done.cancel();
        }
    );
    co_await lookup->done.async_wait(net::as_tuple(net::use_awaitable));
    if (!lookup->error) {
        lookup->resolver.cancel();
        co_return fail_cancelled();
    }
    if (*lookup->error) {
        co_return fail(
            ErrorCode::unavailable,
            "looking up " + host + ": " + lookup->error->message() + "; is the name right?"
        );
    }
    co_return lookup->found;
}

}  // namespace slipway
