#pragma once

#include "core/base/source_error.hpp"
#include "server/config/config.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::config::test {

using Variables = std::map<std::string, std::string, std::less<>>;

inline Environment environment(Variables variables = {}) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

inline ParsedConfig parse(std::string_view text, Variables variables = {}) {
    return parse_config(text, "slipway.yml", "/etc/slipway", environment(std::move(variables)));
}

/// All errors, a line each.
inline std::string errors_of(const ParsedConfig& parsed) {
    std::string text;
    for (const SourceError& error : parsed.errors) {
        text += to_string(error) + "\n";
    }
    return text;
}

inline std::string errors_of(std::string_view text, Variables variables = {}) {
    return errors_of(parse(text, std::move(variables)));
}

}  // namespace slipway::config::test
