#pragma once

#include "server/config/config.hpp"
#include "server/config/reader.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace slipway::config {

// Each reads the value of a key into `target`, and leaves it as it is where the key is missing or
// its value is reported.

void read_text(Reader& reader, std::string_view key, std::string& target);
void read_truth(Reader& reader, std::string_view key, bool& target);
void read_duration(Reader& reader, std::string_view key, std::chrono::seconds& target);
void read_duration(Reader& reader, std::string_view key, std::chrono::hours& target);

/// A duration, or 0 for `never`.
void read_interval(Reader& reader, std::string_view key, std::chrono::seconds& target);

/// Bytes: `512MiB`, `2GiB`, `1000000`.
void read_size(Reader& reader, std::string_view key, std::uint64_t& target);

/// A decimal number with up to three digits after the point, times a thousand: `1.5` is 1500.
void read_thousandths(Reader& reader, std::string_view key, int& target);

/// How often a second: `200/s`, or 0 for `none`.
void read_rate(Reader& reader, std::string_view key, int& target);

/// A list of texts that are not empty.
void read_texts(Reader& reader, std::string_view key, std::vector<std::string>& target);

/// Relative to the configuration's folder.
void read_path(Reader& reader, std::string_view key, std::filesystem::path& target);

/// The same, of a file that must be there.
void read_file_path(Reader& reader, std::string_view key, std::filesystem::path& target);

/// The value of `key`, or the content of the file that `key`_file names, without one newline at its
/// end. Says whether one of them was there, be it right or wrong.
bool read_secret(Reader& reader, std::string_view key, Secret& target);

/// The secret `signing_key`, which must be one of GitLab's.
bool read_signing_key(Reader& reader, Secret& target);

/// A whole number, at least `least`.
template <class Number>
void read_number(Reader& reader, std::string_view key, Number& target, Number least) {
    const std::optional<Text> text = reader.text(key);
    if (!text) {
        return;
    }
    Number number{};
    const char* const end = text->value.data() + text->value.size();
    const auto [stop, error] = std::from_chars(text->value.data(), end, number);
    if (error != std::errc() || stop != end || number < least) {
        reader.error(
            *text, "'" + text->value + "' is no whole number from " + std::to_string(least)
        );
        return;
    }
    target = number;
}

/// One of a few words.
template <class Value, std::size_t Count>
void read_choice(
    Reader& reader,
    std::string_view key,
    Value& target,
    const std::array<std::pair<std::string_view, Value>, Count>& choices
) {
    const std::optional<Text> text = reader.text(key);
    if (!text) {
        return;
    }
    for (const auto& [word, value] : choices) {
        if (text->value == word) {
            target = value;
            return;
        }
    }
    std::string words;
    for (std::size_t i = 0; i < Count; ++i) {
        words += i == 0 ? "'" : i + 1 == Count ? " and '" : ", '";
        words.append(choices[i].first).append("'");
    }
    reader.error(*text, "'" + text->value + "' is not one of " + words);
}

/// The path that `text` means.
[[nodiscard]] std::filesystem::path resolve(const Notes& notes, std::string_view text);

}  // namespace slipway::config
