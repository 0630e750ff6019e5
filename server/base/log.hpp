#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace slipway::log {

enum class Level : std::uint8_t { debug, info, warning, error };
enum class Format : std::uint8_t { text, json };

/// A field's value is text, a number or a truth; never a secret, never a payload.
struct Field {
    std::string_view name;
    std::string value;
    bool is_text = true;  ///< a number or a truth has no quotes in JSON

    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}

    Field(std::string_view field_name, std::int64_t number)
        : name(field_name), value(std::to_string(number)), is_text(false) {}

    // Constrained, because a plain bool would take every `const char*`.
    Field(std::string_view field_name, std::same_as<bool> auto truth)
        : name(field_name), value(truth ? "true" : "false"), is_text(false) {}
};

/// Where lines go and how they look: standard error, `text` by default. Call once, before threads
/// start.
void configure(Level lowest, Format format);

/// One event, one line: `2026-11-22T18:06:00.123Z info build finished build=7 state=succeeded`, or
/// the same as one JSON object. Values that hold blanks, quotes or line ends are quoted.
/// Thread-safe.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::debug, message, fields);
}

inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::info, message, fields);
}

inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::warning, message, fields);
}

inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::error, message, fields);
}

}  // namespace slipway::log
