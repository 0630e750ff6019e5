#include "core/ignore/ignore.hpp"

#include "core/ignore/clean_path.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/source_errors.hpp"

#include <string>
#include <string_view>

namespace slipway::fuzz {
namespace {

using ignore::ParsedIgnore;

constexpr std::string_view file = ".dockerignore";

/// A folder that a walk leaves out unread has nothing in it that it would have taken.
void check_folders(const ignore::Patterns& patterns, std::string_view path) {
    for (std::size_t end = path.find('/'); end != std::string_view::npos;
         end = path.find('/', end + 1)) {
        const std::string_view folder = path.substr(0, end);
        const bool left_out = patterns.matches(folder) && !patterns.may_reinclude_below(folder);
        require(!left_out || patterns.matches(path), "nothing is lost below a folder left out");
    }
}

/// The last pattern that matches decides.
void check_last_pattern(std::string_view text, std::string_view path) {
    const ParsedIgnore all = ignore::parse_ignore(std::string(text) + "\n**", file);
    require(all.errors.empty() && all.patterns.matches(path), "** leaves out all");
    const ParsedIgnore none = ignore::parse_ignore(std::string(text) + "\n!**", file);
    require(none.errors.empty() && !none.patterns.matches(path), "!** takes all");
}

}  // namespace

/// The first line is the path, the rest the patterns.
void check(std::string_view input) {
    const std::string path = ignore::clean_path(take_line(input));
    require(ignore::clean_path(path) == path, "a clean path stays as it is");
    const ParsedIgnore parsed = ignore::parse_ignore(input, file);
    check_errors(parsed.errors, input, file);
    require(parsed.errors.empty() || parsed.patterns.empty(), "patterns or errors");
    const bool is_inside = !path.starts_with('/') && !path.starts_with('.');
    if (!parsed.errors.empty() || !is_inside) {
        return;
    }
    require(!parsed.patterns.empty() || !parsed.patterns.matches(path), "no pattern, no match");
    check_folders(parsed.patterns, path);
    check_last_pattern(input, path);
}

}  // namespace slipway::fuzz
