#include "server/factory/moved_bases.hpp"

#include "server/config/config.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/factory/upkeep.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

class FindBaseUses : public testing::Test {
protected:
    FindBaseUses() {
        repository_.name = "images";
        branch_.ref = main_ref;
        entry_.ref = main_ref;
        entry_.folder = "app";
        entry_.commit = "c";
        entry_.bases = {{"python:3.10", "sha256:1"}};
    }

    BaseUses find() { return find_base_uses(repository_, {entry_}, {branch_}); }

    config::Repository repository_;
    store::Branch branch_;
    store::LedgerEntry entry_;
};

TEST_F(FindBaseUses, GathersThoseOfOneReferenceHoweverItIsWritten) {
    entry_.bases = {
        {"python", "sha256:1"},
        {"docker.io/library/python:latest", "sha256:2"},
        {"r.example/team/base:1", "sha256:3"},
    };
    const BaseUse written_in_full{main_ref, "app", "docker.io/library/python:latest", "sha256:2"};
    const BaseUse written_short{main_ref, "app", "python", "sha256:1"};
    const BaseUses expected{
        {"docker.io/library/python:latest", {written_in_full, written_short}},
        {"r.example/team/base:1", {{main_ref, "app", "r.example/team/base:1", "sha256:3"}}},
    };
    EXPECT_EQ(find(), expected);
}

TEST_F(FindBaseUses, PassesOverWhatIsNamedByItsDigest) {
    entry_.bases = {{"python:3.10@sha256:" + std::string(64, 'a'), "sha256:1"}};
    EXPECT_TRUE(find().empty());
}

TEST_F(FindBaseUses, PassesOverWhatTheBranchDoesNotHold) {
    entry_.commit = "";
    EXPECT_TRUE(find().empty()) << "nothing was pushed yet";
    entry_.commit = "c";
    entry_.removed = store::Time{};
    EXPECT_TRUE(find().empty()) << "its folder is gone";
    entry_.removed.reset();
    entry_.owed.emplace();
    EXPECT_TRUE(find().empty()) << "it is built anew anyway";
}

TEST_F(FindBaseUses, PassesOverBranchesThatAreNotPushedAnyMore) {
    branch_.closed = store::Time{};
    EXPECT_TRUE(find().empty());
    branch_.closed.reset();
    repository_.branches = {{.match = "*", .push = false}};
    EXPECT_TRUE(find().empty());
    repository_.branches = {{.match = "main", .push = true}};
    EXPECT_FALSE(find().empty());
    entry_.ref = branch_.ref = "refs/tags/v1";
    EXPECT_TRUE(find().empty());
}

TEST(MovedJson, SaysWhatMovedAndWhenThatWasSeen) {
    EXPECT_EQ(
        moved_json({main_ref, "app", "python", "sha256:1"}, "sha256:2", "2026-11-22T18:06:00.000Z"),
        R"({"reference":"python","from":"sha256:1","to":"sha256:2","seen":"2026-11-22T18:06:00.000Z"})"
    );
}

class RequestMoved : public UpkeepTest {
protected:
    void moved(const std::string& folder, const std::string& seen) {
        get(store_->owe("images", main_ref, folder, "why", R"({"seen": ")" + seen + "\"}"));
    }

    std::size_t ask() { return get(request_moved(*store_, "images")); }
};

TEST_F(RequestMoved, AsksOnceForAllThatWasSeenAtOnce) {
    pushed("app");
    pushed("base");
    EXPECT_EQ(ask(), 0U);
    moved("app", "1");
    moved("base", "1");
    EXPECT_EQ(ask(), 1U);
    const store::Build build = builds()[0];
    EXPECT_EQ(build.ref, main_ref);
    EXPECT_EQ(build.folders, (Texts{"app", "base"}));
    EXPECT_EQ(build.trigger, store::Trigger::reconcile);
    EXPECT_EQ(build.before, "");
    EXPECT_EQ(build.after, "") << "the tip";
    EXPECT_EQ(ask(), 0U);
}

TEST_F(RequestMoved, AsksAgainOnlyForWhatMovedLater) {
    pushed("app");
    pushed("base");
    moved("app", "1");
    EXPECT_EQ(ask(), 1U);
    moved("base", "2");
    EXPECT_EQ(ask(), 1U);
    EXPECT_EQ(builds()[0].folders, Texts{"base"});
}

TEST_F(RequestMoved, LeavesAnImageThatFailed) {
    request(push(std::string(40, '0'), std::string(40, 'a')));
    plan(claim(), "app");
    ASSERT_TRUE(get(store_->ledger({.owed_only = true})).at(0).owed);
    EXPECT_EQ(ask(), 0U);
}

TEST_F(RequestMoved, ReadsALedgerOfSeveralPieces) {
    for (const char* folder : {"a", "b", "c"}) {
        pushed(folder);
    }
    store::LedgerQuery query;
    query.limit = 2;
    EXPECT_EQ(get(read_ledger(*store_, query)).size(), 3U);
    query.limit = 3;
    EXPECT_EQ(get(read_ledger(*store_, query)).size(), 3U);
}

}  // namespace
}  // namespace slipway::factory
