#pragma once

#include "server/base/metrics.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace slipway::store {

/// Awaits a call of the store and tells for how long it was awaited: with what waited before it,
/// and the way back. `operation`: see Metrics::stored; must outlive the call.
template <class Value>
[[nodiscard]] boost::asio::awaitable<Value> timed(
    Metrics& metrics, std::string_view operation, boost::asio::awaitable<Value> call
) {
    const auto began = std::chrono::steady_clock::now();
    Value value = co_await std::move(call);
    const auto took = std::chrono::steady_clock::now() - began;
    metrics.stored(operation, std::chrono::floor<std::chrono::microseconds>(took));
    co_return value;
}

}  // namespace slipway::store
