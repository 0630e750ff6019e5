#include "server/config/durations.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace slipway::config {
namespace {

struct Unit {
    char letter;
    std::chrono::seconds length;
};

constexpr std::array units = {
    Unit{'d', std::chrono::days(1)},
    Unit{'h', std::chrono::hours(1)},
    Unit{'m', std::chrono::minutes(1)},
    Unit{'s', std::chrono::seconds(1)},
};

// A century still fits a clock that counts nanoseconds.
constexpr std::chrono::seconds longest = std::chrono::days(36500);

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    for (const Unit& unit : units) {
        if (!text.ends_with(unit.letter)) {
            continue;
        }
        std::uint32_t count = 0;
        const std::string_view digits = text.substr(0, text.size() - 1);
        const char* const end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, count);
        if (error != std::errc() || stop != end || count == 0 || count > longest / unit.length) {
            return std::nullopt;
        }
        return count * unit.length;
    }
    return std::nullopt;
}

std::string to_string(std::chrono::seconds duration) {
    for (const Unit& unit : units) {
        if (duration % unit.length == std::chrono::seconds(0)) {
            return std::to_string(duration / unit.length) + unit.letter;
        }
    }
    return {};
}

}  // namespace slipway::config
