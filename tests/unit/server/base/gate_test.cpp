#include "server/base/gate.hpp"

#include "core/base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace slipway {
namespace {

namespace net = boost::asio;

/// Visitors that stay inside until they are told to go.
class GateTest : public testing::Test {
protected:
    /// One that is let in says so and keeps its pass.
    net::awaitable<void> visit(int number) {
        auto pass = co_await Gate::enter(gate_);
        if (!pass) {
            refused_.push_back(number);
            EXPECT_EQ(pass.error().code, ErrorCode::cancelled);
            co_return;
        }
        entered_.push_back(number);
        inside_.emplace(*std::move(pass));
    }

    /// The same, but it throws at the next thing that it waits for, as what was cancelled does.
    net::awaitable<void> visit_and_go_on(int number) {
        const auto pass = co_await Gate::enter(gate_);
        (pass ? entered_ : refused_).push_back(number);
        co_await net::post(net::use_awaitable);
        went_on_ = true;
    }

    void start(net::awaitable<void> visit, net::cancellation_signal* cancel = nullptr) {
        const auto slot = cancel == nullptr ? net::cancellation_slot() : cancel->slot();
        net::co_spawn(
            context_, std::move(visit), net::bind_cancellation_slot(slot, [](std::exception_ptr) {})
        );
        settle();
    }

    void settle() {
        context_.restart();
        context_.poll();
    }

    void let_go() {
        inside_.reset();
        settle();
    }

    net::io_context context_{1};
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>(context_.get_executor());
    std::optional<Gate::Pass> inside_;
    std::vector<int> entered_;
    std::vector<int> refused_;
    bool went_on_ = false;
};

TEST_F(GateTest, LetsOneInAtATimeInTheirOrder) {
    for (const int number : {1, 2, 3}) {
        start(visit(number));
    }
    EXPECT_EQ(entered_, std::vector{1});
    let_go();
    EXPECT_EQ(entered_, (std::vector{1, 2}));
    let_go();
    EXPECT_EQ(entered_, (std::vector{1, 2, 3}));
    let_go();
    start(visit(4));
    EXPECT_EQ(entered_, (std::vector{1, 2, 3, 4}));
}

TEST_F(GateTest, WhoIsCancelledWaitsNoMoreAndIsPassedOver) {
    net::cancellation_signal cancel;
    start(visit(1));
    start(visit(2), &cancel);
    start(visit(3));
    cancel.emit(net::cancellation_type::terminal);
    settle();
    EXPECT_EQ(refused_, std::vector{2});
    let_go();
    EXPECT_EQ(entered_, (std::vector{1, 3}));
}

TEST_F(GateTest, WhoIsCancelledJustWhenLetInLetsTheNextIn) {
    net::cancellation_signal cancel;
    start(visit(1));
    start(visit_and_go_on(2), &cancel);
    start(visit(3));
    // In the context's own thread, or the cancellation would come later than the turn.
    net::post(context_, [&] {
        inside_.reset();
        cancel.emit(net::cancellation_type::terminal);
    });
    settle();
    EXPECT_EQ(entered_, (std::vector{1, 2, 3}));
    EXPECT_FALSE(went_on_);
}

}  // namespace
}  // namespace slipway
