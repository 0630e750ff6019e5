#pragma once

#include "core/base/result.hpp"
#include "server/api/api.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/factory.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"
#include "server/http/target.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"
#include "tests/support/engine_seats.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::api {

using Headers = std::map<std::string, std::string, std::less<>>;

/// All paths over a real store, without sockets. `images` (project `platform/images`) and `other`
/// (project 42) are configured, each with a token of its own.
class ApiTest : public testing::Test {
public:
    ApiTest(const ApiTest&) = delete;
    ApiTest& operator=(const ApiTest&) = delete;
    ApiTest(ApiTest&&) = delete;
    ApiTest& operator=(ApiTest&&) = delete;

    ~ApiTest() override {
        store_.reset();
        blocking_.join();
    }

protected:
    ApiTest() { use(*store_); }

    /// From now on the handlers work on this store.
    void use(store::Store& store) {
        api_ = std::make_unique<
            Context>(Context{config_, store, engines_, clock_, metrics_, stop_, [this] {
                                 ++woken_;
                                 on_wake_();
                             }});
        router_ = http::Router();
        add_routes(router_, *api_);
    }

    http::Response send(http::Request request, std::string_view target) {
        auto parsed = http::parse_target(target).value();
        request.path = std::move(parsed.path);
        request.segments = std::move(parsed.segments);
        request.query = std::move(parsed.query);
        return test::run_coroutine(context_, router_.route(std::move(request)));
    }

    http::Response get(std::string_view target, const Headers& headers = {}) {
        http::Request request;
        request.method = "GET";
        request.headers = headers;
        return send(std::move(request), target);
    }

    http::Response post(std::string_view target, std::string body, const Headers& headers = {}) {
        http::Request request;
        request.method = "POST";
        request.headers = headers;
        request.body = std::move(body);
        return send(std::move(request), target);
    }

    /// The value of a call to the store that must succeed.
    template <class T>
    T done(net::awaitable<Result<T>> work) {
        Result<T> result = test::run_coroutine(context_, std::move(work));
        if (!result) {
            throw std::runtime_error(result.error().message);
        }
        if constexpr (!std::is_void_v<T>) {
            return *std::move(result);
        }
    }

    static nlohmann::json json(const http::Response& response) {
        return nlohmann::json::parse(response.body);
    }

    static std::string header(const http::Response& response, std::string_view name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }

    static config::Config config() {
        config::Config config;
        config.anonymous_read = true;
        config.tokens = {
            {.name = "w", .role = config::Role::write, .token = config::Secret("writer")}
        };
        config.repositories.resize(2);
        config::Repository& images = config.repositories[0];
        images.name = "images";
        images.project = "platform/images";
        images.webhook = {{.signing_key = {}, .token = config::Secret("secret")}};
        images.branches = {{.match = "main", .push = true, .tags = {"{version}"}}};
        config::Repository& other = config.repositories[1];
        other.name = "other";
        other.project = "42";
        other.webhook = {{.signing_key = {}, .token = config::Secret("other secret")}};
        return config;
    }

    test::TempFolder folder_;
    net::io_context context_{1
    };  // first: the store's threads may still be busy with an answer to it
    test::ManualClock clock_;
    net::thread_pool blocking_{2};
    std::unique_ptr<store::Store> store_ =
        store::open_sqlite_store(folder_ / "slipway.db", blocking_, clock_).value();
    config::LiveConfig config_{config()};
    Metrics metrics_;
    factory::EnginePool engines_{context_.get_executor(), test::one_seat(nullptr), 1, metrics_};
    Stop stop_;
    http::Router router_;
    std::unique_ptr<Context> api_;
    int woken_ = 0;
    std::function<void()> on_wake_ = [] {};
};

}  // namespace slipway::api
