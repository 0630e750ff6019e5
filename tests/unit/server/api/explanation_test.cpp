#include "server/api/explanation.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
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

constexpr const char* a_plan = R"({
    "errors": [
        {"path": "broken/manifest.yml", "line": 3, "column": 1, "message": "no image"},
        {"path": "manifest.yml", "line": 1, "column": 2, "message": "no version"}
    ],
    "removed": [{"folder": "old", "image": "r.example/old:1", "moved_to": null}]
})";

/// Build 7, whose only steps are of base and, on it, of python.
FolderFacts facts_of(const std::string& folder, StepState state = StepState::waiting) {
    store::Build build;
    build.id = BuildId{7};
    build.state = BuildState::running;
    build.plan = a_plan;
    build.steps.resize(2);
    build.steps[0].folder = "base";
    build.steps[0].state = StepState::building;
    build.steps[1].folder = "python";
    build.steps[1].position = 1;
    build.steps[1].needs = {0};
    build.steps[1].state = state;
    build.steps[1].reasons = R"([{"kind":"base_rebuilt","folder":"base"}])";
    FolderFacts facts;
    facts.repository = "images";
    facts.ref = "refs/heads/main";
    facts.folder = folder;
    facts.build = std::move(build);
    return facts;
}

void expect(const FolderFacts& facts, const std::string& verdict, const std::string& why) {
    const nlohmann::ordered_json json = explain(facts);
    EXPECT_EQ(json["verdict"], verdict);
    EXPECT_EQ(json["why"], why);
}

TEST(Explanation, StepWaitsForItsParents) {
    const FolderFacts facts = facts_of("python");
    expect(facts, "waiting", "waits for base");
    const nlohmann::ordered_json json = explain(facts);
    EXPECT_EQ(json["waits_for"][0]["folder"], "base");
    EXPECT_EQ(json["waits_for"][0]["state"], "building");
    EXPECT_EQ(json["step"]["reasons"][0]["kind"], "base_rebuilt");
    EXPECT_EQ(json["build"]["id"], 7);
}

TEST(Explanation, StepWaitsForAPlaceOrAnotherTry) {
    FolderFacts facts = facts_of("python", StepState::ready);
    facts.build->steps[0].state = StepState::pushed;
    expect(facts, "waiting", "waits for a worker with a free place");
    EXPECT_TRUE(explain(facts)["waits_for"].empty());
    facts.build->steps[1].not_before = store::Time(std::chrono::seconds(60));
    facts.build->steps[1].note = "the registry is away";
    expect(facts, "waiting", "is tried again at 1970-01-01T00:01:00.000Z: the registry is away");
}

TEST(Explanation, StepThatBeganTellsHowFarItIs) {
    expect(facts_of("python", StepState::building), "built", "is building");
    expect(facts_of("python", StepState::pushed), "built", "is pushed");
    FolderFacts facts = facts_of("python", StepState::built);
    expect(facts, "built", "is built, and waits to be pushed");
    facts.build->steps[1].push = false;
    expect(facts, "built", "is built; it is not to be pushed");
    expect(
        facts_of("python", StepState::unchanged),
        "not_built",
        "what decides its content was pushed already"
    );
}

TEST(Explanation, StepThatFailedTellsItsError) {
    FolderFacts facts = facts_of("python", StepState::failed);
    facts.build->steps[1].error = "exit code 2";
    expect(facts, "not_built", "failed: exit code 2");
    expect(facts_of("python", StepState::cancelled), "not_built", "cancelled");
}

TEST(Explanation, WithoutAStepThePlanTellsWhy) {
    expect(facts_of("broken"), "not_built", "broken/manifest.yml:3:1: no image");
    expect(facts_of("."), "not_built", "manifest.yml:1:2: no version");
    expect(facts_of("old"), "not_built", "the folder is gone from the branch");
    EXPECT_EQ(explain(facts_of("old"))["removed"]["image"], "r.example/old:1");
    EXPECT_EQ(explain(facts_of("broken"))["errors"].size(), 1U);
    EXPECT_TRUE(explain(facts_of("brok"))["errors"].empty());
}

TEST(Explanation, WithoutAWordInThePlanItDidNotChange) {
    FolderFacts facts = facts_of("web");
    expect(facts, "not_built", "neither the plan nor the ledger knows this folder");
    facts.entry = store::LedgerEntry{};
    expect(facts, "not_built", "nothing that decides its content changed");
    facts.build->folders = {"python"};
    expect(facts, "not_built", "build 7 was asked for other folders");
}

TEST(Explanation, BuildThatIsNotPlannedTellsItsState) {
    FolderFacts facts = facts_of("python");
    facts.build->plan = "";
    facts.build->steps.clear();
    expect(facts, "waiting", "build 7 is being planned");
    facts.build->state = BuildState::queued;
    expect(facts, "waiting", "build 7 waits in the queue");
    facts.place = 3;
    expect(facts, "waiting", "build 7 waits in the queue, at place 3");
    EXPECT_EQ(explain(facts)["queue_position"], 3);
    facts.build->state = BuildState::failed;
    facts.build->error = "the remote is away";
    expect(facts, "not_built", "build 7 ended before it was planned: failed: the remote is away");
}

TEST(Explanation, PlanThatIsDamagedIsNoFailure) {
    for (const std::string plan : {"{", "[]", R"({"errors": 1, "removed": [2, {"folder": 3}]})"}) {
        FolderFacts facts = facts_of("web");
        facts.build->plan = plan;
        EXPECT_EQ(explain(facts)["verdict"], "not_built") << plan;
    }
}

TEST(Explanation, WithoutABuildEveryFieldIsThere) {
    FolderFacts facts;
    facts.repository = "images";
    facts.folder = "python";
    facts.entry = store::LedgerEntry{};
    const nlohmann::ordered_json json = explain(facts);
    EXPECT_EQ(json["why"], "no build of this reference is known");
    EXPECT_TRUE(json["ledger"].is_object());
    for (const char* const field : {"ref", "build", "queue_position", "step", "removed"}) {
        EXPECT_TRUE(json.at(field).is_null()) << field;
    }
}

}  // namespace
}  // namespace slipway::api
