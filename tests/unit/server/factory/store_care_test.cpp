#include "server/factory/store_care.hpp"

#include "core/model/build_state.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/unavailable_store.hpp"
#include "tests/unit/server/factory/upkeep.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>

namespace slipway::factory {
namespace {

using namespace std::chrono_literals;

class StoreCareTest : public UpkeepTest {
protected:
    /// A build that failed before it was planned, `name` being all that is special about it.
    void failed(const std::string& name) {
        store::NewBuild build = push(std::string(40, '0'), std::string(40, 'a'));
        build.ref = "refs/heads/" + name;
        request(build);
        get(store_->finish(worker_, claim().id, model::BuildState::failed, "no"));
    }

    void delivered() {
        store::NewDelivery delivery;
        delivery.key = "key-" + std::to_string(++deliveries_);
        delivery.repository = "images";
        delivery.reason = "it is of no interest";
        get(store_->accept(delivery));
    }

    store::Pruned prune() { return get(care_.prune()); }

    StoreCare care_{context_.get_executor(), config_, *store_, clock_};
    int deliveries_ = 0;
};

TEST_F(StoreCareTest, RemovesWhatIsOlderThanItsRetention) {
    failed("old");
    delivered();
    clock_.advance(std::chrono::days(31));
    failed("new");
    delivered();
    EXPECT_EQ(prune(), (store::Pruned{.builds = 0, .logs = 0, .deliveries = 1}));
    clock_.advance(std::chrono::days(60));
    EXPECT_EQ(prune(), (store::Pruned{.builds = 1, .logs = 0, .deliveries = 1}));
    ASSERT_EQ(builds().size(), 1U);
    EXPECT_EQ(builds()[0].ref, "refs/heads/new");
}

TEST_F(StoreCareTest, TakesTheRetentionThatIsInForce) {
    failed("old");
    clock_.advance(2h);
    EXPECT_EQ(prune(), store::Pruned{});
    config::Config config;
    config.retention.builds = 1h;
    config_.replace(config);
    EXPECT_EQ(prune().builds, 1);
}

TEST_F(StoreCareTest, GoesOnUntilNothingIsLeft) {
    for (int i = 0; i < 501; ++i) {  // more than one call removes
        delivered();
    }
    clock_.advance(std::chrono::days(31));
    EXPECT_EQ(prune().deliveries, 501);
    EXPECT_TRUE(get(store_->deliveries({})).empty());
}

/// Another process leads: nothing else of the store may be asked for.
class Follower final : public test::UnavailableStore {
public:
    Answer<bool> lead() override { co_return false; }
};

TEST_F(StoreCareTest, LeavesAllToTheLeader) {
    Follower store;
    StoreCare care(context_.get_executor(), config_, store, clock_);
    EXPECT_EQ(get(care.prune()), store::Pruned{});
}

TEST_F(StoreCareTest, PrunesAtOnceAndEndsWhenItIsCancelled) {
    failed("old");
    clock_.advance(std::chrono::days(91));
    bool ended = false;
    net::cancellation_signal stop;
    const std::uint64_t before = store_->version();
    net::co_spawn(
        context_,
        care_.run(),
        net::bind_cancellation_slot(stop.slot(), [&ended](std::exception_ptr) { ended = true; })
    );
    EXPECT_TRUE(test::run_until(context_, [&] { return store_->version() != before; }));
    stop.emit(net::cancellation_type::terminal);
    EXPECT_TRUE(test::run_until(context_, [&ended] { return ended; }));
    EXPECT_TRUE(builds().empty());
}

}  // namespace
}  // namespace slipway::factory
