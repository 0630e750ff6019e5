#include "core/plan/plan_json.hpp"

#include "core/plan/plan.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

namespace slipway::plan {
namespace {

Reason reason(ReasonKind kind) {
    Reason reason;
    reason.kind = kind;
    return reason;
}

TEST(ReasonJson, OwedSaysSinceWhenAndWhy) {
    Reason owed = reason(ReasonKind::owed);
    owed.since = "2026-07-01T10:00:00Z";
    owed.why = "failed in build 7";
    EXPECT_EQ(
        to_json(owed).dump(),
        R"({"kind":"owed","since":"2026-07-01T10:00:00Z","why":"failed in build 7"})"
    );
    owed.since = "";
    EXPECT_EQ(to_json(owed).dump(), R"({"kind":"owed","since":null,"why":"failed in build 7"})");
}

TEST(ReasonJson, BaseMovedSaysFromWhereToWhere) {
    Reason moved = reason(ReasonKind::base_moved);
    moved.reference = "debian:12";
    moved.from = "sha256:aa";
    moved.to = "sha256:bb";
    EXPECT_EQ(
        to_json(moved).dump(),
        R"({"kind":"base_moved","reference":"debian:12","from":"sha256:aa","to":"sha256:bb"})"
    );
}

TEST(ReasonJson, OtherKindsHaveNothingOfThem) {
    EXPECT_EQ(to_json(reason(ReasonKind::added)).dump(), R"({"kind":"added"})");
    EXPECT_EQ(to_json(reason(ReasonKind::requested)).dump(), R"({"kind":"requested"})");
    EXPECT_EQ(
        to_json(reason(ReasonKind::base_rebuilt)).dump(), R"({"kind":"base_rebuilt","folder":""})"
    );
    EXPECT_EQ(
        to_json(reason(ReasonKind::changed)).dump(),
        R"({"kind":"changed","paths":[],"more_paths":0})"
    );
}

TEST(ReasonJson, StoredReasonsComeBackAsTheyWere) {
    Reason changed = reason(ReasonKind::changed);
    changed.paths = {"a/x", "a/y"};
    changed.more_paths = 3;
    Reason rebuilt = reason(ReasonKind::base_rebuilt);
    rebuilt.folder = "base";
    Reason moved = reason(ReasonKind::base_moved);
    moved.reference = "debian:12";
    moved.from = "sha256:aa";
    moved.to = "sha256:bb";
    Reason owed = reason(ReasonKind::owed);
    owed.why = "failed in build 7";
    for (const Reason& one :
         {changed,
          reason(ReasonKind::added),
          reason(ReasonKind::watched),
          rebuilt,
          moved,
          owed,
          reason(ReasonKind::requested)}) {
        EXPECT_EQ(reason_from_json(to_json(one)), one) << in_words(one);
    }
}

TEST(ReasonJson, UnknownKindIsNothing) {
    EXPECT_FALSE(reason_from_json({{"kind", "bored"}}));
    EXPECT_FALSE(reason_from_json({{"paths", {"x"}}}));
    EXPECT_FALSE(reason_from_json("changed"));
}

TEST(PlanJson, StoredPlanComesBackAsItWas) {
    Step step;
    step.folder = "web";
    step.image = "r.example/web:1";
    step.references = {"r.example/web:1", "r.example/web:latest"};
    step.level = 1;
    step.needs = {"base"};
    step.reasons = {reason(ReasonKind::added)};
    step.push = false;
    Plan plan;
    plan.repository = "images";
    plan.before = "1111";
    plan.after = "2222";
    plan.base_commit = "1111";
    plan.base_rule = "before";
    plan.steps = {step};
    plan.removed = {{.folder = "old", .image = "r.example/old:1", .moved_to = "new"}};
    plan.unchanged = 12;
    plan.errors = {{"x/manifest.yml", 3, 1, "no image"}};
    EXPECT_EQ(plan_from_json(to_json(plan)), plan);
    plan.base_commit = "";
    plan.removed[0].moved_to = "";
    EXPECT_EQ(plan_from_json(to_json(plan)), plan);
}

TEST(PlanJson, WhatIsNoPlanIsNothing) {
    EXPECT_EQ(plan_from_json(nlohmann::ordered_json::object()), Plan());
    for (const char* const text :
         {R"({"errors": 1})", R"({"removed": [2]})", R"({"steps": [{"folder": 3}]})"}) {
        EXPECT_EQ(plan_from_json(nlohmann::ordered_json::parse(text)), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace slipway::plan
