#include "server/api/explanation.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/plan.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace slipway::api {
namespace {

using model::BuildState;
using model::StepState;
using std::chrono::seconds;

/// What is said of a folder of build 7, whose only steps are of base and, on it, of python.
class ExplanationTest : public testing::Test {
protected:
    ExplanationTest() {
        store::Build build;
        build.id = BuildId{7};
        build.state = BuildState::running;
        build.plan = R"({"steps": []})";
        build.steps.resize(2);
        build.steps[0].folder = "base";
        build.steps[0].image = "r.example/base:1";
        build.steps[0].reasons = R"([{"kind":"changed","paths":["base/x"],"more_paths":0}])";
        build.steps[0].state = StepState::building;
        build.steps[1].folder = "python";
        build.steps[1].image = "r.example/python:1";
        build.steps[1].position = 1;
        build.steps[1].needs = {0};
        build.steps[1].reasons = R"([{"kind":"base_rebuilt","folder":"base"}])";
        facts_.repository = "images";
        facts_.ref = "refs/heads/main";
        facts_.build = std::move(build);
    }

    store::Build& build() { return *facts_.build; }

    store::Step& python() { return build().steps[1]; }

    /// Of a folder whose trees are the same.
    nlohmann::ordered_json explain(const std::string& folder) {
        plan::ExplainInput input;
        input.subject.folder = folder;
        input.subject.before_tree = "1111";
        input.subject.after_tree = "1111";
        add_facts(input, facts_);
        return to_json(plan::explain(input), facts_);
    }

    void expect(const std::string& folder, const std::string& verdict, const std::string& why) {
        const nlohmann::ordered_json json = explain(folder);
        EXPECT_EQ(json["verdict"], verdict);
        EXPECT_EQ(json["why"], why);
    }

    ImageFacts facts_;
};

TEST_F(ExplanationTest, StepWaitsForItsParents) {
    facts_.past = {seconds(20), seconds(40), seconds(30)};
    expect("python", "waiting", "built after base");
    const nlohmann::ordered_json json = explain("python");
    EXPECT_EQ(json["causes"][0]["folders"][0], "base");
    EXPECT_EQ(json["estimate_seconds"], 30);
    EXPECT_EQ(json["step"]["step"], 1);
    EXPECT_EQ(json["build"]["id"], 7);
    EXPECT_EQ(json["image"], "r.example/python:1");
}

TEST_F(ExplanationTest, StepWaitsForAPlaceOrAnotherTry) {
    build().steps[0].state = StepState::pushed;
    python().state = StepState::ready;
    expect("python", "waiting", "no engine has a free place");
    python().not_before = store::Time(seconds(60));
    python().error = "the engine is away";
    expect("python", "waiting", "tried again at 1970-01-01T00:01:00.000Z: the engine is away");
    facts_.now = store::Time(seconds(61));
    expect("python", "waiting", "no engine has a free place");
}

TEST_F(ExplanationTest, BuiltImageWaitsForItsRegistry) {
    build().steps[0].state = StepState::pushed;
    python().state = StepState::built;
    expect("python", "built", "built on base");
    facts_.blocked_until = store::Time(seconds(60));
    expect(
        "python",
        "waiting",
        "r.example fails too often, and is not asked until 1970-01-01T00:01:00.000Z"
    );
    python().push = false;
    expect("python", "built", "built on base");
}

TEST_F(ExplanationTest, StepThatBeganIsBuiltForItsReasons) {
    expect("base", "built", "changed: base/x");
    for (const StepState state : {StepState::building, StepState::pushing, StepState::pushed}) {
        python().state = state;
        expect("python", "built", "built on base");
    }
    python().state = StepState::unchanged;
    python().input_id = "0123456789abcdef";
    expect(
        "python", "not_built", "what decides its content is pushed already (input id 0123456789)"
    );
}

TEST_F(ExplanationTest, StepThatFailedTellsItsErrorThenItsReasons) {
    python().state = StepState::failed;
    python().error = "exit code 2";
    expect("python", "not_built", "failed: exit code 2; built on base");
    EXPECT_EQ(explain("python")["causes"][0]["kind"], "failed");
    python().state = StepState::cancelled;
    python().error = "";
    expect("python", "not_built", "cancelled; built on base");
}

TEST_F(ExplanationTest, WithoutAStepItDidNotChange) {
    expect("web", "not_built", "same content as before");
    facts_.entry = store::LedgerEntry{};
    facts_.entry->commit = "0123456789abcdef";
    facts_.entry->tree = "1111";
    facts_.entry->build = BuildId{5};
    expect("web", "not_built", "same content as before, pushed from 0123456789 by build 5");
    facts_.entry->tree = "2222";
    expect("web", "not_built", "same content as before");
    build().folders = {"python"};
    expect("web", "not_built", "the build is for other folders");
}

TEST_F(ExplanationTest, BuildThatIsNotPlannedTellsItsState) {
    build().plan = "";
    build().steps.clear();
    expect("python", "waiting", "build 7 is being planned");
    build().state = BuildState::queued;
    facts_.place = 3;
    expect("python", "waiting", "number 3 in the queue");
    facts_.busy = BuildId{6};
    expect("python", "waiting", "number 3 in the queue; build 6 of this repository is running");
    EXPECT_EQ(explain("python")["causes"][0]["position"], 3);
    build().error = "by a request";
    expect("python", "not_built", "build 7 ended before it was planned: cancelled: by a request");
    build().state = BuildState::failed;
    build().error = "the remote is away";
    expect(
        "python", "not_built", "build 7 ended before it was planned: failed: the remote is away"
    );
}

TEST_F(ExplanationTest, ReasonsThatAreDamagedAreNoFailure) {
    for (const std::string reasons : {"{", "[1]", R"([{"kind": 1}])", R"([{"kind": "odd"}])"}) {
        build().steps[0].reasons = reasons;
        EXPECT_EQ(explain("base")["verdict"], "not_built") << reasons;
    }
}

TEST_F(ExplanationTest, WithoutABuildEveryFieldIsThere) {
    facts_.build.reset();
    facts_.ref = "";
    const nlohmann::ordered_json json = explain("python");
    EXPECT_EQ(json["why"], "same content as before");
    for (const char* const field : {"ref", "build", "step", "ledger", "image"}) {
        EXPECT_TRUE(json.at(field).is_null()) << field;
    }
}

}  // namespace
}  // namespace slipway::api
