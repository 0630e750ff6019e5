#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

struct FlagRule {
    enum class Kind : std::uint8_t { boolean, text, list };

    std::string_view name;
    Kind kind = Kind::text;
};

/// An instruction's flags by name; only a list's occurs more than once.
class Flags {
public:
    /// The error is a flag that the instruction does not have, twice what may be there once, or a
    /// missing value.
    [[nodiscard]] static std::expected<Flags, std::string> parse(
        const std::vector<std::string>& words, std::span<const FlagRule> rules
    );

    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;

    /// Empty where it is not given.
    [[nodiscard]] std::string one(std::string_view name) const;

private:
    struct Flag {
        std::string name;
        std::string value;
    };

    std::vector<Flag> flags_;
};

}  // namespace slipway::dockerfile
