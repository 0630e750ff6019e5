#include "server/factory/commit_facts.hpp"

#include "core/base/result.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/plan.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/factory/images_remote.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

/// Asked of a repository with a mirror.
class CommitFactsTest : public testing::Test {
protected:
    CommitFactsTest() {
        config::Repository repository;
        repository.name = "images";
        repository.registry = "r.example";
        config::Config config;
        config.data = folder_.path();
        config.repositories = {std::move(repository)};
        config_.replace(std::move(config));
    }

    void TearDown() override { blocking_.join(); }

    template <class T>
    Result<T> run(net::awaitable<Result<T>> work) {
        return test::run_coroutine(context_, std::move(work));
    }

    void make_mirror() const {
        remote_.git({"clone", "--quiet", "--mirror", remote_.path(), mirror().string()});
    }

    std::filesystem::path mirror() const { return folder_ / "mirrors/images.git"; }

    Result<plan::ExplainInput> facts(
        const std::string& before, const std::string& after, const std::string& folder
    ) {
        plan::Plan plan;
        plan.base_commit = before;
        plan.after = after;
        return run(commits_.of("images", std::move(plan), folder));
    }

    /// The place, -1 for none.
    int first_with(const std::string& commit, Texts afters) {
        const auto found = run(commits_.find_first_with("images", commit, std::move(afters)));
        return found && *found ? static_cast<int>(**found) : -1;
    }

    ImagesRemote remote_;
    std::string first_ = remote_.commit();
    test::TempFolder folder_;
    net::io_context context_;
    net::thread_pool blocking_{1};
    config::LiveConfig config_{config::Config{}};
    CommitFacts commits_{config_, blocking_};
};

TEST_F(CommitFactsTest, TreesAndErrorsAreOfTheCommits) {
    const std::string tree = remote_.id_of("HEAD:app");
    remote_.write("app/manifest.yml", "image: app\n");
    const std::string second = remote_.commit();
    make_mirror();
    const auto app = facts(first_, second, "app");
    ASSERT_TRUE(app) << app.error().message;
    EXPECT_EQ(app->subject.before_tree, tree);
    EXPECT_EQ(app->subject.after_tree, remote_.id_of("HEAD:app"));
    ASSERT_EQ(app->errors.size(), 1U);
    EXPECT_EQ(app->errors[0].path, "app/manifest.yml");
    EXPECT_EQ(facts("", first_, "base")->subject.before_tree, "");
    EXPECT_EQ(facts("", first_, "base")->subject.image, "r.example/base:1");
    EXPECT_EQ(facts("", first_, "nothing")->subject.after_tree, "");
}

TEST_F(CommitFactsTest, WhatIsNotThereIsNotFound) {
    EXPECT_EQ(facts("", first_, "base").error().code, ErrorCode::not_found) << "no mirror yet";
    make_mirror();
    EXPECT_EQ(facts("", std::string(40, 'e'), "base").error().code, ErrorCode::not_found)
        << "no such commit";
    EXPECT_EQ(facts("", "main", "base").error().code, ErrorCode::not_found);
    const auto unknown = run(commits_.of("other", plan::Plan(), "base"));
    EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
}

TEST_F(CommitFactsTest, TheFirstThatHasACommitIsTheLastInTheList) {
    const std::string second = remote_.change({"base"});
    const std::string third = remote_.change({"base"});
    remote_.git({"checkout", "--quiet", "-b", "topic", first_});
    const std::string aside = remote_.change({"other"});
    make_mirror();
    EXPECT_EQ(first_with(second, {third, second, first_}), 1);
    EXPECT_EQ(first_with(second, {third, first_}), 0);
    EXPECT_EQ(first_with(second, {aside, third, first_, third}), 1) << "after a reset";
    EXPECT_EQ(first_with(third, {second, first_}), -1);
    EXPECT_EQ(first_with(aside, {third, second}), -1);
    EXPECT_EQ(first_with(std::string(40, 'e'), {third}), -1);
}

}  // namespace
}  // namespace slipway::factory
