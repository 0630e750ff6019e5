#include "server/config/values.hpp"

#include "server/config/config.hpp"
#include "server/config/durations.hpp"
#include "server/config/reader.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace slipway::config {
namespace {

constexpr std::string_view redacted = "<redacted>";

std::optional<std::chrono::seconds> duration_of(Reader& reader, std::string_view key) {
    const std::optional<Text> text = reader.text(key);
    if (!text) {
        return std::nullopt;
    }
    const auto duration = parse_duration(text->value);
    if (!duration) {
        reader.error(*text, "'" + text->value + "' is no duration; write 30s, 5m, 12h or 90d");
    }
    return duration;
}

void check_readable(Reader& reader, const Text& where, const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored) || !std::ifstream(file)) {
        reader.error(where, "file '" + file.string() + "' is missing or not readable for slipway");
    }
}

std::optional<std::string> content_of(Reader& reader, const Text& name) {
    const std::filesystem::path file = resolve(reader.notes(), name.value);
    std::error_code ignored;
    std::ifstream stream(file, std::ios::binary);
    if (std::filesystem::is_directory(file, ignored) || !stream) {
        reader.error(
            name, "secrets file '" + file.string() + "' is missing or not readable for slipway"
        );
        return std::nullopt;
    }
    std::string content{std::istreambuf_iterator<char>(stream), {}};
    if (content.ends_with('\n')) {
        content.pop_back();
    }
    if (content.empty()) {
        reader.error(name, "secrets file '" + file.string() + "' is empty");
        return std::nullopt;
    }
    return content;
}

}  // namespace

std::filesystem::path resolve(const Notes& notes, std::string_view text) {
    return (notes.folder / text).lexically_normal();
}

void read_text(Reader& reader, std::string_view key, std::string& target) {
    if (auto text = reader.text(key)) {
        target = std::move(text->value);
    }
}

void read_truth(Reader& reader, std::string_view key, bool& target) {
    constexpr std::array choices = {
        std::pair<std::string_view, bool>("true", true),
        std::pair<std::string_view, bool>("false", false)
    };
    read_choice(reader, key, target, choices);
}

void read_duration(Reader& reader, std::string_view key, std::chrono::seconds& target) {
    target = duration_of(reader, key).value_or(target);
}

void read_duration(Reader& reader, std::string_view key, std::chrono::hours& target) {
    const auto duration = duration_of(reader, key);
    if (!duration) {
        return;
    }
    if (*duration % std::chrono::hours(1) != std::chrono::seconds(0)) {
        // The place was found a moment ago; asking again finds it again.
        reader.error(
            reader.text(key).value_or(Text{}),
            "'" + to_string(*duration) + "' is not made of whole hours"
        );
        return;
    }
    target = std::chrono::duration_cast<std::chrono::hours>(*duration);
}

void read_interval(Reader& reader, std::string_view key, std::chrono::seconds& target) {
    if (const auto text = reader.text(key); text && text->value == "never") {
        target = std::chrono::seconds(0);
    } else {
        read_duration(reader, key, target);
    }
}

void read_rate(Reader& reader, std::string_view key, int& target) {
    const std::optional<Text> text = reader.text(key);
    if (!text) {
        return;
    }
    if (text->value == "none") {
        target = 0;
        return;
    }
    int number = 0;
    const char* const end = text->value.data() + text->value.size();
    const auto [stop, error] = std::from_chars(text->value.data(), end, number);
    if (error != std::errc() || std::string_view(stop, end) != "/s" || number < 1) {
        reader.error(*text, "'" + text->value + "' is no rate; write 200/s, or none");
        return;
    }
    target = number;
}

void read_size(Reader& reader, std::string_view key, std::uint64_t& target) {
    const std::optional<Text> text = reader.text(key);
    if (!text) {
        return;
    }
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> units = {{
        {"", 1},
        {"KiB", std::uint64_t{1} << 10U},
        {"MiB", std::uint64_t{1} << 20U},
        {"GiB", std::uint64_t{1} << 30U},
        {"TiB", std::uint64_t{1} << 40U},
    }};
    std::uint64_t number = 0;
    const char* const end = text->value.data() + text->value.size();
    const auto [stop, error] = std::from_chars(text->value.data(), end, number);
    for (const auto& [unit, bytes] : units) {
        if (error == std::errc() && std::string_view(stop, end) == unit &&
            number <= std::numeric_limits<std::int64_t>::max() / bytes) {
            target = number * bytes;
            return;
        }
    }
    reader.error(
        *text, "'" + text->value + "' is no size; write 512MiB, 2GiB or a number of bytes"
    );
}

void read_thousandths(Reader& reader, std::string_view key, int& target) {
    const std::optional<Text> text = reader.text(key);
    if (!text) {
        return;
    }
    constexpr double most = 1024;
    double number = 0;
    const char* const end = text->value.data() + text->value.size();
    const auto [stop, error] = std::from_chars(text->value.data(), end, number);
    const double thousandths = std::round(number * 1000);
    if (error != std::errc() || stop != end || !(number > 0) || number > most || thousandths < 1) {
        reader.error(*text, "'" + text->value + "' is no number of processors; write 2 or 1.5");
        return;
    }
    target = static_cast<int>(thousandths);
}

void read_texts(Reader& reader, std::string_view key, std::vector<std::string>& target) {
    for (const Text& text : reader.texts(key).value_or(std::vector<Text>{})) {
        if (text.value.empty()) {
            reader.error(text, "an entry of '" + std::string(key) + "' is empty");
        } else {
            target.push_back(text.value);
        }
    }
}

void read_path(Reader& reader, std::string_view key, std::filesystem::path& target) {
    if (const auto text = reader.text(key); text && !text->value.empty()) {
        target = resolve(reader.notes(), text->value);
    }
}

void read_file_path(Reader& reader, std::string_view key, std::filesystem::path& target) {
    if (const auto text = reader.text(key); text && !text->value.empty()) {
        target = resolve(reader.notes(), text->value);
        check_readable(reader, *text, target);
    }
}

bool read_secret(Reader& reader, std::string_view key, Secret& target) {
    const std::string file_key = std::string(key) + "_file";
    const auto direct = reader.text(key);
    const auto file = reader.text(file_key);
    if (direct && file) {
        reader.error(*file, "give '" + std::string(key) + "' or '" + file_key + "', not both");
        return true;
    }
    if (!direct && !file) {
        return false;
    }
    const std::optional<std::string> value = direct ? direct->value : content_of(reader, *file);
    if (value && (value->empty() || *value == redacted)) {
        // What `--check` prints must not become a password that everybody knows.
        reader.error(
            direct ? *direct : *file, "'" + std::string(key) + "' must be the secret itself"
        );
    } else if (value) {
        target = Secret(*value);
    }
    return true;
}

bool read_signing_key(Reader& reader, Secret& target) {
    constexpr std::string_view key = "signing_key";
    const bool is_there = read_secret(reader, key, target);
    if (!target.empty() && !target.reveal().starts_with("whsec_")) {
        const auto direct = reader.text(key);
        const auto where = direct ? direct : reader.text("signing_key_file");
        reader.error(
            where.value_or(Text{}),
            "a signing_key starts with 'whsec_'; GitLab shows it when it is made"
        );
        target = Secret();
    }
    return is_there;
}

}  // namespace slipway::config
