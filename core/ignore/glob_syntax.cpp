#include "core/ignore/glob_syntax.hpp"

#include "core/ignore/runes.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

// A port of path/filepath/match.go of Go 1.26: which errors are found depends on what its matcher
// reads, and how far.

namespace slipway::ignore {
namespace {

constexpr char separator = '/';

struct Chunk {
    bool has_star = false;
    std::string_view text;
    std::string_view rest;
};

/// How a chunk met the start of a name.
struct Meeting {
    bool is_bad_pattern = false;
    bool is_match = false;
    std::string_view rest;
};

constexpr Meeting bad_pattern = {.is_bad_pattern = true, .is_match = false, .rest = {}};

Chunk first_chunk(std::string_view pattern) {
    Chunk chunk;
    while (pattern.starts_with('*')) {
        pattern.remove_prefix(1);
        chunk.has_star = true;
    }
    bool in_range = false;
    std::size_t at = 0;
    for (; at < pattern.size() && (pattern[at] != '*' || in_range); ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            ++at;
        } else if (pattern[at] == '[') {
            in_range = true;
        } else if (pattern[at] == ']') {
            in_range = false;
        }
    }
    chunk.text = pattern.substr(0, at);
    chunk.rest = pattern.substr(at);
    return chunk;
}

/// Takes one character of a class, escaped or not; something must follow it.
std::optional<char32_t> take_class_rune(std::string_view& chunk) {
    if (chunk.empty() || chunk.front() == '-' || chunk.front() == ']') {
        return std::nullopt;
    }
    if (chunk.front() == '\\') {
        chunk.remove_prefix(1);
        if (chunk.empty()) {
            return std::nullopt;
        }
    }
    const Rune rune = first_rune(chunk);
    chunk.remove_prefix(rune.size);
    if (rune.is_broken() || chunk.empty()) {
        return std::nullopt;
    }
    return rune.value;
}

/// Takes a class from behind its `[`; whether it holds `rune`, or nothing where it is malformed.
std::optional<bool> take_class(std::string_view& chunk, char32_t rune) {
    const bool is_negated = chunk.starts_with('^');
    chunk.remove_prefix(is_negated ? 1 : 0);
    bool is_held = false;
    for (bool is_first = true; is_first || !chunk.starts_with(']'); is_first = false) {
        const auto low = take_class_rune(chunk);
        if (!low) {
            return std::nullopt;
        }
        auto high = low;
        if (chunk.starts_with('-')) {
            chunk.remove_prefix(1);
            high = take_class_rune(chunk);
            if (!high) {
                return std::nullopt;
            }
        }
        is_held = is_held || (*low <= rune && rune <= *high);
    }
    chunk.remove_prefix(1);
    return is_held != is_negated;
}

char take_byte(std::string_view& text) {
    const char byte = text.front();
    text.remove_prefix(1);
    return byte;
}

/// Takes the first operation of a chunk; whether the start of `name`, which is taken too, fits it,
/// or nothing where it is malformed.
std::optional<bool> take_operation(std::string_view& chunk, std::string_view& name) {
    const Rune rune = name.empty() ? Rune{.value = 0, .size = 0} : first_rune(name);
    const char operation = take_byte(chunk);
    if (operation == '[') {
        name.remove_prefix(rune.size);
        return take_class(chunk, rune.value);
    }
    if (operation == '?') {
        const bool fits = !name.starts_with(separator);
        name.remove_prefix(rune.size);
        return fits;
    }
    if (operation == '\\' && chunk.empty()) {
        return std::nullopt;
    }
    const char literal = operation == '\\' ? take_byte(chunk) : operation;
    const bool fits = name.starts_with(literal);
    name.remove_prefix(name.empty() ? 0 : 1);
    return fits;
}

/// Reads the chunk to its end even when the name has failed: it may still be malformed.
Meeting meet(std::string_view chunk, std::string_view name) {
    bool failed = false;
    while (!chunk.empty()) {
        failed = failed || name.empty();
        const auto fits = take_operation(chunk, name);
        if (!fits) {
            return bad_pattern;
        }
        failed = failed || !*fits;
    }
    return {.is_bad_pattern = false, .is_match = !failed, .rest = name};
}

/// The last chunk of a pattern has to reach the end of the name.
bool is_whole(const Meeting& meeting, std::string_view rest_of_pattern) {
    return meeting.is_match && (meeting.rest.empty() || !rest_of_pattern.empty());
}

/// Meets `name` behind every run of characters that the star before the chunk may stand for.
Meeting meet_after_star(const Chunk& chunk, std::string_view name) {
    for (std::size_t i = 0; i < name.size() && name[i] != separator; ++i) {
        const Meeting meeting = meet(chunk.text, name.substr(i + 1));
        if (meeting.is_bad_pattern || is_whole(meeting, chunk.rest)) {
            return meeting;
        }
    }
    return {};
}

}  // namespace

bool is_valid_glob(std::string_view pattern) {
    std::string_view name = ".";
    while (!pattern.empty()) {
        const Chunk chunk = first_chunk(pattern);
        pattern = chunk.rest;
        if (chunk.has_star && chunk.text.empty()) {
            return true;
        }
        Meeting meeting = meet(chunk.text, name);
        if (chunk.has_star && !meeting.is_bad_pattern && !is_whole(meeting, pattern)) {
            meeting = meet_after_star(chunk, name);
        }
        if (meeting.is_bad_pattern || !is_whole(meeting, pattern)) {
            return !meeting.is_bad_pattern;
        }
        name = meeting.rest;
    }
    return true;
}

}  // namespace slipway::ignore
