#include "server/cli/table.hpp"

#include "core/plan/plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace slipway::cli {
namespace {

using std::chrono::milliseconds;

plan::Reason reason(
    plan::ReasonKind kind, std::vector<std::string> paths, std::string folder = ""
) {
    plan::Reason reason;
    reason.kind = kind;
    reason.paths = std::move(paths);
    reason.folder = std::move(folder);
    return reason;
}

plan::Step step(const std::string& folder, unsigned level, std::vector<plan::Reason> reasons) {
    plan::Step step;
    step.folder = folder;
    step.image = "r.example/" + folder + ":1";
    step.level = level;
    step.reasons = std::move(reasons);
    return step;
}

plan::Plan plan() {
    plan::Plan plan;
    plan.repository = "images";
    plan.after = std::string(40, 'b');
    plan.base_commit = std::string(40, 'a');
    plan.base_rule = "before";
    plan.unchanged = 2;
    return plan;
}

TEST(ToTable, ColumnsAreAsWideAsTheirWidestCell) {
    EXPECT_EQ(to_table({{"A", "LONG", "C"}, {"wide", "x", "y"}}), "A     LONG  C\nwide  x     y\n");
}

TEST(ToTable, NoBlanksAtALinesEnd) {
    EXPECT_EQ(to_table({{"a", ""}, {"", ""}, {"b", "c"}}), "a\n\nb  c\n");
}

TEST(ToTable, RowsMayHaveFewerCells) {
    EXPECT_EQ(to_table({{"a"}, {"bb", "c"}}), "a\nbb  c\n");
    EXPECT_EQ(to_table({}), "");
}

TEST(ToTable, WidthIsCountedInCharactersNotBytes) {
    EXPECT_EQ(
        to_table({{"\xc3\xa4\xc3\xb6", "x"}, {"abc", "y"}}), "\xc3\xa4\xc3\xb6   x\nabc  y\n"
    );
}

TEST(PlanText, ShowsStepsWithEveryReason) {
    plan::Plan shown = plan();
    shown.steps = {
        step("base", 0, {reason(plan::ReasonKind::changed, {"base/Dockerfile", "base/run"})}),
        step(
            "app",
            1,
            {reason(plan::ReasonKind::watched, {"shared/x"}),
             reason(plan::ReasonKind::base_rebuilt, {}, "base")}
        ),
    };
    EXPECT_EQ(
        to_text(shown),
        "images bbbbbbbbbb, compared with aaaaaaaaaa\n"
        "\n"
        "LEVEL  IMAGE             FOLDER  WHY\n"
        "0      r.example/base:1  base    changed: base/Dockerfile and 1 more\n"
        "1      r.example/app:1   app     watched file changed: shared/x\n"
        "                                 built on base\n"
        "\n"
        "2 images to build, 2 unchanged.\n"
    );
}

TEST(PlanText, ShowsWhatIsGoneAndWhatMoved) {
    plan::Plan shown = plan();
    shown.removed = {
        {.folder = "old", .image = "r.example/old:1", .moved_to = ""},
        {.folder = "py", .image = "r.example/python:3", .moved_to = "python"},
    };
    EXPECT_EQ(
        to_text(shown),
        "images bbbbbbbbbb, compared with aaaaaaaaaa\n"
        "\n"
        "Removed: old (r.example/old:1)\n"
        "Moved to python: py (r.example/python:3)\n"
        "Nothing to build, 2 unchanged.\n"
    );
}

TEST(PlanText, SaysWhatItComparedWith) {
    plan::Plan shown = plan();
    shown.base_rule = "merge_base";
    EXPECT_TRUE(to_text(shown).starts_with(
        "images bbbbbbbbbb, compared with aaaaaaaaaa, where it left the default branch\n"
    ));
    shown.base_rule = "empty";
    EXPECT_TRUE(to_text(shown).starts_with("images bbbbbbbbbb, compared with nothing before it\n"));
}

TEST(PlanText, CountsErrors) {
    plan::Plan shown = plan();
    shown.steps = {step("base", 0, {reason(plan::ReasonKind::added, {})})};
    shown.errors.resize(1);
    EXPECT_TRUE(to_text(shown).ends_with("1 image to build, 2 unchanged, 1 error.\n"));
    shown.errors.resize(2);
    EXPECT_TRUE(to_text(shown).ends_with("1 image to build, 2 unchanged, 2 errors.\n"));
}

TEST(DurationText, TenthsBelowAMinuteAndSecondsAbove) {
    EXPECT_EQ(to_text(milliseconds(0)), "0.0s");
    EXPECT_EQ(to_text(milliseconds(449)), "0.4s");
    EXPECT_EQ(to_text(milliseconds(12'300)), "12.3s");
    EXPECT_EQ(to_text(milliseconds(59'999)), "59.9s");
    EXPECT_EQ(to_text(milliseconds(60'000)), "1m 00s");
    EXPECT_EQ(to_text(milliseconds(125'999)), "2m 05s");
    EXPECT_EQ(to_text(milliseconds(3'600'000)), "60m 00s");
}

}  // namespace
}  // namespace slipway::cli
