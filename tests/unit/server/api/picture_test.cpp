#include "server/api/picture.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace slipway::api {
namespace {

using Ids = std::vector<BuildId>;

store::Build build(std::int64_t id, model::BuildState state, std::vector<store::Step> steps = {}) {
    store::Build build;
    build.id = BuildId{id};
    build.repository = "images";
    build.state = state;
    build.steps = std::move(steps);
    if (model::is_final(state)) {
        build.finished = store::Time{};
    }
    return build;
}

store::Step step(model::StepState state) {
    store::Step step;
    step.folder = "python";
    step.state = state;
    return step;
}

store::Delivery delivery(std::int64_t id) {
    store::Delivery delivery;
    delivery.id = DeliveryId{id};
    return delivery;
}

Picture picture(
    const store::Snapshot& snapshot,
    const std::vector<store::Delivery>& deliveries = {},
    bool up = true
) {
    const nlohmann::ordered_json repositories = nlohmann::ordered_json::array();
    const nlohmann::ordered_json engines = {{{"name", "one"}, {"up", up}}};
    return make_picture({.repositories = repositories, .engines = engines}, snapshot, deliveries);
}

/// As `build step`.
std::string kinds(const Picture& before, const Picture& after) {
    std::string text;
    for (const Event& event : differences(before.facts, after.facts)) {
        text.append(text.empty() ? "" : " ").append(to_string(event.kind));
    }
    return text;
}

TEST(Picture, OfTheSameIsTheSame) {
    store::Snapshot snapshot;
    snapshot.running = {build(1, model::BuildState::running, {step(model::StepState::ready)})};
    const Picture one = picture(snapshot);
    const Picture other = picture(snapshot);
    EXPECT_EQ(one.etag, other.etag);
    EXPECT_EQ(kinds(one, other), "");
    snapshot.owed_total = 1;
    EXPECT_NE(picture(snapshot).etag, one.etag);
    EXPECT_EQ(kinds(one, picture(snapshot)), "owed");
}

TEST(Picture, TellsOfStepsWithTheirBuild) {
    store::Snapshot before;
    before.running = {build(7, model::BuildState::running, {step(model::StepState::ready)})};
    store::Snapshot after;
    after.running = {build(7, model::BuildState::running, {step(model::StepState::building)})};
    const auto events = differences(picture(before).facts, picture(after).facts);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, EventKind::step);
    const auto data = nlohmann::json::parse(events[0].data);
    EXPECT_EQ(data["build"], 7);
    EXPECT_EQ(data["step"], 0);
    EXPECT_EQ(data["state"], "building");
}

TEST(Picture, TellsWhatIsNewInOrder) {
    store::Snapshot after;
    after.running = {build(1, model::BuildState::running, {step(model::StepState::ready)})};
    after.images = {
        {.repository = "images",
         .folder = "python",
         .image = "r/python:1",
         .build = BuildId{1},
         .digests = {},
         .error = {},
         .finished = {}}
    };
    after.owed_total = 1;
    EXPECT_EQ(
        kinds(picture({}), picture(after, {delivery(1)}, false)),
        "delivery build step image owed engine"
    );
}

TEST(Picture, TellsOfDeliveriesThatCameAndNotOfOldOnes) {
    const store::Snapshot none;
    EXPECT_EQ(
        kinds(
            picture(none, {delivery(5), delivery(4)}),
            picture(none, {delivery(6), delivery(5), delivery(3)})
        ),
        "delivery"
    );
    EXPECT_EQ(
        kinds(picture(none, {delivery(6), delivery(5)}), picture(none, {delivery(5), delivery(4)})),
        ""
    );
}

TEST(Picture, LosesBuildsThatWereOpen) {
    store::Snapshot before;
    before.running = {
        build(1, model::BuildState::running, {step(model::StepState::ready)}),
        build(2, model::BuildState::running, {step(model::StepState::ready)}),
        build(3, model::BuildState::running)
    };
    before.queued = {build(4, model::BuildState::queued), build(5, model::BuildState::queued)};
    before.finished = {build(6, model::BuildState::failed)};
    store::Snapshot after;
    after.running = {before.running[0]};
    after.finished = {
        build(2, model::BuildState::succeeded), build(5, model::BuildState::superseded)
    };
    EXPECT_EQ(
        lost_builds(picture(before).facts, picture(after).facts),
        (Ids{BuildId{2}, BuildId{3}, BuildId{4}})
    ) << "2 is there, but its steps are not; what had ended before may go";
}

TEST(Picture, TellsHowALostBuildEnded) {
    store::Snapshot before;
    before.running = {build(1, model::BuildState::running, {step(model::StepState::pushing)})};
    Picture after = picture({});
    add_build(
        after.facts, build(1, model::BuildState::succeeded, {step(model::StepState::pushed)})
    );
    EXPECT_EQ(kinds(picture(before), after), "build step");
    EXPECT_EQ(lost_builds(after.facts, picture({}).facts), Ids{});
}

}  // namespace
}  // namespace slipway::api
