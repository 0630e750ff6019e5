#include "server/factory/bases.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/work.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using Texts = std::vector<std::string>;

const std::string digest = "sha256:" + std::string(64, 'b');
const std::string other_digest = "sha256:" + std::string(64, 'c');

/// External bases whose registry a test scripts.
class BasesTest : public WorkshopTest {
protected:
    std::string found() const {
        return test::http_answer("200 OK", {"Docker-Content-Digest: " + digest});
    }

    /// Puts the parents of `other`, whose FROM is changed to the scripted registry, into engine_.
    Result<void> provide(const std::string& platform = "") { return provide(parents_, platform); }

    Result<void> provide(Parents& parents, const std::string& platform = "") {
        catalog::Image image = source().catalog.image(*source().catalog.find("other"));
        image.parents[0].reference = server_.address() + "/python:3";
        image.parent_refs[0] = image.parents[0].reference;
        image.manifest->platform = platform;
        Workshop shop = workshop();
        shop.registries = &client_;
        shop.pin_base = pin_base_;
        return test::run_coroutine(context_, provide_in(shop, parents, image));
    }

    net::awaitable<Result<void>> provide_in(
        Workshop& shop, Parents& parents, const catalog::Image& image, bool is_pushed = true
    ) {
        const Wish any;
        auto lease = co_await engines_.acquire(any);
        const engine::LogSink log = [this](const wire::LogLine& line) {
            log_.push_back(line.text);
        };
        co_return co_await parents.provide(shop, lease->seat(), image, is_pushed, log);
    }

    std::string named() const { return server_.address() + "/python:3"; }

    std::string pinned(const std::string& to = digest) const {
        return server_.address() + "/python@" + to;
    }

    /// Whoever asks is told that the build has this one.
    void pin_all_to(Result<std::string> answer) {
        pin_base_ = [this, answer](
                        std::string reference, std::string proposed
                    ) -> net::awaitable<Result<std::string>> {
            proposed_.push_back(reference + " " + proposed);
            co_return answer;
        };
    }

    test::ScriptedRegistry server_;
    registry::RegistryClient client_{{}};
    decltype(Workshop::pin_base) pin_base_;
    Texts proposed_;
    std::vector<store::Step> steps_;
    Bases bases_{context_.get_executor()};
    Parents parents_{bases_, source(), steps_};
    Texts log_;
};

TEST_F(BasesTest, ArePulledByTheDigestThatTheirNameHas) {
    server_.on("HEAD ", {found()});
    ASSERT_TRUE(provide());
    EXPECT_EQ(
        engine_.calls(),
        (Texts{"inspect " + pinned(), "pull " + pinned(), "tag " + pinned() + " " + named()})
    );
    EXPECT_EQ(log_.at(0), named() + " is " + digest);
}

TEST_F(BasesTest, ThatTheEngineHasAreOnlyNamed) {
    server_.on("HEAD ", {found()});
    engine_.give(pinned(), "sha256:there");
    ASSERT_TRUE(provide());
    EXPECT_TRUE(engine_.calls("pull").empty());
    EXPECT_EQ(engine_.calls("tag"), Texts{"tag " + pinned() + " " + named()});
}

TEST_F(BasesTest, OfAnotherPlatformArePulledEvenSo) {
    server_.on("HEAD ", {found()});
    engine_.give(pinned(), "sha256:there");
    ASSERT_TRUE(provide("linux/arm64"));
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull " + pinned() + " for linux/arm64"});
}

TEST_F(BasesTest, AreTheSameForTheWholeBuild) {
    server_.on("HEAD ", {found()});
    ASSERT_TRUE(provide());
    ASSERT_TRUE(provide());
    EXPECT_EQ(engine_.calls("pull").size(), 1U);
    EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(BasesTest, AreTheSameForAllStepsOfABuild) {
    server_.on("HEAD ", {found(), test::http_answer("404 Not Found", {})});
    Parents others(bases_, source(), steps_);
    ASSERT_TRUE(provide());
    ASSERT_TRUE(provide(others));
    EXPECT_EQ(server_.requests().size(), 1U);
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull " + pinned()});
}

TEST_F(BasesTest, ThatAnotherProcessHasPinnedAreNotAskedFor) {
    bases_.pin({{named(), other_digest}});
    ASSERT_TRUE(provide());
    EXPECT_TRUE(server_.requests().empty());
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull " + pinned(other_digest)});
}

TEST_F(BasesTest, ThatWereAskedForDoNotChangeByALaterPin) {
    server_.on("HEAD ", {found()});
    ASSERT_TRUE(provide());
    bases_.pin({{named(), other_digest}});
    ASSERT_TRUE(provide());
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull " + pinned()});
}

TEST_F(BasesTest, AreWhatTheStoreSaysThatTheBuildHas) {
    server_.on("HEAD ", {found()});
    pin_all_to(other_digest);
    ASSERT_TRUE(provide());
    ASSERT_TRUE(provide());
    EXPECT_EQ(proposed_, Texts{named() + " " + digest});
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull " + pinned(other_digest)});
    EXPECT_EQ(log_.at(0), named() + " is " + other_digest);
}

TEST_F(BasesTest, AreWhatWasFoundWhereTheStoreDoesNotAnswer) {
    server_.on("HEAD ", {found()});
    pin_all_to(fail(ErrorCode::unavailable, "the disk is full"));
    ASSERT_TRUE(provide());
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull " + pinned()});
}

TEST_F(BasesTest, WhosePullFailedArePulledByTheNextAttempt) {
    server_.on("HEAD ", {found()});
    engine_.fail_next("pull", ErrorCode::unavailable);
    EXPECT_FALSE(provide());
    EXPECT_TRUE(provide());
    EXPECT_EQ(engine_.calls("pull").size(), 2U);
}

TEST_F(BasesTest, InWhosePullSomethingThrewArePulledByTheNextAttempt) {
    server_.on("HEAD ", {found()});
    engine_.throw_next("pull", std::bad_alloc());
    EXPECT_FALSE(provide());
    EXPECT_TRUE(provide());
    EXPECT_EQ(engine_.calls("pull").size(), 2U);
}

TEST_F(BasesTest, WhoseRegistryCanNotBeAskedArePulledByName) {
    server_.on("HEAD ", {test::http_answer("500 Internal Server Error", {})});
    ASSERT_TRUE(provide());
    EXPECT_EQ(engine_.calls(), Texts{"pull " + named()});
    EXPECT_TRUE(log_.at(0).contains("is unknown"));
}

/// An image of the repository that is built on another one, which is no step of the build.
class ParentOfTheBranch : public BasesTest {
protected:
    Result<void> provide_app(store::LedgerEntry entry, bool is_pushed = true) {
        Workshop shop = workshop();
        shop.find_pushed = [this, entry = std::move(entry)](std::string folder
                           ) -> net::awaitable<std::optional<store::LedgerEntry>> {
            asked_.push_back(folder);
            co_return entry;
        };
        const catalog::Image app = source().catalog.image(*source().catalog.find("app"));
        return test::run_coroutine(context_, provide_in(shop, parents_, app, is_pushed));
    }

    Texts asked_;
};

TEST_F(ParentOfTheBranch, IsWhatTheBranchHasPushedUnderWhicheverTag) {
    store::LedgerEntry entry;
    entry.digests = {{"r.example/base:1-main", digest}};
    ASSERT_TRUE(provide_app(entry));
    EXPECT_EQ(asked_, Texts{"base"});
    const std::string pushed = "r.example/base@" + digest;
    EXPECT_EQ(
        engine_.calls(),
        (Texts{"inspect " + pushed, "pull " + pushed, "tag " + pushed + " r.example/base:1"})
    );
}

TEST_F(ParentOfTheBranch, ThatWasPushedElsewhereIsHadByItsName) {
    store::LedgerEntry entry;
    entry.digests = {{"other.example/base:1", digest}};
    ASSERT_TRUE(provide_app(entry));
    EXPECT_EQ(engine_.calls("pull"), Texts{"pull r.example/base:1"});
}

TEST_F(ParentOfTheBranch, IsNoCopyOfAnyBranchWhereItsRegistryIsAway) {
    engine_.give("r.example/base:1", "sha256:of any branch");
    engine_.fail_next("pull", ErrorCode::unavailable);
    const Result<void> had = provide_app({});
    ASSERT_FALSE(had);
    EXPECT_EQ(had.error().code, ErrorCode::unavailable);
    EXPECT_EQ(had.error().message, "pulling r.example/base:1, the image of base: scripted");
}

TEST_F(ParentOfTheBranch, ThatNoRegistryHasIsToBeRebuilt) {
    engine_.fail_next("pull", ErrorCode::not_found);
    EXPECT_EQ(
        provide_app({}).error().message,
        "pulling r.example/base:1, the image of base: scripted; rebuild base to have it pushed"
    );
}

TEST_F(ParentOfTheBranch, IsTheEnginesCopyForAnImageThatIsNotPushed) {
    engine_.give("r.example/base:1", "sha256:built here");
    engine_.fail_next("pull", ErrorCode::unavailable);
    EXPECT_TRUE(provide_app({}, false));
    EXPECT_TRUE(log_.at(1).contains("using the engine's own copy"));
}

}  // namespace
}  // namespace slipway::factory
