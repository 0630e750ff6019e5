#include "core/dockerfile/directives.hpp"

#include "core/dockerfile/text.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::dockerfile {
namespace {

struct Directive {
    std::string name;
    std::string_view value;
};

constexpr std::string_view spaces = " \t\n\f\r";

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view trim_spaces(std::string_view text) {
    const auto begin = text.find_first_not_of(spaces);
    return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

/// `# name = value`; a value of nothing but spaces counts as one, for BuildKit's pattern wants at
/// least one character.
std::optional<Directive> parse(std::string_view line) {
    const auto equals = line.find('=');
    if (!line.starts_with('#') || equals == std::string_view::npos) {
        return std::nullopt;
    }
    auto name = trim_left(line.substr(1, equals - 1));
    name = name.substr(0, name.find_last_not_of(spaces) + 1);
    const auto value = line.substr(equals + 1);
    const bool is_name =
        !name.empty() && is_letter(name.front()) &&
        std::ranges::all_of(name, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
    if (!is_name || value.empty()) {
        return std::nullopt;
    }
    return Directive{.name = to_lower(name), .value = trim_spaces(value)};
}

}  // namespace

std::expected<void, std::string> Directives::read(std::string_view line) {
    if (done_) {
        return {};
    }
    const auto directive = parse(line);
    const bool known = directive && (directive->name == "escape" || directive->name == "syntax" ||
                                     directive->name == "check");
    if (!known) {
        done_ = true;
        return {};
    }
    if (!seen_.insert(directive->name).second) {
        return std::unexpected("only one " + directive->name + " parser directive can be used");
    }
    if (directive->name != "escape") {
        return {};
    }
    if (directive->value != "\\" && directive->value != "`") {
        return std::unexpected(
            "invalid escape token " + quoted(directive->value) + ": use ` or \\"
        );
    }
    escape_ = directive->value.front();
    return {};
}

}  // namespace slipway::dockerfile
