#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::factory {

inline const std::string main_ref = "refs/heads/main";

/// A store in a file, a clock that stands, and one repository whose branches are all pushed.
class UpkeepTest : public testing::Test {
public:
    UpkeepTest(const UpkeepTest&) = delete;
    UpkeepTest& operator=(const UpkeepTest&) = delete;
    UpkeepTest(UpkeepTest&&) = delete;
    UpkeepTest& operator=(UpkeepTest&&) = delete;

    ~UpkeepTest() override { blocking_.join(); }

protected:
    UpkeepTest() = default;

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

    void configure(config::Repository repository) {
        repository.name = "images";
        config::Config config;
        config.repositories = {std::move(repository)};
        config_.replace(std::move(config));
    }

    static store::NewBuild push(const std::string& before, const std::string& after) {
        store::NewBuild build;
        build.repository = "images";
        build.ref = main_ref;
        build.before = before;
        build.after = after;
        return build;
    }

    BuildId request(store::NewBuild build) {
        return get(store_->request(std::move(build), "")).build.value();
    }

    store::Build claim() { return get(store_->claim_build(worker_)).value(); }

    /// The build, which was claimed, is planned to push this folder.
    void plan(const store::Build& build, const std::string& folder) {
        store::Step step;
        step.folder = folder;
        step.image = "r.example/" + folder + ":1";
        step.references = {step.image};
        step.state = model::StepState::ready;
        step.tree = "tree";
        store::PlanRecord record{build.before, build.after, "{}", {step}, "tree", true};
        get(store_->record_plan(worker_, build.id, std::move(record)));
    }

    /// Its only step gets through, built on these bases.
    void finish(const std::map<std::string, std::string>& bases) {
        auto [build, step, parents, pinned] = get(store_->claim_steps(worker_, 1)).at(0);
        using enum model::StepState;
        for (const auto state : {building, built, pushing, pushed}) {
            step.state = state;
            step.bases = bases;
            step.digests = {{step.image, "sha256:pushed"}};
            step.finished = state == pushed ? std::optional(clock_.now()) : std::nullopt;
            get(store_->update_step(worker_, build.id, step));
        }
    }

    /// A push that brought this folder to its registry.
    void pushed(const std::string& folder, const std::map<std::string, std::string>& bases = {}) {
        request(push(std::string(40, '0'), std::string(40, 'a')));
        plan(claim(), folder);
        finish(bases);
    }

    /// Of the repository, the newest first.
    std::vector<store::Build> builds() {
        store::BuildQuery query;
        query.repository = "images";
        return get(store_->builds(query));
    }

    net::io_context context_{1};
    net::thread_pool blocking_{2};
    test::ManualClock clock_;
    test::TempFolder folder_;
    config::LiveConfig config_{config::Config{}};
    std::unique_ptr<store::Store> store_ =
        store::open_sqlite_store(folder_ / "slipway.db", blocking_, clock_).value();
    WorkerId worker_ = get(store_->register_worker("test"));
    int woken_ = 0;
};

}  // namespace slipway::factory
