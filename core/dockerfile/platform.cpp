#include "core/dockerfile/platform.hpp"

#include "core/dockerfile/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {
namespace {

constexpr auto known_systems = std::to_array<std::string_view>(
    {"aix",
     "android",
     "darwin",
     "dragonfly",
     "freebsd",
     "hurd",
     "illumos",
     "ios",
     "js",
     "linux",
     "macos",
     "nacl",
     "netbsd",
     "openbsd",
     "plan9",
     "solaris",
     "windows",
     "zos"}
);

constexpr auto known_architectures = std::to_array<std::string_view>(
    {"386",         "aarch64", "amd64",   "amd64p32", "arm",     "arm64",  "arm64be",  "armbe",
     "armel",       "armhf",   "i386",    "loong64",  "mips",    "mips64", "mips64le", "mips64p32",
     "mips64p32le", "mipsle",  "ppc",     "ppc64",    "ppc64le", "riscv",  "riscv64",  "s390",
     "s390x",       "sparc",   "sparc64", "wasm",     "x86-64",  "x86_64"}
);

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool is_component(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return is_word(c) || c == '.'; });
}

/// `version[+feature]*`, with `%xx` for other characters.
bool are_options(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto after = text.substr(i + 1);
        if (c == '%') {
            if (after.size() < 2 || !is_hex(after[0]) || !is_hex(after[1])) {
                return false;
            }
        } else if (c == '+') {
            if (after.empty() || after.front() == '+') {
                return false;
            }
        } else if (!is_word(c) && c != '.') {
            return false;
        }
    }
    return true;
}

/// The name in `name[(options)]`; empty if it is none.
std::string_view system_name(std::string_view text) {
    const auto paren = text.find('(');
    const auto name = text.substr(0, paren);
    if (paren != std::string_view::npos) {
        const auto options = text.substr(paren + 1);
        if (!options.ends_with(')') || !are_options(options.substr(0, options.size() - 1))) {
            return {};
        }
    }
    return std::ranges::all_of(name, is_word) ? name : std::string_view();
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view text) {
    return std::ranges::find(names, to_lower(text)) != names.end();
}

std::vector<std::string_view> split_slashes(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto slash = text.find('/');
        parts.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(slash + 1);
    }
}

}  // namespace

bool is_platform(std::string_view text) {
    const auto parts = split_slashes(text);
    const auto system = system_name(parts.front());
    if (system.empty() || parts.size() > 3) {
        return false;
    }
    if (parts.size() == 1) {
        return contains(known_systems, system) || contains(known_architectures, text);
    }
    return std::all_of(parts.begin() + 1, parts.end(), is_component);
}

}  // namespace slipway::dockerfile
