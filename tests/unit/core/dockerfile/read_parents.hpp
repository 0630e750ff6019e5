#pragma once

#include "core/base/source_error.hpp"
#include "core/dockerfile/dockerfile.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::dockerfile {

using Args = std::map<std::string, std::string>;

/// One line per parent, `kind reference [platform]`, then one per error, `! line:column message`.
inline std::string read(std::string_view text, const Args& build_args = {}) {
    const auto parsed = parse_dockerfile(text, "Dockerfile", build_args);
    std::string shown;
    for (const auto& parent : parsed.parents) {
        constexpr std::string_view kinds[] = {"from", "copy", "mount"};
        shown += std::string(kinds[static_cast<std::size_t>(parent.kind)]) + " " + parent.reference;
        shown += parent.platform.empty() ? "\n" : " " + parent.platform + "\n";
    }
    for (const auto& error : parsed.errors) {
        shown += "! " + std::to_string(error.line) + ":" + std::to_string(error.column) + " " +
                 error.message + "\n";
    }
    return shown;
}

/// The base of a file with these lines before `FROM base`.
inline std::string base(std::string_view args, std::string_view base, const Args& build_args = {}) {
    return read(std::string(args) + "\nFROM " + std::string(base) + "\n", build_args);
}

inline bool reports(std::string_view text, std::string_view message) {
    return read(text).find(message) != std::string::npos;
}

}  // namespace slipway::dockerfile
