#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace slipway::dockerfile {

/// What expanding one Dockerfile's variables may cost, in bytes made and pattern steps: doubling
/// `ARG`s and nested stars would otherwise need years.
struct ExpansionBudget {
    std::size_t steps = 8U << 20U;

    /// Whether `cost` was still there; takes it.
    [[nodiscard]] bool spend(std::size_t cost) {
        const bool enough = cost <= steps;
        steps -= enough ? cost : steps;
        return enough;
    }
};

enum class Match : bool { shortest, longest };

/// A value with something cut off or replaced by a shell pattern (`*`, `?`, `\` before them), or
/// what is wrong.
using Substituted = std::expected<std::string, std::string>;

/// `${name#pattern}` and `##`. Bytes are matched, not characters: what is not ASCII can't be part
/// of a reference.
[[nodiscard]] Substituted cut_prefix(
    std::string_view value, std::string_view pattern, Match match, ExpansionBudget& budget
);

/// `${name%pattern}` and `%%`.
[[nodiscard]] Substituted cut_suffix(
    std::string_view value, std::string_view pattern, Match match, ExpansionBudget& budget
);

/// `${name/pattern/replacement}`, and with `all` `${name//pattern/replacement}`.
[[nodiscard]] Substituted replace(
    std::string_view value,
    std::string_view pattern,
    std::string_view replacement,
    bool all,
    ExpansionBudget& budget
);

}  // namespace slipway::dockerfile
