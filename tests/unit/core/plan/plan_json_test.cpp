#include "core/plan/plan_json.hpp"

#include "core/plan/plan.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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

}  // namespace
}  // namespace slipway::plan
