#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::registry {

/// One way of signing in that a server offers in `WWW-Authenticate` (RFC 9110 §11.6.1).
///
/// - `scheme` and the names of the parameters are in lower case.
/// - A token68 in place of parameters is left out: neither Basic nor Bearer has one.
struct Challenge {
    std::string scheme;
    std::map<std::string, std::string> parameters;

    /// Empty where it is missing.
    [[nodiscard]] std::string parameter(const std::string& name) const;

    bool operator==(const Challenge&) const = default;
};

/// The challenges of a field (several fields joined with commas), in its order. Of a broken field
/// what stands before the break.
[[nodiscard]] std::vector<Challenge> parse_challenges(std::string_view field);

/// The one to answer: `bearer` before `basic`, as Docker does; nothing where there is neither.
[[nodiscard]] std::optional<Challenge> choose_challenge(const std::vector<Challenge>& offered);

}  // namespace slipway::registry
