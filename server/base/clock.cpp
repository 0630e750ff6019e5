#include "server/base/clock.hpp"

#include <fmt/core.h>

#include <chrono>
#include <string>

namespace slipway {

std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> time) {
    // NOLINTNEXTLINE(misc-include-cleaner): clang-tidy 19 does not know that these are in <chrono>
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count(),
        clock.subseconds().count()
    );
}

}  // namespace slipway
