#include "server/reports/status_text.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace slipway::reports {
namespace {

using gitlab::StatusState;
using model::BuildState;
using model::StepState;

store::Build build_in(BuildState state) {
    store::Build build;
    build.id = BuildId{7};
    build.ref = "refs/heads/feature/x";
    build.after = "abc";
    build.state = state;
    return build;
}

store::Step step_in(StepState state, const std::string& folder = "web") {
    store::Step step;
    step.position = 2;
    step.folder = folder;
    step.image = "r/" + folder + ":1";
    step.state = state;
    return step;
}

TEST(StatusOfABuild, SaysWhereItIs) {
    const gitlab::CommitStatus status = status_of(build_in(BuildState::queued), "https://s");
    EXPECT_EQ(status.name, "slipway");
    EXPECT_EQ(status.commit, "abc");
    EXPECT_EQ(status.ref, "feature/x");
    EXPECT_EQ(status.target_url, "https://s/builds/7");
    EXPECT_EQ(status.state, StatusState::pending);
    EXPECT_EQ(status_of(build_in(BuildState::queued), "").target_url, "");
}

TEST(StatusOfABuild, HasEachState) {
    const auto state = [](BuildState of) { return status_of(build_in(of), "").state; };
    EXPECT_EQ(state(BuildState::running), StatusState::running);
    EXPECT_EQ(state(BuildState::succeeded), StatusState::success);
    EXPECT_EQ(state(BuildState::failed), StatusState::failed);
    EXPECT_EQ(state(BuildState::cancelled), StatusState::canceled);
    EXPECT_EQ(state(BuildState::superseded), StatusState::canceled);
}

TEST(StatusOfABuild, SaysWhatCameOfIt) {
    store::Build build = build_in(BuildState::succeeded);
    EXPECT_EQ(status_of(build, "").description, "no image to build");
    build.steps = {step_in(StepState::pushed), step_in(StepState::unchanged)};
    EXPECT_EQ(status_of(build, "").description, "1 image pushed, 1 unchanged");
    build.steps.push_back(step_in(StepState::failed, "api"));
    build.state = BuildState::failed;
    EXPECT_EQ(status_of(build, "").description, "1 image failed: api");
    build.steps.clear();
    build.error = "no such commit\nmore";
    EXPECT_EQ(status_of(build, "").description, "no such commit");
}

TEST(StatusOfAStep, HasEachState) {
    const auto state = [](StepState of) {
        return status_of(build_in(BuildState::running), step_in(of), "").state;
    };
    EXPECT_EQ(state(StepState::waiting), StatusState::pending);
    EXPECT_EQ(state(StepState::building), StatusState::running);
    EXPECT_EQ(state(StepState::built), StatusState::running);
    EXPECT_EQ(state(StepState::pushed), StatusState::success);
    EXPECT_EQ(state(StepState::unchanged), StatusState::success);
    EXPECT_EQ(state(StepState::failed), StatusState::failed);
    EXPECT_EQ(state(StepState::skipped), StatusState::canceled);
    store::Step kept = step_in(StepState::built);
    kept.push = false;
    EXPECT_EQ(status_of(build_in(BuildState::running), kept, "").state, StatusState::success);
}

TEST(StatusOfAStep, HasItsFolderAndItsPage) {
    store::Step step = step_in(StepState::failed, "team/web");
    step.error = "exit code 2";
    const auto status = status_of(build_in(BuildState::running), step, "https://s");
    EXPECT_EQ(status.name, "slipway/team/web");
    EXPECT_EQ(status.target_url, "https://s/builds/7/steps/2");
    EXPECT_EQ(status.description, "failed: exit code 2");
}

TEST(Fit, CutsBetweenCharacters) {
    EXPECT_EQ(fit("a\nb"), "a");
    EXPECT_EQ(fit(std::string(255, 'a')), std::string(255, 'a'));
    EXPECT_EQ(fit(std::string(300, 'a')), std::string(252, 'a') + "…");
    std::string text = "a";
    for (int i = 0; i < 200; ++i) {
        text += "ä";
    }
    const std::string cut = fit(text);
    EXPECT_LE(cut.size(), 255U);
    EXPECT_TRUE(cut.ends_with("ä…"));
}

}  // namespace
}  // namespace slipway::reports
