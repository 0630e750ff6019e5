#include "server/base/log.hpp"

#include "core/base/utf8.hpp"
#include "server/base/clock.hpp"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <string>
#include <string_view>

namespace slipway::log {
namespace {

/// spdlog brings the lock, the order of lines and what happens when standard error is gone; lines
/// are ours.
struct Output {
    spdlog::logger logger{"slipway", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
    Format format = Format::text;

    Output() {
        logger.set_pattern("%v");
        logger.set_level(spdlog::level::info);
    }
};

Output& output() {
    static Output instance;
    return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            break;
    }
    return spdlog::level::err;
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            break;
    }
    return "error";
}

/// As a JSON string: on one line whatever it holds, invalid UTF-8 replaced.
std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_on_one_line(std::string_view text) {
    const bool has_control =
        std::ranges::any_of(text, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
    return !has_control && valid_utf8(text) == text;
}

std::string text_value(const Field& field) {
    const bool is_word = !field.value.empty() && is_on_one_line(field.value) &&
                         field.value.find_first_of(" \"=\\") == std::string::npos;
    return is_word ? field.value : json_text(field.value);
}

using Fields = std::initializer_list<Field>;

std::string as_text(std::string_view time, Level level, std::string_view message, Fields fields) {
    std::string line(time);
    line += " ";
    line += name_of(level);
    line += " ";
    line += is_on_one_line(message) ? std::string(message) : json_text(message);
    for (const Field& field : fields) {
        line += " " + std::string(field.name) + "=" + text_value(field);
    }
    return line;
}

std::string as_json(std::string_view time, Level level, std::string_view message, Fields fields) {
    std::string line = R"({"ts":)" + json_text(time);
    line += R"(,"level":)" + json_text(name_of(level));
    line += R"(,"msg":)" + json_text(message);
    for (const Field& field : fields) {
        line += "," + json_text(field.name) + ":";
        line += field.is_text ? json_text(field.value) : field.value;
    }
    return line + "}";
}

}  // namespace

void configure(Level lowest, Format format) {
    output().logger.set_level(to_spdlog(lowest));
    output().format = format;
}

void write(Level level, std::string_view message, Fields fields) {
    Output& out = output();
    if (!out.logger.should_log(to_spdlog(level))) {
        return;
    }
    const std::string time = rfc3339(SystemClock().now());
    const std::string line = out.format == Format::json ? as_json(time, level, message, fields)
                                                        : as_text(time, level, message, fields);
    out.logger.log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace slipway::log
