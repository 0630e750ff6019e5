#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using model::StepState;

class Explain : public ApiTest {
protected:
    nlohmann::json explain(const std::string& query) {
        const http::Response response = get("/api/v1/explain?" + query);
        EXPECT_EQ(response.status, 200U) << response.body;
        return json(response);
    }

    BuildId request_of(const std::string& folder) {
        store::NewBuild build;
        build.repository = "images";
        build.ref = "refs/heads/main";
        build.trigger = store::Trigger::manual;
        build.folders = {folder};
        return done(store_->request(std::move(build), "")).build.value();
    }
};

TEST_F(Explain, TellsOfABuildByItsId) {
    push('a', 'b');
    plan({step(0, "base"), step_on(1, "python", 0)});
    const nlohmann::json told = explain("folder=python&build=1");
    EXPECT_EQ(told["repository"], "images");
    EXPECT_EQ(told["ref"], "refs/heads/main");
    EXPECT_EQ(told["folder"], "python");
    EXPECT_EQ(told["verdict"], "waiting");
    EXPECT_EQ(told["why"], "built after base");
    EXPECT_EQ(told["step"]["step"], 1);
    EXPECT_EQ(told["ledger"]["owed"]["build"], 1);
}

TEST_F(Explain, TellsThePlaceInTheQueue) {
    queue("other");
    push('a', 'b');
    const nlohmann::json told = explain("folder=python&build=2");
    EXPECT_EQ(told["verdict"], "waiting");
    EXPECT_EQ(told["causes"][0]["kind"], "in_queue");
    EXPECT_EQ(told["causes"][0]["position"], 2) << "a person's request goes first";
}

TEST_F(Explain, TakesTheNewestBuildOfAReferenceThatIsAboutTheFolder) {
    push('a', 'b');
    plan({step(0, "python")});
    work({StepState::building, StepState::failed}, "exit code 2");
    request_of("web");
    const nlohmann::json told = explain("repository=images&folder=python&ref=main");
    EXPECT_EQ(told["build"]["id"], 1) << "build 2 is for another folder";
    EXPECT_EQ(told["why"], "failed: exit code 2; requested");
    request_of("python");
    EXPECT_EQ(explain("repository=images&folder=python&ref=main")["build"]["id"], 3);
    EXPECT_EQ(explain("repository=images&folder=/python/&ref=refs/heads/main")["build"]["id"], 3);
}

TEST_F(Explain, FindsTheBuildThatBuiltAFolderWithWhatWasAskedFor) {
    push('a', 'b');
    plan({step(0, "python")});
    work({StepState::building, StepState::built, StepState::pushing, StepState::pushed});
    request_of("base");
    plan({step(0, "base"), step_on(1, "python", 0)});
    EXPECT_EQ(explain("repository=images&folder=python&ref=main")["build"]["id"], 2);
}

TEST_F(Explain, TellsUntilWhenARegistryIsLeftAlone) {
    api_->blocked_until = [this](const std::string& registry) {
        EXPECT_EQ(registry, "r.example");
        return clock_.now() + std::chrono::minutes(1);
    };
    push('a', 'b');
    plan({step(0, "python")});
    EXPECT_EQ(explain("folder=python&build=1")["causes"][0]["kind"], "registry_away");
}

TEST_F(Explain, BranchThatNoRuleMatchesIsIgnored) {
    store::Branch branch;
    branch.repository = "images";
    branch.ref = "refs/heads/topic";
    branch.commit = std::string(40, 'a');
    done(store_->keep_branch(branch));
    const nlohmann::json told = explain("repository=images&folder=python&ref=topic");
    EXPECT_EQ(told["causes"][0]["kind"], "ref_ignored");
}

TEST_F(Explain, TellsOfABranchWithoutABuildWhatTheLedgerKnows) {
    push('a', 'b');
    plan({step(0, "python")});
    EXPECT_EQ(get("/api/v1/explain?repository=images&folder=python&ref=next").status, 404U);
    EXPECT_EQ(explain("repository=images&folder=web&ref=main")["verdict"], "not_built");
}

TEST_F(Explain, QuestionThatIsIncompleteIsRefused) {
    push('a', 'b');
    for (const std::string query :
         {"",
          "folder=python",
          "build=1",
          "folder=python&build=1&ref=main",
          "folder=python&build=x",
          "folder=python&repository=images&ref=main&commit=bbbb",
          "folder=python&build=1&commit=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "folder=python&ref=main"}) {
        EXPECT_EQ(get("/api/v1/explain?" + query).status, 400U) << query;
    }
    EXPECT_EQ(get("/api/v1/explain?folder=python&build=7").status, 404U);
    EXPECT_EQ(get("/api/v1/explain?folder=python&build=1&repository=other").status, 404U);
    EXPECT_EQ(get("/api/v1/explain?folder=python&ref=main&repository=nope").status, 404U);
}

}  // namespace
}  // namespace slipway::api
