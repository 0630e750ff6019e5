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
    OpenStore (*make)();  ///< over new, empty data
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
    StoreContract() { reopen(); }

    /// As a process that was stopped in the midst of its work and started again.
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
        step.state = state;
        return step;
    }

    BuildId request(const std::string& repository, Trigger trigger = Trigger::push) {
        return get(store_->request(new_build(repository, trigger), "")).build.value();
    }

    /// The id of the build that is claimed now; nothing where there is none.
    std::optional<BuildId> claim() {
        return get(store_->claim()).transform([](const Build& build) { return build.id; });
    }

    /// A running build with these steps.
    BuildId planned(const std::string& repository, std::vector<Step> steps) {
        const BuildId build = request(repository);
        EXPECT_EQ(claim(), build);
        get(store_->record_plan(build, {"before", "after", "{}", std::move(steps)}));
        return build;
    }

    void move_step(BuildId build, Step step, std::initializer_list<model::StepState> states) {
        for (const model::StepState state : states) {
            step.state = state;
            get(store_->update_step(build, step));
        }
    }

    model::StepState state_of(BuildId build, std::size_t position) {
        return get(store_->build(build)).steps.at(position).state;
    }

    net::io_context context_;  // first: the store's threads may still be busy with an answer to it
    test::ManualClock clock_;
    net::thread_pool blocking_{2};
    OpenStore open_ = GetParam().make();
    std::unique_ptr<Store> store_;

private:
    int pushes_ = 0;
};

}  // namespace slipway::store
