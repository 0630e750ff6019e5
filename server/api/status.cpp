#include "server/api/api.hpp"
#include "server/api/handlers.hpp"
#include "server/api/picture.hpp"
#include "server/api/query.hpp"
#include "server/api/sse.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace slipway::api {
namespace {

constexpr std::int64_t longest_wait = 300;

bool is_known(const http::Request& request, const Picture& picture) {
    return request.header("if-none-match").contains(picture.etag);
}

http::Response answer(const http::Request& request, const Picture& picture) {
    http::Response response;
    response.headers = {{"ETag", picture.etag}, {"Cache-Control", "no-cache"}};
    if (is_known(request, picture)) {
        response.status = 304;
        response.content_type.clear();
    } else {
        response.shared_body = picture.body;
    }
    return response;
}

}  // namespace

net::awaitable<http::Response> show_status(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const auto wait = number_of(request, "wait", 0);
    if (!wait || *wait > longest_wait) {
        co_return bad_query("wait");
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(*wait);
    while (true) {
        std::shared_ptr<const Picture> picture = context.board.current();
        if (!picture) {
            auto made = co_await context.board.now();
            if (!made) {
                co_return http::problem(made.error());
            }
            picture = std::move(*made);
        }
        const bool over = *wait == 0 || std::chrono::steady_clock::now() >= until;
        if (over || context.board.is_closed() || !is_known(request, *picture)) {
            co_return answer(request, *picture);
        }
        net::steady_timer timer(co_await net::this_coro::executor);
        timer.expires_after(between_looks);
        co_await timer.async_wait(net::as_tuple(net::use_awaitable));
    }
}

}  // namespace slipway::api
