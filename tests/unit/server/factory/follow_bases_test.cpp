#include "server/factory/follow_bases.hpp"

#include "server/config/config.hpp"
#include "server/registry/credentials.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/factory/upkeep.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

const std::string old_digest = "sha256:" + std::string(64, 'a');
const std::string new_digest = "sha256:" + std::string(64, 'b');

std::string holds(const std::string& digest) {
    return test::http_answer("200 OK", {"Docker-Content-Digest: " + digest});
}

/// What was pushed stands on a base in a registry that a test scripts.
class FollowBases : public UpkeepTest {
protected:
    FollowBases() {
        follow_every(6h);
        pushed("app", {{base_, old_digest}});
        pushed("web", {{base_, old_digest}, {"scratch-like:1@" + old_digest, old_digest}});
    }

    void follow_every(std::chrono::seconds interval) {
        config::Repository repository;
        repository.follow_bases = interval;
        configure(std::move(repository));
    }

    void follow(std::chrono::milliseconds after = {}) {
        clock_.advance(after);
        test::run_coroutine(context_, follower_.follow_all());
    }

    std::vector<store::LedgerEntry> owed() { return get(store_->ledger({.owed_only = true})); }

    test::ScriptedRegistry server_;
    std::string base_ = server_.address() + "/team/base:1";
    test::TempFolder docker_config_;
    registry::CredentialSource credentials_{docker_config_.path(), clock_};
    registry::RegistryClient client_{{}};
    BaseFollower follower_{
        context_.get_executor(),
        config_,
        *store_,
        credentials_,
        client_,
        blocking_,
        clock_,
        [this] { ++woken_; },
        0ms
    };
};

TEST_F(FollowBases, LeavesWhatStandsOnTheSameBase) {
    server_.on("HEAD ", {holds(old_digest)});
    follow();
    EXPECT_EQ(server_.asked(), Texts{"HEAD /v2/team/base/manifests/1"}) << "once for both";
    EXPECT_TRUE(owed().empty());
    EXPECT_EQ(woken_, 0);
}

TEST_F(FollowBases, OwesWhatStandsOnABaseThatMoved) {
    server_.on("HEAD ", {holds(new_digest)});
    follow();
    ASSERT_EQ(owed().size(), 2U);
    EXPECT_EQ(owed()[0].owed->why, "its base " + base_ + " moved");
    EXPECT_EQ(
        owed()[0].owed->moved,
        R"({"reference":")" + base_ + R"(","from":")" + old_digest + R"(","to":")" + new_digest +
            R"(","seen":"2026-11-22T18:06:00.000Z"})"
    );
    EXPECT_EQ(builds().at(0).folders, (Texts{"app", "web"}));
    EXPECT_EQ(woken_, 1);
}

TEST_F(FollowBases, DoesNotAskForABaseThatIsKnownToHaveMoved) {
    server_.on("HEAD ", {holds(new_digest)});
    follow();
    follow(7h);
    EXPECT_EQ(server_.asked().size(), 1U);
    EXPECT_EQ(woken_, 1);
}

TEST_F(FollowBases, FollowsOncePerInterval) {
    server_.on("HEAD ", {holds(old_digest)});
    follow();
    follow(5h);
    EXPECT_EQ(server_.asked().size(), 1U);
    follow(2h);
    EXPECT_EQ(server_.asked().size(), 2U);
    follow_every(1h);
    follow();
    EXPECT_EQ(server_.asked().size(), 3U) << "a changed interval counts at once";
}

TEST_F(FollowBases, FollowsNothingWhereNotAsked) {
    follow_every(0s);
    follow();
    EXPECT_TRUE(server_.asked().empty());
}

TEST_F(FollowBases, TakesABaseThatIsGoneForOneThatDidNotMove) {
    server_.on("HEAD ", {test::http_answer("404 Not Found", {})});
    follow();
    EXPECT_TRUE(owed().empty());
}

TEST_F(FollowBases, LeavesARegistryThatIsAwayAloneForAWhile) {
    pushed("other", {{server_.address() + "/team/base:2", old_digest}});
    server_.on("HEAD ", {test::http_answer("503 Service Unavailable", {}), holds(new_digest)});
    follow();
    EXPECT_EQ(server_.asked().size(), 1U) << "its other images were not asked for";
    EXPECT_TRUE(owed().empty());
    follow(30s);
    EXPECT_EQ(server_.asked().size(), 1U);
    follow(90s);
    EXPECT_EQ(server_.asked().size(), 3U) << "long before the next interval";
    EXPECT_EQ(owed().size(), 3U);
}

TEST_F(FollowBases, LeavesARegistryAloneAsLongAsItWants) {
    server_.on(
        "HEAD ",
        {test::http_answer("429 Too Many Requests", {"Retry-After: 280"}), holds(old_digest)}
    );
    follow();
    follow(270s);
    EXPECT_EQ(server_.asked().size(), 1U);
    follow(10s);
    EXPECT_EQ(server_.asked().size(), 2U);
}

TEST_F(FollowBases, AsksForTheOtherBasesWhereOneIsDenied) {
    pushed("other", {{server_.address() + "/team/base:2", old_digest}});
    server_.on("manifests/1", {test::http_answer("403 Forbidden", {})});
    server_.on("manifests/2", {holds(new_digest)});
    follow();
    ASSERT_EQ(owed().size(), 1U);
    EXPECT_EQ(owed()[0].folder, "other");
}

}  // namespace
}  // namespace slipway::factory
