#pragma once

#include "server/http/message.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {

namespace net = boost::asio;

/// What stood in the path's places: `/builds/{id}` on `/builds/7` gives `id` → `7`.
using PathValues = std::map<std::string, std::string, std::less<>>;

using Handler = std::function<net::awaitable<Response>(Request, PathValues)>;

/// Finds the handler of a request. Filled before the first request, read-only afterwards, so any
/// thread may route.
class Router {
public:
    /// `pattern` is as `/api/v1/builds/{id}`. A place holds one segment that is not empty,
    /// `{name...}` as the last one the rest of the path (one segment or more). Where several
    /// patterns fit, the one added first is taken.
    void add(std::string_view method, std::string_view pattern, Handler handler);

    /// The handler's answer; 404 for a path that nobody has; 405 with `Allow` for another method of
    /// a known one; 500 where a handler throws (logged, its words not shown). HEAD takes GET's
    /// handler, and the server leaves the body out.
    [[nodiscard]] net::awaitable<Response> route(Request request) const;

    /// The pattern that a request would take, for metrics (`-` where none): a label with few
    /// values.
    [[nodiscard]] std::string_view pattern_of(const Request& request) const;

    /// Method and pattern of every route, in the order in which they were added.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;
        std::string pattern;
        Handler handler;
    };

    [[nodiscard]] const Route* find(const Request& request) const;
    [[nodiscard]] std::string methods_of(const std::vector<std::string>& path) const;

    std::vector<Route> routes_;
};

}  // namespace slipway::http
