#pragma once

#include <chrono>
#include <string>

namespace slipway {

/// Wall time, for what is stored and shown. One of the four interfaces: tests move it by hand.
/// Thread-safe.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    Clock(Clock&&) = delete;
    Clock& operator=(Clock&&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual std::chrono::sys_time<std::chrono::milliseconds> now() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] std::chrono::sys_time<std::chrono::milliseconds> now() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now()
        );
    }
};

/// `2026-11-22T18:06:00.123Z` (RFC 3339).
[[nodiscard]] std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> time);

}  // namespace slipway
