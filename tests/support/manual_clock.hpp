#pragma once

#include "server/base/clock.hpp"

#include <atomic>
#include <chrono>

namespace slipway::test {

/// A clock that stands still until it is moved. Thread-safe.
class ManualClock final : public Clock {
public:
    using Time = std::chrono::sys_time<std::chrono::milliseconds>;

    /// 2026-11-22T18:06:00Z, so that tests can write out what they expect.
    static constexpr Time start{std::chrono::milliseconds(1'795'370'760'000)};

    explicit ManualClock(Time now = start) : now_(now.time_since_epoch()) {}

    [[nodiscard]] Time now() const override { return Time(now_.load()); }

    void advance(std::chrono::milliseconds by) { now_.store(now_.load() + by); }

    void set(Time now) { now_.store(now.time_since_epoch()); }

private:
    std::atomic<std::chrono::milliseconds> now_;
};

}  // namespace slipway::test
