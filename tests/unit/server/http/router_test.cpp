#include "server/http/router.hpp"

#include "server/http/message.hpp"
#include "server/http/target.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/server/http/handlers.hpp"

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {
namespace {

using slipway::test::run_coroutine;
using test::handler_of;
using Headers = std::vector<std::pair<std::string, std::string>>;

Request request_for(std::string_view method, std::string_view text) {
    Target target = parse_target(text).value();
    Request request;
    request.method = method;
    request.path = std::move(target.path);
    request.segments = std::move(target.segments);
    request.body = "body";
    return request;
}

/// Answers with the name of the route and the values it was given.
net::awaitable<Response> told(std::string name, PathValues values) {
    for (const auto& [key, value] : values) {
        name.append(" ").append(key).append("=").append(value);
    }
    co_return Response{.body = name};
}

Handler tells(std::string name) {
    return [name = std::move(name)](const Request& /*request*/, PathValues values) {
        return told(name, std::move(values));
    };
}

net::awaitable<Response> throws() {
    throw std::runtime_error("secret words");
    co_return Response{};
}

net::awaitable<Response> throws_a_number() {
    throw 7;
    co_return Response{};
}

net::awaitable<Response> echoes(Request request) {
    co_return Response{.status = 201, .body = request.method + " " + request.body};
}

class Routed : public testing::Test {
protected:
    Routed() {
        router.add("GET", "/", tells("root"));
        router.add("GET", "/builds", tells("builds"));
        router.add("POST", "/builds", handler_of(echoes));
        router.add("GET", "/builds/latest", tells("latest"));
        router.add("GET", "/builds/{id}", tells("build"));
        router.add("GET", "/builds/{id}/steps/{step}/log", tells("log"));
        router.add("DELETE", "/builds/{id}", tells("delete"));
        router.add("GET", "/images/{repository}/{folder...}", tells("image"));
        router.add("POST", "/only-post", tells("posted"));
        router.add("GET", "/throws", handler_of(throws));
        router.add("GET", "/throws-a-number", handler_of(throws_a_number));
    }

    Response route(std::string_view method, std::string_view target) {
        return run_coroutine(router.route(request_for(method, target)));
    }

    std::string body_of(std::string_view target) { return route("GET", target).body; }

    Router router;
};

TEST_F(Routed, FindsTheHandlerOfAPath) {
    EXPECT_EQ(body_of("/"), "root");
    EXPECT_EQ(body_of("/builds"), "builds");
    EXPECT_EQ(body_of("/builds/7"), "build id=7");
    EXPECT_EQ(body_of("/builds/7/steps/2/log"), "log id=7 step=2");
}

TEST_F(Routed, TakesTheRouteThatWasAddedFirst) {
    EXPECT_EQ(body_of("/builds/latest"), "latest");
}

TEST_F(Routed, GivesAnEncodedSlashAsPartOfTheValue) {
    EXPECT_EQ(body_of("/builds/a%2Fb"), "build id=a/b");
    EXPECT_EQ(route("GET", "/builds%2F7").status, 404U);
}

TEST_F(Routed, GivesTheRestOfThePath) {
    EXPECT_EQ(body_of("/images/team/python"), "image folder=python repository=team");
    EXPECT_EQ(body_of("/images/team/a/b/c"), "image folder=a/b/c repository=team");
    EXPECT_EQ(body_of("/images/team/a%2Fb"), "image folder=a/b repository=team");
    EXPECT_EQ(route("GET", "/images/team").status, 404U);
}

TEST_F(Routed, SaysThatAPathIsUnknown) {
    for (const std::string_view target :
         {"/nothing",
          "/builds/",
          "/builds//",
          "//builds",
          "/Builds",
          "/builds/7/",
          "/builds/7/steps/2"}) {
        const Response response = route("GET", target);
        EXPECT_EQ(response.status, 404U) << target;
        EXPECT_EQ(response.content_type, "application/problem+json") << target;
    }
}

TEST_F(Routed, SaysWhichMethodsAPathTakes) {
    const Response many = route("PUT", "/builds");
    EXPECT_EQ(many.status, 405U);
    EXPECT_EQ(many.headers, (Headers{{"Allow", "GET, HEAD, POST"}}));
    EXPECT_EQ(route("POST", "/builds/7").headers, (Headers{{"Allow", "DELETE, GET, HEAD"}}));
    EXPECT_EQ(route("HEAD", "/only-post").headers, (Headers{{"Allow", "POST"}}));
    EXPECT_EQ(route("get", "/builds").status, 405U);
}

TEST_F(Routed, TakesGetsHandlerForHead) {
    const Response response = route("HEAD", "/builds/7");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "build id=7");
}

TEST_F(Routed, GivesTheHandlerTheRequest) {
    const Response response = route("POST", "/builds");
    EXPECT_EQ(response.status, 201U);
    EXPECT_EQ(response.body, "POST body");
}

TEST_F(Routed, AnswersForAHandlerThatThrowsWithoutItsWords) {
    for (const std::string_view target : {"/throws", "/throws-a-number"}) {
        const Response response = route("GET", target);
        EXPECT_EQ(response.status, 500U);
        EXPECT_EQ(response.content_type, "application/problem+json");
        EXPECT_EQ(response.body.find("secret"), std::string::npos);
    }
}

TEST_F(Routed, ListsWhatWasAdded) {
    const auto routes = router.routes();
    EXPECT_EQ(
        std::ranges::count(routes, std::pair<std::string, std::string>("POST", "/builds")), 1
    );
    EXPECT_EQ(
        std::ranges::count(routes, std::pair<std::string, std::string>("GET", "/builds/{id}")), 1
    );
}

TEST_F(Routed, NamesThePatternOfARequest) {
    EXPECT_EQ(router.pattern_of(request_for("GET", "/builds/7")), "/builds/{id}");
    EXPECT_EQ(router.pattern_of(request_for("HEAD", "/builds/7")), "/builds/{id}");
    EXPECT_EQ(router.pattern_of(request_for("GET", "/")), "/");
    EXPECT_EQ(router.pattern_of(request_for("GET", "/nothing")), "-");
    EXPECT_EQ(router.pattern_of(request_for("PUT", "/builds/7")), "-");
}

}  // namespace
}  // namespace slipway::http
