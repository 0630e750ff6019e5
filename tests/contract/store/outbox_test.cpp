#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_suites.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using enum model::StepState;
using Keys = std::vector<std::string>;

constexpr Reports all{.statuses = true, .events = true};

std::vector<std::string> keys_of(const std::vector<Report>& reports) {
    Keys keys;
    for (const Report& report : reports) {
        keys.push_back(report.key);
    }
    std::ranges::sort(keys);
    return keys;
}

ReportEnd again(Time due, int attempts = 1) {
    return {.state = ReportState::due, .attempts = attempts, .error = "away", .due = due};
}

}  // namespace

TEST_P(OutboxContract, IsEmptyWhereNobodyWantsReports) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b", {0})});
    break_step(build, "a", "no");
    EXPECT_EQ(state_of(build), model::BuildState::failed);
    EXPECT_EQ(get(store_->reports({})), std::vector<Report>());
    EXPECT_EQ(get(store_->report_totals()), ReportTotals());
}

TEST_P(OutboxContract, TellsOfABuildThatWaits) {
    NewDelivery push = new_push();
    push.build->reports = all;
    const Accepted accepted = get(store_->accept(push));
    get(store_->accept(push));
    const std::vector<Report> reports = take_all();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, ReportKind::status);
    EXPECT_EQ(reports[0].repository, "images");
    EXPECT_EQ(reports[0].key, push.after + " ");
    EXPECT_EQ(reports[0].build, accepted.build);
    EXPECT_EQ(reports[0].position, -1);
    EXPECT_EQ(reports[0].created, clock_.now());
    EXPECT_EQ(get(store_->build(*accepted.build)).reports, all);
}

TEST_P(OutboxContract, TellsOfEachStepOfAPlan) {
    reported({new_step(0, "a"), new_step(1, "b", {0})});
    EXPECT_EQ(sent(), (Keys{"after ", "after a", "after b", old_tip() + " "}));
}

TEST_P(OutboxContract, TellsWhatChangesAndNothingElse) {
    const BuildId build = reported({new_step(0, "a"), new_step(1, "b")});
    sent();
    const Step a = take("a");
    EXPECT_EQ(sent(), Keys());
    move_step(build, a, {building});
    EXPECT_EQ(sent(), Keys{"after a"});
    move_step(build, a, {building, built, pushing});
    EXPECT_EQ(sent(), Keys());
    move_step(build, a, {pushed});
    EXPECT_EQ(sent(), (Keys{"after a", "image.pushed " + number(build) + " 0"}));
    push(build, "b");
    EXPECT_EQ(
        sent(),
        (Keys{
            "after ",
            "after b",
            "build.finished " + number(build),
            "image.pushed " + number(build) + " 1"
        })
    );
}

TEST_P(OutboxContract, TellsOfWhatAFailureTakesAlong) {
    const BuildId build = reported({new_step(0, "a"), new_step(1, "b", {0}), new_step(2, "c")});
    sent();
    break_step(build, "a", "exit code 2");
    EXPECT_EQ(sent(), (Keys{"after a", "after b"}));
    clock_.advance(seconds(1));
    get(store_->cancel(build, "by hand"));
    EXPECT_EQ(sent(), (Keys{"after ", "after c", "build.finished " + number(build)}));
}

TEST_P(OutboxContract, TellsOfABuildThatCantBePlanned) {
    const BuildId build = reported_request("images");
    EXPECT_EQ(claim(), build);
    sent();
    get(store_->finish(worker_, build, model::BuildState::failed, "no such commit"));
    EXPECT_EQ(sent(), (Keys{old_tip() + " ", "build.finished " + number(build)}));
}

TEST_P(OutboxContract, TellsOfWhatIsSuperseded) {
    NewDelivery first = new_push();
    NewDelivery second = new_push();
    first.build->reports = all;
    second.build->reports = all;
    const Accepted old = get(store_->accept(first));
    get(store_->accept(second));
    sent();
    ASSERT_NE(claim(), old.build);
    EXPECT_EQ(
        sent(),
        (Keys{"build.finished " + number(*old.build), first.after + " ", second.after + " "})
    );
}

TEST_P(OutboxContract, HasAStatusOfEachStepWhereTheyAreFew) {
    std::vector<Step> many;
    for (int position = 0; position <= static_cast<int>(most_step_statuses); ++position) {
        many.push_back(new_step(position, "f" + std::to_string(1000 + position)));
    }
    const BuildId build = reported(std::move(many));
    EXPECT_EQ(sent(), (Keys{"after ", old_tip() + " "}));
    push(build, "f1000");
    EXPECT_EQ(sent(), Keys{"image.pushed " + number(build) + " 0"});
    break_step(build, "f1001", "no");
    EXPECT_EQ(sent(), Keys{"after f1001"});
}

TEST_P(OutboxContract, TheNewestBuildOfACommitCounts) {
    const BuildId first = reported({new_step(0, "a")});
    const Step a = take("a");
    move_step(first, a, {building, built, pushing, pushed});
    const BuildId second = reported({new_step(0, "a")});
    for (const Report& report : take_all()) {
        if (report.kind == ReportKind::status) {
            EXPECT_EQ(report.build, second) << report.key;
        }
    }
}

TEST_P(OutboxContract, WhatIsClaimedIsOnesOwnUntilItsLeaseEnds) {
    reported_request("images");
    const Report first = take_all().at(0);
    EXPECT_EQ(take_all(), std::vector<Report>());
    clock_.advance(report_lease);
    const Report second = take_all().at(0);
    EXPECT_EQ(second.id, first.id);
    EXPECT_GT(second.claim, first.claim);
    EXPECT_EQ(code_of(store_->settle_report(first, {})), ErrorCode::conflict);
    get(store_->settle_report(second, {}));
    clock_.advance(report_lease);
    EXPECT_EQ(take_all(), std::vector<Report>());
}

TEST_P(OutboxContract, IsTriedAgainWhenItIsTime) {
    reported_request("images");
    get(store_->settle_report(take_all().at(0), again(clock_.now() + seconds(5))));
    EXPECT_EQ(take_all(), std::vector<Report>());
    clock_.advance(seconds(5));
    const Report report = take_all().at(0);
    EXPECT_EQ(report.attempts, 1);
    EXPECT_EQ(report.error, "away");
}

TEST_P(OutboxContract, NewsKeepItDueAndTakeTheirTime) {
    const BuildId build = reported_request("images");
    const Report old = take_all().at(0);
    EXPECT_EQ(claim(), build);  // it runs by now
    get(store_->settle_report(old, {.state = ReportState::sent}));
    const Report news = take_all().at(0);
    EXPECT_EQ(news.revision, old.revision + 1);
    get(store_->settle_report(news, again(clock_.now() + minutes(1))));
    get(store_->finish(worker_, build, model::BuildState::failed, "no"));
    EXPECT_EQ(sent(), Keys{"build.finished " + number(build)});
    clock_.advance(minutes(1));
    const Report last = take_all().at(0);
    EXPECT_EQ(last.key, old.key);
    EXPECT_EQ(last.attempts, 0);
}

TEST_P(OutboxContract, WhatIsGivenUpIsShown) {
    reported_request("images");
    get(store_->settle_report(
        take_all().at(0), {.state = ReportState::dead, .attempts = 3, .error = "denied"}
    ));
    clock_.advance(minutes(60));
    EXPECT_EQ(take_all(), std::vector<Report>());
    const std::vector<Report> dead = get(store_->reports({.state = ReportState::dead}));
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].error, "denied");
    EXPECT_EQ(dead[0].attempts, 3);
    EXPECT_EQ(get(store_->reports({.repository = "other"})), std::vector<Report>());
    EXPECT_EQ(get(store_->report_totals()), (ReportTotals{.due = 0, .dead = 1}));
}

TEST_P(OutboxContract, WritesWhatFollowsOnce) {
    NewDelivery delivery = new_push();
    delivery.build.reset();
    delivery.report = NewReport{ReportKind::merge_plan, "images", "7", "first"};
    get(store_->accept(delivery));
    const Report plan = take_all().at(0);
    EXPECT_EQ(plan.body, "first");
    EXPECT_EQ(plan.build, BuildId{});
    ReportEnd end;
    end.more = {{ReportKind::notification, "images", "to x", "1"}};
    get(store_->settle_report(plan, end));
    EXPECT_EQ(keys_of(take_all()), Keys{"to x"});
    delivery = new_push();
    delivery.build.reset();
    delivery.report = NewReport{ReportKind::merge_plan, "images", "7", "second"};
    get(store_->accept(delivery));
    const Report newer = take_all().at(0);
    EXPECT_EQ(newer.id, plan.id);
    EXPECT_EQ(newer.body, "second");
    end.more[0].body = "2";
    get(store_->settle_report(newer, end));
    EXPECT_EQ(get(store_->reports({.limit = 1})).at(0).body, "1");
}

TEST_P(OutboxContract, APlanOfAMergeHasLonger) {
    NewDelivery delivery = new_push();
    delivery.build.reset();
    delivery.report = NewReport{ReportKind::merge_plan, "images", "7", ""};
    get(store_->accept(delivery));
    EXPECT_EQ(take_all().size(), 1U);
    clock_.advance(report_lease);
    EXPECT_EQ(take_all().size(), 0U);
    clock_.advance(merge_plan_lease - report_lease);
    EXPECT_EQ(take_all().size(), 1U);
}

TEST_P(OutboxContract, WhoBeginsAnewHasItAtOnceButForWhatMayBeOnItsWayToGitLab) {
    const BuildId build = reported_request("images");
    EXPECT_EQ(claim(), build);
    get(store_->finish(worker_, build, model::BuildState::failed, "no"));
    EXPECT_EQ(take_all().size(), 2U);
    reopen();
    EXPECT_EQ(take_all().size(), 0U);
    get(store_->free_reports("here"));
    EXPECT_EQ(keys_of(take_all()), Keys{"build.finished " + number(build)});
    clock_.advance(interrupted_wait);
    EXPECT_EQ(keys_of(take_all()), Keys{old_tip() + " "});
}

TEST_P(OutboxContract, NewsDoNotOvertakeWhatMayBeOnItsWay) {
    const BuildId build = reported_request("images");
    EXPECT_EQ(take_all().size(), 1U);
    get(store_->free_reports("here"));
    EXPECT_EQ(claim(), build);  // it runs by now
    EXPECT_EQ(take_all().size(), 0U);
    clock_.advance(interrupted_wait);
    EXPECT_EQ(take_all().size(), 1U);
}

TEST_P(OutboxContract, OldOnesAreRemoved) {
    reported_request("images");
    reported_request("other");
    get(store_->settle_report(get(store_->claim_reports("here", 1)).at(0), {}));
    clock_.advance(minutes(1));
    Keep keep;
    keep.reports_from = clock_.now();
    EXPECT_EQ(get(store_->prune(keep)).reports, 1);
    EXPECT_EQ(get(store_->prune(keep)).reports, 0);
    EXPECT_EQ(get(store_->report_totals()).due, 1);
}

TEST_P(OutboxContract, SaysSinceWhenItWaits) {
    reported_request("images");
    const Time since = clock_.now();
    clock_.advance(minutes(1));
    reported_request("other");
    EXPECT_EQ(
        get(store_->report_totals()), (ReportTotals{.due = 2, .dead = 0, .oldest_due = since})
    );
}

}  // namespace slipway::store
