#include "server/app/keep_running.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace slipway::app {
namespace {

using namespace std::chrono_literals;
namespace net = boost::asio;

net::awaitable<void> wait_for_ever() {
    net::steady_timer never(
        co_await net::this_coro::executor, net::steady_timer::time_point::max()
    );
    co_await never.async_wait(net::use_awaitable);
}

/// A loop that throws so many times, and then waits for ever or ends.
class KeepRunning : public testing::Test {
protected:
    net::awaitable<void> loop() {
        if (++begun_ <= throws_) {
            throw std::runtime_error("something unheard of");
        }
        if (!ends_) {
            co_await wait_for_ever();
        }
    }

    void start(std::chrono::milliseconds pause) {
        net::co_spawn(
            context_,
            keep_running(
                "the test", [this] { return loop(); }, pause
            ),
            net::bind_cancellation_slot(
                cancel_.slot(),
                [this](std::exception_ptr thrown) {
                    EXPECT_FALSE(thrown);
                    has_ended_ = true;
                }
            )
        );
    }

    /// Until that is so.
    void run_until(const std::function<bool()>& is_so) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!is_so() && context_.run_one_until(deadline) > 0) {
        }
        ASSERT_TRUE(is_so());
    }

    void cancel() {
        net::post(context_, [this] { cancel_.emit(net::cancellation_type::terminal); });
        run_until([this] { return has_ended_; });
    }

    net::io_context context_{1};
    net::cancellation_signal cancel_;
    int throws_ = 0;
    bool ends_ = false;
    int begun_ = 0;
    bool has_ended_ = false;
};

TEST_F(KeepRunning, BeginsAgainWhatThrewAndSaysWhichItWas) {
    throws_ = 2;
    testing::internal::CaptureStderr();
    start(1ms);
    run_until([this] { return begun_ == 3; });
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(log.contains("error a part of slipway ended by an exception")) << log;
    EXPECT_TRUE(log.contains("part=\"the test\" reason=\"something unheard of\"")) << log;
    EXPECT_FALSE(has_ended_);
    cancel();
    EXPECT_EQ(begun_, 3);
}

TEST_F(KeepRunning, LeavesWhatEndsByItself) {
    ends_ = true;
    start(1ms);
    run_until([this] { return has_ended_; });
    EXPECT_EQ(begun_, 1);
}

TEST_F(KeepRunning, SaysNothingOfWhatThrowsBecauseItIsCancelled) {
    start(1h);
    run_until([this] { return begun_ == 1; });
    testing::internal::CaptureStderr();
    cancel();
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(begun_, 1);
}

TEST_F(KeepRunning, IsNotBegunAgainWhereItIsCancelledInThePause) {
    throws_ = 1;
    testing::internal::CaptureStderr();
    start(1h);
    run_until([this] { return begun_ == 1; });
    cancel();
    testing::internal::GetCapturedStderr();
    EXPECT_EQ(begun_, 1);
}

}  // namespace
}  // namespace slipway::app
