#include "server/api/openapi.hpp"

#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/handlers.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>

namespace slipway::api {

net::awaitable<http::Response> show_openapi(
    Context& /*context*/, http::Request request, http::PathValues /*values*/
) {
    http::Response response{
        .status = 200,
        .content_type = "application/json",
        .headers = {{"Cache-Control", "no-cache"}},
        .body = std::string(openapi_document),
    };
    co_return with_etag(request, std::move(response));
}

}  // namespace slipway::api
