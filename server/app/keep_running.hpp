#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace slipway::app {

/// Runs one of the daemon's loops: what it throws is logged as an error with the loop's `name`, and
/// after `pause` it is begun again. Ends when the loop ends by itself, which then had nothing to
/// do, and when it is cancelled.
[[nodiscard]] boost::asio::awaitable<void> keep_running(
    std::string name,
    std::function<boost::asio::awaitable<void>()> begin,
    std::chrono::milliseconds pause = std::chrono::seconds(5)
);

}  // namespace slipway::app
