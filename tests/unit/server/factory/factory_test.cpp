#include "server/factory/factory.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/stop.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_care.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/factory/work.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/unavailable_store.hpp"
#include "tests/unit/server/factory/hung_remote.hpp"
#include "tests/unit/server/factory/images_remote.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::BuildState;
using model::StepState;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

const std::string main_ref = "refs/heads/main";

/// A daemon's loop with a store in a file, a repository made by git, and an engine in memory. The
/// registry can be asked nothing: what is pushed counts as pushed.
class FactoryTest : public WorkshopTest {
protected:
    struct Daemon {
        Stop stop{};
        EngineCare care;
        std::unique_ptr<Factory> factory{};
        bool has_ended = false;
    };

    void SetUp() override {
        configure(remote_.path());
        open_store();
        start();
    }

    void TearDown() override { stop_now(); }

    config::Repository repository(const std::string& name, const std::string& url) const {
        config::Repository repository;
        repository.name = name;
        repository.url = url;
        repository.registry = registry_.address();
        return repository;
    }

    void configure(const std::string& url) { configure({repository("images", url)}); }

    void configure(std::vector<config::Repository> repositories) {
        config::Config config;
        config.data = folder_ / "data";
        config.repositories = std::move(repositories);
        config_.replace(std::move(config));
    }

    void open_store() {
        store_.reset();
        store_ = store::open_sqlite_store(folder_ / "slipway.db", blocking_, clock_).value();
    }

    void start() {
        daemon_.reset(new Daemon{
            .care = EngineCare(context_.get_executor(), engines_, *store_, clock_),
        });
        Parts parts{
            .config = config_,
            .store = *store_,
            .engines = engines_,
            .care = daemon_->care,
            .credentials = credentials_,
            .registries = client_,
            .blocking = blocking_,
            .fetching = fetching_,
            .clock = clock_,
            .metrics = metrics_,
            .stop = daemon_->stop,
            .retry = {.most_attempts = 3, .first = 1min, .longest = 1h},
        };
        daemon_->factory = std::make_unique<Factory>(context_.get_executor(), std::move(parts));
        net::co_spawn(context_, daemon_->factory->run(), [this](std::exception_ptr thrown) {
            daemon_->has_ended = true;
            EXPECT_FALSE(thrown);
        });
    }

    /// As the second SIGTERM does.
    void stop_now() {
        daemon_->stop.cancel_all();
        daemon_->factory->wake();
        wait_for([this] { return daemon_->has_ended; });
    }

    /// Lets the daemon work until it has come to that.
    void wait_for(const std::function<bool()>& is_so) {
        if (!test::run_until(context_, is_so)) {
            throw std::runtime_error("what was waited for did not come");
        }
    }

    /// The same for what the store shows of a build, which is only looked at after a write.
    void wait_for(BuildId id, const std::function<bool(const store::Build&)>& is_so) {
        std::optional<std::uint64_t> seen;
        wait_for([&] {
            const std::uint64_t version = store_->version();
            return std::exchange(seen, version) != version && is_so(build(id));
        });
    }

    void wait_until(BuildId id, BuildState state) {
        wait_for(id, [state](const store::Build& build) { return build.state == state; });
    }

    /// Calls of the engine that contain `part` wait from now on until they are cancelled.
    void hold(const std::string& part) {
        is_held_ = false;
        engine_.hold(part, [this] { is_held_ = true; });
    }

    void hold_nothing() { engine_.hold("", {}); }

    void wait_until_held() {
        wait_for([this] { return is_held_; });
    }

    template <class T>
    T get(net::awaitable<Result<T>> work) {
        Result<T> result = test::run_coroutine(context_, std::move(work));
        if (!result) {
            throw std::runtime_error(result.error().message);
        }
        if constexpr (!std::is_void_v<T>) {
            return *std::move(result);
        }
    }

    store::Build build(BuildId id) { return get(store_->build(id)); }

    /// A push as its webhook tells of it.
    BuildId push(
        const std::string& before, const std::string& after, const std::string& name = "images"
    ) {
        store::NewBuild build;
        build.repository = name;
        build.ref = main_ref;
        build.before = before;
        build.after = after;
        const BuildId id = get(store_->request(std::move(build), "")).build.value();
        daemon_->factory->wake();
        return id;
    }

    /// Another worker registers, with which this one's claims lapse, and is at work on the step
    /// `base` of the build.
    WorkerId take_over(BuildId id) {
        const WorkerId other = get(store_->register_worker("other"));
        auto claimed = get(store_->claim_steps(other, 1)).at(0);
        EXPECT_EQ(claimed.step.folder, "base");
        get(store_->update_step(other, id, at_work_elsewhere(std::move(claimed.step))));
        return other;
    }

    static store::Step at_work_elsewhere(store::Step step) {
        step.state = StepState::building;
        step.engine = "elsewhere";
        return step;
    }

    std::string image(const std::string& folder) const {
        return registry_.address() + "/" + folder + ":1";
    }

    test::ScriptedRegistry registry_;
    registry::RegistryClient client_{{}};
    ImagesRemote remote_{registry_.address()};
    std::string first_ = remote_.commit();
    std::string second_ = remote_.change({"base"});
    net::thread_pool fetching_{2};
    test::TempFolder folder_;
    config::LiveConfig config_{config::Config{}};
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<Daemon> daemon_;
    bool is_held_ = false;
};

TEST_F(FactoryTest, PushIsBuiltAndPushedInOrder) {
    const BuildId id = push(first_, second_);
    wait_until(id, BuildState::succeeded);
    EXPECT_EQ(engine_.calls("build"), (Texts{"build " + image("base"), "build " + image("app")}));
    EXPECT_EQ(engine_.calls("push"), (Texts{"push " + image("base"), "push " + image("app")}));
    for (const store::Step& step : build(id).steps) {
        EXPECT_EQ(step.state, StepState::pushed);
        EXPECT_EQ(step.engine, "one");
        EXPECT_EQ(step.worker, "slipway");
        EXPECT_EQ(step.input_id.size(), 64U);
    }
    EXPECT_TRUE(get(store_->log(id, 0, 0)).contains("building " + image("base")));
}

TEST_F(FactoryTest, LedgerAndBranchSayWhatWasPushed) {
    wait_until(push(first_, second_), BuildState::succeeded);
    const auto entries = get(store_->ledger({.folder = "base"}));
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].commit, second_);
    EXPECT_EQ(entries[0].digests.at(image("base")), "digest-of-sha256:1");
    EXPECT_FALSE(entries[0].owed);
    EXPECT_EQ(get(store_->branch("images", main_ref)).value().commit, second_);
}

TEST_F(FactoryTest, WhatFailedIsOwedToTheNextPush) {
    engine_.fail_next("build " + image("base"), ErrorCode::failed);
    const BuildId failed = push(first_, second_);
    wait_until(failed, BuildState::failed);
    EXPECT_EQ(build(failed).steps.at(1).state, StepState::skipped);
    const BuildId next = push(second_, remote_.change({"other"}));
    wait_until(next, BuildState::succeeded);
    EXPECT_EQ(build(next).steps.size(), 3U);
    EXPECT_TRUE(get(store_->ledger({.owed_only = true})).empty());
}

TEST_F(FactoryTest, TemporaryFailureIsTriedAgainWhenItsTimeHasCome) {
    engine_.fail_next("build", ErrorCode::unavailable);
    const BuildId id = push(first_, second_);
    wait_for(id, [](const store::Build& build) {
        return !build.steps.empty() && build.steps[0].not_before;
    });
    EXPECT_EQ(build(id).steps[0].state, StepState::ready);
    EXPECT_EQ(engine_.calls("build").size(), 1U);
    clock_.advance(1min);
    daemon_->factory->wake();
    wait_until(id, BuildState::succeeded);
    EXPECT_FALSE(build(id).steps[0].not_before);
    EXPECT_EQ(engine_.calls("build").size(), 3U);
}

TEST_F(FactoryTest, StepThatFoundNoMemoryIsTriedAgain) {
    engine_.throw_next("build", std::bad_alloc());
    const BuildId id = push(first_, second_);
    wait_for(id, [](const store::Build& build) {
        return !build.steps.empty() && build.steps[0].not_before;
    });
    EXPECT_EQ(build(id).steps[0].state, StepState::ready);
    EXPECT_EQ(engine_.calls("build").size(), 1U);
    clock_.advance(1min);
    daemon_->factory->wake();
    wait_until(id, BuildState::succeeded);
}

TEST_F(FactoryTest, StepInWhichSomethingThrewHasFailedWithItsWords) {
    engine_.throw_next("build", std::runtime_error("something unheard of"));
    const BuildId id = push(first_, second_);
    wait_until(id, BuildState::failed);
    EXPECT_EQ(build(id).steps[0].state, StepState::failed);
    EXPECT_TRUE(build(id).steps[0].error.contains("something unheard of"));
}

TEST_F(FactoryTest, LatePushIsSuperseded) {
    const std::string third = remote_.change({"base"});
    wait_until(push(first_, third), BuildState::succeeded);
    const BuildId late = push(first_, second_);
    wait_until(late, BuildState::superseded);
    EXPECT_TRUE(build(late).error.contains("was planned up to " + third));
}

TEST_F(FactoryTest, RepositoryThatIsNotConfiguredAnyMoreFailsItsBuild) {
    const BuildId id = push(first_, second_, "gone");
    wait_until(id, BuildState::failed);
    EXPECT_TRUE(build(id).error.contains("gone is not configured any more"));
}

TEST_F(FactoryTest, CancelledBuildStopsWhatIsAtWork) {
    hold("build");
    const BuildId id = push(first_, second_);
    wait_until_held();
    get(store_->cancel(id, "nobody needs it"));
    EXPECT_EQ(build(id).state, BuildState::running);
    daemon_->factory->ask_for_orders();
    wait_until(id, BuildState::cancelled);
    const std::vector<store::Step> steps = build(id).steps;
    EXPECT_EQ(steps.at(0).state, StepState::cancelled);
    EXPECT_EQ(steps.at(0).error, "cancelled while it was at work");
    EXPECT_TRUE(steps.at(0).finished);
    EXPECT_EQ(steps.at(1).state, StepState::cancelled);

    hold_nothing();
    wait_until(push(second_, remote_.change({"other"})), BuildState::succeeded);
}

/// Gives one build, to which nothing further is known; then the answer to a claim is lost.
class ForgetfulStore final : public test::UnavailableStore {
public:
    Answer<WorkerId> register_worker(std::string /*name*/) override { co_return WorkerId{1}; }

    Answer<std::optional<store::Build>> claim_build(WorkerId /*worker*/) override {
        if (++claims != 1) {
            return UnavailableStore::claim_build({});
        }
        return give();
    }

    Answer<int> free_all_but(WorkerId /*worker*/, store::WorkAtHand at_hand) override {
        freed_but.push_back(std::move(at_hand));
        claims_before = claims;
        co_return 1;
    }

    int claims = 0;
    int claims_before = 0;
    std::vector<store::WorkAtHand> freed_but;

private:
    static Answer<std::optional<store::Build>> give() {
        store::Build build;
        build.id = BuildId{7};
        build.repository = "images";
        build.ref = main_ref;
        co_return build;
    }
};

TEST_F(FactoryTest, ClaimWhoseAnswerWasLostIsGivenBackBeforeTheNextOne) {
    stop_now();
    auto forgetful = std::make_unique<ForgetfulStore>();
    ForgetfulStore& store = *forgetful;
    store_ = std::move(forgetful);
    start();
    wait_for([&] { return store.claims == 2; });
    daemon_->factory->wake();
    wait_for([&] { return store.claims == 3; });
    ASSERT_EQ(store.freed_but.size(), 1U);
    EXPECT_EQ(store.freed_but[0].plans, std::vector{BuildId{7}}) << "that is being planned";
    EXPECT_EQ(store.claims_before, 2);
}

TEST_F(FactoryTest, StopLeavesABuildToTheNextProcess) {
    hold("build");
    const BuildId id = push(first_, second_);
    wait_until_held();
    stop_now();
    EXPECT_EQ(build(id).state, BuildState::running);
    EXPECT_EQ(build(id).steps.at(0).state, StepState::ready);

    hold_nothing();
    open_store();
    start();
    wait_until(id, BuildState::succeeded);
    EXPECT_EQ(engine_.calls("build " + image("base")).size(), 2U);
    EXPECT_EQ(build(id).steps.at(1).state, StepState::pushed);
}

TEST_F(FactoryTest, StopCutsTheWaitBeforeTheNextTryToPlanShort) {
    configure("http://127.0.0.1:1/images.git");
    const BuildId id = push(first_, second_);
    wait_for([this] {
        return metrics_.exposition().contains("slipway_retries_total{what=\"fetch\"} 1");
    });
    daemon_->stop.request();
    daemon_->factory->wake();
    const auto began = std::chrono::steady_clock::now();
    wait_for([this] { return daemon_->has_ended; });
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s) << "the wait is half a minute or more";
    EXPECT_EQ(build(id).state, BuildState::running) << "it is the next process's";
}

/// However many ask for it, also by a configuration that was read anew, it holds up one thread of
/// two, and none of those that steps need.
TEST_F(FactoryTest, RemoteThatHangsHoldsUpNoOtherRepository) {
    HungRemote hung;
    const auto both = [&] {
        return std::vector{repository("hung", hung.url()), repository("images", remote_.path())};
    };
    int ended = 0;
    for (int number = 0; number < 4; ++number) {
        configure(both());
        auto plan =
            daemon_->factory->plan_merge("hung", {.commit = second_, .target_branch = "main"});
        net::co_spawn(
            context_,
            std::move(plan),
            [&ended](std::exception_ptr thrown, const Result<MergePlan>& planned) {
                EXPECT_FALSE(thrown);
                EXPECT_FALSE(planned);
                ++ended;
            }
        );
    }
    wait_for([&] { return hung.connections() > 0; });
    wait_until(push(first_, second_), BuildState::succeeded);
    EXPECT_EQ(hung.connections(), 1U);
    EXPECT_EQ(ended, 0);
    daemon_->stop.request();  // with which the other three don't begin any more
    hung.cut();
    wait_for([&] { return ended == 4; });
    EXPECT_EQ(hung.connections(), 1U);
}

TEST_F(FactoryTest, StopLeavesABuiltImageToBePushedByTheNextProcess) {
    hold("push");
    const BuildId id = push(first_, second_);
    wait_until_held();
    stop_now();
    EXPECT_EQ(build(id).steps.at(0).state, StepState::built);

    hold_nothing();
    open_store();
    start();
    wait_until(id, BuildState::succeeded);
    EXPECT_EQ(engine_.calls("build " + image("base")).size(), 1U) << "it is built only once";
}

TEST_F(FactoryTest, WorkerWhoseClaimsLapsedStopsAndBeginsAnew) {
    hold("build");
    const BuildId id = push(first_, second_);
    wait_until_held();
    const WorkerId other = take_over(id);
    hold_nothing();
    daemon_->factory->ask_for_orders();
    // In SQLite all claims are of who registered last: by now that is this one again.
    wait_until(id, BuildState::succeeded);
    EXPECT_EQ(engine_.calls("build " + image("base")).size(), 2U);
    EXPECT_EQ(build(id).steps.at(0).engine, "one");
    const auto late = test::run_coroutine(
        context_, store_->update_step(other, id, at_work_elsewhere(build(id).steps.at(0)))
    );
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::conflict);
}

TEST_F(FactoryTest, LateWriteOfAWorkerWhoseClaimsLapsedIsRefused) {
    hold("build");
    const BuildId id = push(first_, second_);
    wait_until_held();
    take_over(id);
    stop_now();
    const store::Step step = build(id).steps.at(0);
    EXPECT_EQ(step.state, StepState::building) << "it is the other one's, who still builds";
    EXPECT_EQ(step.engine, "elsewhere");
}

TEST_F(FactoryTest, WorkerThatHearsOfItsLossWritesNothing) {
    hold("build");
    const BuildId id = push(first_, second_);
    wait_until_held();
    take_over(id);
    daemon_->stop.request();  // it does not register again
    daemon_->factory->ask_for_orders();
    wait_for([this] { return daemon_->has_ended; });
    EXPECT_EQ(build(id).steps.at(0).engine, "elsewhere");
}

}  // namespace
}  // namespace slipway::factory
