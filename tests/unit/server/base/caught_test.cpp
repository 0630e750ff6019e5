#include "server/base/caught.hpp"

#include "core/base/result.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace slipway {
namespace {

namespace net = boost::asio;

template <class Thrown>
net::awaitable<Result<int>> throwing(Thrown thrown) {
    throw thrown;
    co_return 0;
}

template <class Thrown>
Error error_of_work(const Thrown& thrown) {
    return test::run_coroutine(caught(throwing(thrown))).error();
}

net::awaitable<Result<int>> returning(Result<int> result) {
    co_return result;
}

TEST(Caught, LeavesWhatIsReturned) {
    EXPECT_EQ(test::run_coroutine(caught(returning(7))).value(), 7);
    const Result<int> refused = fail(ErrorCode::denied, "no");
    EXPECT_EQ(test::run_coroutine(caught(returning(refused))).error().code, ErrorCode::denied);
}

TEST(Caught, MakesAnErrorOfWhatIsThrown) {
    const Error error = error_of_work(std::runtime_error("something unheard of"));
    EXPECT_EQ(error.code, ErrorCode::internal);
    EXPECT_EQ(error.message, "something unheard of");
}

TEST(Caught, ALackOfMemoryMayPass) {
    const Error error = error_of_work(std::bad_alloc());
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.contains("memory; give slipway more"));
}

TEST(Caught, ALackOfThreadsMemoryOrFilesMayPass) {
    for (const auto lack :
         {std::errc::resource_unavailable_try_again,
          std::errc::not_enough_memory,
          std::errc::too_many_files_open}) {
        const std::error_code code = std::make_error_code(lack);
        const Error error = error_of_work(std::system_error(code, "thread"));
        EXPECT_EQ(error.code, ErrorCode::unavailable) << code.message();
        EXPECT_TRUE(error.message.starts_with("thread: " + code.message())) << error.message;
        EXPECT_TRUE(error.message.contains("let fewer builds run"));

        const boost::system::error_code of_asio(code.value(), boost::system::system_category());
        EXPECT_EQ(error_of_work(boost::system::system_error(of_asio)).code, ErrorCode::unavailable);
    }
}

TEST(Caught, OtherCodesOfTheSystemDoNotPass) {
    const std::error_code code = std::make_error_code(std::errc::permission_denied);
    EXPECT_EQ(error_of_work(std::system_error(code)).code, ErrorCode::internal);
}

net::awaitable<Result<int>> waiting() {
    net::steady_timer never(
        co_await net::this_coro::executor, net::steady_timer::time_point::max()
    );
    co_await never.async_wait(net::use_awaitable);
    co_return 0;
}

TEST(Caught, WhatWasCancelledIsNoFailure) {
    net::io_context context;
    net::cancellation_signal cancel;
    std::optional<ErrorCode> code;
    net::co_spawn(
        context,
        caught(waiting()),
        net::bind_cancellation_slot(
            cancel.slot(),
            [&code](std::exception_ptr, const Result<int>& result) { code = result.error().code; }
        )
    );
    net::post(context, [&cancel] { cancel.emit(net::cancellation_type::terminal); });
    context.run();
    EXPECT_EQ(code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace slipway
