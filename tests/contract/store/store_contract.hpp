#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::store {

/// Opens a store over the same data each time it is called; the data goes with the last copy of it.
using OpenStore =
    std::function<Result<std::unique_ptr<Store>>(net::thread_pool& blocking, const Clock& clock)>;

/// A kind of store, as the contract's tests know it.
struct StoreKind {
    std::string name;
    OpenStore (*make)();        ///< over new, empty data
    bool many_workers = false;  ///< workers of several names live at the same time
};

inline std::ostream& operator<<(std::ostream& out, const StoreKind& kind) {
    return out << kind.name;
}

/// What every store must do: instantiated once for each kind, in that kind's own test file.
class StoreContract : public testing::TestWithParam<StoreKind> {
public:
    StoreContract(const StoreContract&) = delete;
    StoreContract& operator=(const StoreContract&) = delete;
    StoreContract(StoreContract&&) = delete;
    StoreContract& operator=(StoreContract&&) = delete;

    ~StoreContract() override {
        store_.reset();
        blocking_.join();
    }

protected:
    StoreContract() {
        reopen();
        worker_ = registered("here");
    }

    /// As a process that was stopped in the midst of its work and started again. Its worker is not
    /// yet registered anew.
    void reopen() {
        store_.reset();
        Result<std::unique_ptr<Store>> opened = open_(blocking_, clock_);
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = *std::move(opened);
    }

    template <class T>
    Result<T> run(net::awaitable<Result<T>> work) {
        return test::run_coroutine(context_, std::move(work));
    }

    /// The value of what must succeed.
    template <class T>
    T get(net::awaitable<Result<T>> work) {
        Result<T> result = run(std::move(work));
        if (!result) {
            throw std::runtime_error(result.error().message);
        }
        if constexpr (!std::is_void_v<T>) {
            return *std::move(result);
        }
    }

    /// The code of what must fail.
    template <class T>
    ErrorCode code_of(net::awaitable<Result<T>> work) {
        const Result<T> result = run(std::move(work));
        if (result) {
            throw std::runtime_error("it succeeded");
        }
        EXPECT_FALSE(result.error().message.empty());
        return result.error().code;
    }

    static NewBuild new_build(const std::string& repository, Trigger trigger = Trigger::push) {
        return {
            .repository = repository,
            .ref = "refs/heads/main",
            .before = std::string(40, 'a'),
            .after = std::string(40, 'b'),
            .trigger = trigger,
            .folders = {},
        };
    }

    /// A push of its own: nothing else has its key or its ids.
    NewDelivery new_push(const std::string& repository = "images") {
        const std::string number = std::to_string(++pushes_);
        NewBuild build = new_build(repository);
        build.after = std::string(40 - number.size(), 'c') + number;
        return {
            .key = "key-" + number,
            .repository = repository,
            .event = "push",
            .ref = build.ref,
            .before = build.before,
            .after = build.after,
            .headers = R"({"x-gitlab-event":"Push Hook"})",
            .body = "{}",
            .reason = "",
            .build = build,
        };
    }

    static Step new_step(
        int position, const std::string& folder, model::StepState state = model::StepState::ready
    ) {
        Step step;
        step.position = position;
        step.folder = folder;
        step.image = "registry.example/" + folder + ":1";
        step.references = {step.image, "registry.example/" + folder + ":latest"};
        step.reasons = "[]";
        step.tree = "tree of " + folder;
        step.state = state;
        return step;
    }

    /// One that waits for others.
    static Step new_step(int position, const std::string& folder, std::vector<int> needs) {
        Step step = new_step(position, folder, model::StepState::waiting);
        step.needs = std::move(needs);
        return step;
    }

    /// A plan that leaves the branch and the ledger as they are.
    static PlanRecord new_plan(std::vector<Step> steps) {
        return {.before = "before", .after = "after", .plan = "{}", .steps = std::move(steps)};
    }

    BuildId request(const std::string& repository, Trigger trigger = Trigger::push) {
        return get(store_->request(new_build(repository, trigger), "")).build.value();
    }

    WorkerId registered(const std::string& name) { return get(store_->register_worker(name)); }

    /// The id of the build that is claimed now; nothing where there is none.
    std::optional<BuildId> claim(std::optional<WorkerId> worker = {}) {
        return get(store_->claim_build(worker.value_or(worker_))).transform([](const Build& build) {
            return build.id;
        });
    }

    /// A running build with this plan.
    BuildId planned(const std::string& repository, PlanRecord plan) {
        const BuildId build = request(repository);
        EXPECT_EQ(claim(), build);
        get(store_->record_plan(worker_, build, std::move(plan)));
        return build;
    }

    BuildId planned(const std::string& repository, std::vector<Step> steps) {
        return planned(repository, new_plan(std::move(steps)));
    }

    /// A build that ended without steps.
    BuildId ended(const std::string& repository, model::BuildState state, Trigger trigger) {
        const BuildId build = request(repository, trigger);
        EXPECT_EQ(claim(), build);
        get(store_->finish(worker_, build, state, ""));
        return build;
    }

    /// The next step, which must be this folder's.
    Step take(const std::string& folder, std::optional<WorkerId> worker = {}) {
        const std::vector<ClaimedStep> claimed =
            get(store_->claim_steps(worker.value_or(worker_), 1));
        if (claimed.size() != 1 || claimed[0].step.folder != folder) {
            throw std::runtime_error(
                "the next step is " + (claimed.empty() ? "none" : claimed[0].step.folder) +
                ", not " + folder
            );
        }
        return claimed[0].step;
    }

    /// The folders of what is claimed now, in their order.
    std::vector<std::string> folders_of_claims(int most, std::optional<WorkerId> worker = {}) {
        std::vector<std::string> folders;
        for (const ClaimedStep& claimed :
             get(store_->claim_steps(worker.value_or(worker_), most))) {
            folders.push_back(claimed.step.folder);
        }
        return folders;
    }

    /// Moves a claimed step; what the last write did to its build.
    BuildEnd move_step(BuildId build, Step step, std::initializer_list<model::StepState> states) {
        BuildEnd end;
        for (const model::StepState state : states) {
            step.state = state;
            end = get(store_->update_step(worker_, build, step));
        }
        return end;
    }

    /// Takes a step, which must be the next one, and pushes it.
    BuildEnd push(BuildId build, const std::string& folder) {
        using enum model::StepState;
        return move_step(build, take(folder), {building, built, pushing, pushed});
    }

    /// Takes a step, which must be the next one, and fails to build it.
    BuildEnd break_step(BuildId build, const std::string& folder, const std::string& error) {
        Step step = take(folder);
        step.error = error;
        using enum model::StepState;
        return move_step(build, step, {building, failed});
    }

    Step step_of(BuildId build, std::size_t position) {
        return get(store_->build(build)).steps.at(position);
    }

    model::StepState state_of(BuildId build, std::size_t position) {
        return step_of(build, position).state;
    }

    model::BuildState state_of(BuildId build) { return get(store_->build(build)).state; }

    net::io_context context_;  // first: the store's threads may still be busy with an answer to it
    test::ManualClock clock_;
    net::thread_pool blocking_{2};
    OpenStore open_ = GetParam().make();
    std::unique_ptr<Store> store_;
    WorkerId worker_;

private:
    int pushes_ = 0;
};

/// What holds where workers of several names live at the same time; skipped for the other stores.
class ManyWorkersContract : public StoreContract {
protected:
    void SetUp() override {
        if (!GetParam().many_workers) {
            GTEST_SKIP() << "every worker that registers is the only one";
        }
        other_ = registered("there");
    }

    WorkerId other_;
};

}  // namespace slipway::store
