#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/api.hpp"
#include "server/api/board.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/commit_facts.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/http/message.hpp"
#include "server/http/response_head.hpp"
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

#include <chrono>
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

inline const Headers writer = {{"authorization", "Bearer writer"}};

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
        board_ = std::make_unique<Board>(
            context_.get_executor(), config_, store, engines_, metrics_, board_options_
        );
        api_ = std::make_unique<Context>(Context{
            config_,
            store,
            engines_,
            commits_,
            clock_,
            metrics_,
            stop_,
            *board_,
            {},
            [this] { ++stopped_; }
        });
        api_->wake = [this] {
            ++woken_;
            on_wake_();
        };
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

    /// A request for the tip of main.
    BuildId queue(const std::string& repository) {
        store::NewBuild build;
        build.repository = repository;
        build.ref = "refs/heads/main";
        build.trigger = store::Trigger::manual;
        return done(store_->request(std::move(build), "")).build.value();
    }

    /// A push to main that came as a delivery.
    store::Accepted push(char before, char after) {
        store::NewDelivery delivery;
        delivery.repository = "images";
        delivery.event = "push";
        delivery.ref = "refs/heads/main";
        delivery.before = std::string(40, before);
        delivery.after = std::string(40, after);
        delivery.headers = R"({"user-agent":"GitLab/19.0"})";
        delivery.build = store::NewBuild{
            .repository = "images",
            .ref = delivery.ref,
            .before = delivery.before,
            .after = delivery.after,
            .trigger = store::Trigger::push,
            .folders = {}
        };
        return done(store_->accept(std::move(delivery)));
    }

    /// Who does the work in these tests.
    WorkerId worker() {
        if (worker_ == WorkerId{}) {
            worker_ = done(store_->register_worker("test"));
        }
        return worker_;
    }

    BuildId claim() { return done(store_->claim_build(worker())).value().id; }

    static store::Step step(int position, const std::string& folder) {
        store::Step step;
        step.position = position;
        step.folder = folder;
        step.image = "r.example/" + folder + ":1";
        step.references = {step.image};
        step.reasons = R"([{"kind":"requested"}])";
        step.tree = std::string(40, 'e');
        step.state = model::StepState::ready;
        return step;
    }

    static store::Step step_on(int position, const std::string& folder, int need) {
        store::Step later = step(position, folder);
        later.needs = {need};
        later.state = model::StepState::waiting;
        return later;
    }

    /// Claims the next build and gives it these steps, of a branch that is pushed.
    BuildId plan(std::vector<store::Step> steps, std::string text = R"({"steps":[]})") {
        const BuildId build = claim();
        store::PlanRecord record;
        record.before = std::string(40, 'a');
        record.after = std::string(40, 'b');
        record.plan = std::move(text);
        record.steps = std::move(steps);
        record.tree = std::string(40, 't');
        record.keeps_ledger = true;
        done(store_->record_plan(worker(), build, std::move(record)));
        return build;
    }

    /// Claims the next step and takes it through these states.
    void work(const std::vector<model::StepState>& states, const std::string& error = "") {
        auto claimed = done(store_->claim_steps(worker(), 1)).at(0);
        for (const model::StepState state : states) {
            claimed.step.state = state;
            claimed.step.error = model::is_final(state) ? error : "";
            done(store_->update_step(worker(), claimed.build.id, claimed.step));
        }
    }

    static nlohmann::json json(const http::Response& response) {
        return nlohmann::json::parse(http::body_of(response));
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
            {.name = "w", .role = config::Role::write, .token = config::Secret("writer")},
            {.name = "r", .role = config::Role::read, .token = config::Secret("reader")},
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
    factory::CommitFacts commits_{config_, blocking_};
    Stop stop_;
    http::Router router_;
    BoardOptions board_options_{.least_pause = std::chrono::milliseconds(0)};
    std::unique_ptr<Board> board_;
    std::unique_ptr<Context> api_;
    WorkerId worker_{};
    int woken_ = 0;
    int stopped_ = 0;  ///< how often orders were to be fetched
    std::function<void()> on_wake_ = [] {};
};

}  // namespace slipway::api
