#include "server/http/router.hpp"

#include "core/base/result.hpp"
#include "server/base/log.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {

namespace {

using Segments = std::vector<std::string>;

bool is_place(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}

bool takes_rest(std::string_view segment) {
    return is_place(segment) && segment.ends_with("...}");
}

std::string_view name_of(std::string_view place) {
    const std::size_t around = takes_rest(place) ? 5 : 2;
    return place.substr(1, place.size() - around);
}

Segments split(std::string_view pattern) {
    Segments segments;
    while (pattern.starts_with('/') && pattern.size() > 1) {
        const std::size_t end = std::min(pattern.find('/', 1), pattern.size());
        segments.emplace_back(pattern.substr(1, end - 1));
        pattern.remove_prefix(end);
    }
    if (pattern == "/" && !segments.empty()) {
        segments.emplace_back();
    }
    return segments;
}

bool fits(const Segments& pattern, const Segments& path) {
    const bool rest = !pattern.empty() && takes_rest(pattern.back());
    if (rest ? path.size() < pattern.size() : path.size() != pattern.size()) {
        return false;
    }
    const auto fits_one = [](const std::string& want, const std::string& have) {
        return is_place(want) ? (takes_rest(want) || !have.empty()) : want == have;
    };
    return std::equal(
        pattern.begin(),
        pattern.end(),
        path.begin(),
        path.begin() + static_cast<std::ptrdiff_t>(pattern.size()),
        fits_one
    );
}

std::string join_from(const Segments& path, std::size_t first) {
    std::string joined = path[first];
    for (const std::string& segment : path | std::views::drop(first + 1)) {
        joined.append("/").append(segment);
    }
    return joined;
}

PathValues values_of(const Segments& pattern, const Segments& path) {
    PathValues values;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (is_place(pattern[at])) {
            values.emplace(
                name_of(pattern[at]), takes_rest(pattern[at]) ? join_from(path, at) : path[at]
            );
        }
    }
    return values;
}

Response not_found(const std::string& path) {
    return problem(404, "not-found", "There is no such page", "Nothing is served at " + path + ".");
}

Response method_not_allowed(std::string allowed) {
    Response response = problem(
        405,
        "method-not-allowed",
        "This page does not take that method",
        "It takes " + allowed + "."
    );
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
}

Response failure(std::string_view method, std::string_view pattern, std::string_view words) {
    log::error(
        "request handler failed", {{"method", method}, {"route", pattern}, {"error", words}}
    );
    return problem(Error{});
}

Response stopping() {
    return problem(503, "stopping", "The server is stopping", "Send the request again.");
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
    routes_.push_back(
        {std::string(method), split(pattern), std::string(pattern), std::move(handler)}
    );
}

net::awaitable<Response> Router::route(Request request) const {
    const Route* route = find(request);
    if (route == nullptr) {
        std::string allowed = methods_of(request.segments);
        co_return allowed.empty() ? not_found(request.path)
                                  : method_not_allowed(std::move(allowed));
    }
    PathValues values = values_of(route->segments, request.segments);
    try {
        co_return co_await route->handler(std::move(request), std::move(values));
    } catch (const boost::system::system_error& error) {
        // Only a stop whose grace is over cancels a handler: no failure of its own.
        co_return error.code() == net::error::operation_aborted
            ? stopping()
            : failure(route->method, route->pattern, error.what());
    } catch (const std::exception& error) {
        co_return failure(route->method, route->pattern, error.what());
    } catch (...) {
        co_return failure(route->method, route->pattern, "an exception of unknown type");
    }
}

std::string_view Router::pattern_of(const Request& request) const {
    const Route* route = find(request);
    return route == nullptr ? std::string_view("-") : std::string_view(route->pattern);
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
    std::vector<std::pair<std::string, std::string>> list;
    list.reserve(routes_.size());
    for (const Route& route : routes_) {
        list.emplace_back(route.method, route.pattern);
    }
    return list;
}

const Router::Route* Router::find(const Request& request) const {
    const std::string_view method =
        request.method == "HEAD" ? std::string_view("GET") : request.method;
    const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
        return route.method == method && fits(route.segments, request.segments);
    });
    return found == routes_.end() ? nullptr : &*found;
}

std::string Router::methods_of(const Segments& path) const {
    std::set<std::string_view> methods;
    for (const Route& route : routes_) {
        if (fits(route.segments, path)) {
            methods.insert(route.method);
        }
    }
    if (methods.contains("GET")) {
        methods.insert("HEAD");
    }
    std::string list;
    for (const std::string_view method : methods) {
        list.append(list.empty() ? "" : ", ").append(method);
    }
    return list;
}

}  // namespace slipway::http
