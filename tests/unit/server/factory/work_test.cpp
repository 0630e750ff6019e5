#include "server/factory/work.hpp"

#include "core/catalog/image.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/memory_tree.hpp"
#include "core/manifest/manifest.hpp"
#include "core/model/build_state.hpp"
#include "core/plan/plan.hpp"
#include "server/factory/image_work.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;

plan::Step planned(const std::string& folder, std::vector<std::string> needs = {}) {
    plan::Step step;
    step.folder = folder;
    step.image = "r.example/" + folder + ":1";
    step.references = {step.image, "r.example/" + folder + ":latest"};
    step.needs = std::move(needs);
    plan::Reason reason;
    reason.paths = {folder + "/file"};
    step.reasons = {reason};
    return step;
}

TEST(ToRecords, NumbersStepsAndTheirNeedsInOrderOfThePlan) {
    plan::Plan plan;
    plan.steps = {planned("base"), planned("zoo"), planned("app", {"base", "zoo"})};
    const std::vector<store::Step> records = to_records(plan, {}, true, store::Trigger::push);
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[0].position, 0);
    EXPECT_EQ(records[2].position, 2);
    EXPECT_EQ(records[2].folder, "app");
    EXPECT_EQ(records[2].image, "r.example/app:1");
    EXPECT_EQ(records[2].references, plan.steps[2].references);
    EXPECT_EQ(records[2].needs, (std::vector<int>{0, 1}));
    EXPECT_EQ(records[0].state, StepState::ready);
    EXPECT_EQ(records[1].state, StepState::ready);
    EXPECT_EQ(records[2].state, StepState::waiting);
}

TEST(ToRecords, ReasonsAreThoseOfThePlanAsJson) {
    plan::Plan plan;
    plan.steps = {planned("base")};
    EXPECT_EQ(
        to_records(plan, {}, true, store::Trigger::push)[0].reasons,
        R"([{"kind":"changed","paths":["base/file"],"more_paths":0}])"
    );
}

TEST(ToRecords, PathThatIsNotUtf8IsShownAndNoFailure) {
    plan::Plan plan;
    plan.steps = {planned("base")};
    plan.steps[0].reasons[0].paths = {"base/\xe4"};
    EXPECT_EQ(
        to_records(plan, {}, true, store::Trigger::push)[0].reasons,
        "[{\"kind\":\"changed\",\"paths\":[\"base/\xef\xbf\xbd\"],\"more_paths\":0}]"
    );
}

TEST(ToRecords, PushNeedsTheBranchAndTheManifest) {
    plan::Plan plan;
    plan.steps = {planned("a"), planned("b")};
    plan.steps[1].push = false;
    EXPECT_TRUE(to_records(plan, {}, true, store::Trigger::push)[0].push);
    EXPECT_FALSE(to_records(plan, {}, true, store::Trigger::push)[1].push);
    EXPECT_FALSE(to_records(plan, {}, false, store::Trigger::push)[0].push);
}

class ImageLabels : public testing::Test {
protected:
    static std::map<std::string, std::string> labels(
        const std::string& manifest, const std::string& url
    ) {
        git::MemoryTree tree;
        const auto root = tree.add({
            {"a/manifest.yml", {.content = manifest}},
            {"a/Dockerfile", {.content = "FROM scratch\n"}},
        });
        Source source;
        source.commit.id = root;
        source.commit.time = 1767323045;
        source.url = url;
        source.catalog = catalog::read_catalog(tree, root, {}).value();
        return image_labels(source, source.catalog.image(0));
    }
};

TEST_F(ImageLabels, NameTheCommitAndWhereItCameFrom) {
    const auto found = labels("image: team/a\nversion: 3.10\n", "https://git.example/images");
    EXPECT_EQ(found.at("org.opencontainers.image.version"), "3.10");
    EXPECT_EQ(found.at("org.opencontainers.image.title"), "team/a");
    EXPECT_EQ(found.at("org.opencontainers.image.created"), "2026-01-02T03:04:05.000Z");
    EXPECT_EQ(found.at("org.opencontainers.image.source"), "https://git.example/images");
    EXPECT_EQ(found.at("org.opencontainers.image.revision").size(), 40U);
    EXPECT_EQ(found.size(), 5U);
}

TEST_F(ImageLabels, NoAddressIsNoLabel) {
    EXPECT_FALSE(labels("image: a\nversion: 1\n", "").contains("org.opencontainers.image.source"));
}

TEST_F(ImageLabels, ManifestsOwnLabelsWin) {
    const auto found = labels(
        "image: a\nversion: 1\nlabels: {team: web, org.opencontainers.image.title: Mine}\n", ""
    );
    EXPECT_EQ(found.at("team"), "web");
    EXPECT_EQ(found.at("org.opencontainers.image.title"), "Mine");
}

}  // namespace
}  // namespace slipway::factory
