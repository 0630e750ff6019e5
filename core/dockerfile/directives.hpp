#pragma once

#include <expected>
#include <set>
#include <string>
#include <string_view>

namespace slipway::dockerfile {

/// The parser directives at the top of a file: `# escape=`, `# syntax=`, `# check=`. The first line
/// that is none ends them.
class Directives {
public:
    /// Takes the next line, without white space before it. The error is a directive that BuildKit
    /// refuses.
    std::expected<void, std::string> read(std::string_view line);

    [[nodiscard]] char escape() const { return escape_; }

private:
    bool done_ = false;
    char escape_ = '\\';
    std::set<std::string> seen_;
};

}  // namespace slipway::dockerfile
