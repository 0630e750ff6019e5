#include "core/dockerfile/lines.hpp"

#include "core/dockerfile/heredoc.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::dockerfile {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t max_line = 65535;  // BuildKit's

std::string_view without_newline(std::string_view line) {
    return line.substr(0, line.find_last_not_of("\r\n") + 1);
}

bool is_comment(std::string_view line) {
    return trim_left(line).starts_with('#');
}

}  // namespace

LineReader::LineReader(std::string_view text, Problems& problems)
    : rest_(text), problems_(problems) {
    if (rest_.starts_with(byte_order_mark)) {
        rest_.remove_prefix(byte_order_mark.size());
    }
}

std::optional<LogicalLine> LineReader::next() {
    while (const auto raw = next_physical()) {
        bool continues = false;
        auto line = start_line(*raw, continues);
        if (!line) {
            continue;
        }
        if (continues) {
            join_continuations(line->text);
        }
        return line;
    }
    return std::nullopt;
}

std::optional<std::string> LineReader::read_heredoc(const Heredoc& heredoc) {
    std::string text;
    while (const auto raw = next_physical()) {
        if (heredoc.ends_with_line(without_newline(*raw))) {
            return text;
        }
        text += *raw;
    }
    return std::nullopt;
}

/// The next line with its line end; an overlong one ends the file.
std::optional<std::string_view> LineReader::next_physical() {
    if (rest_.empty()) {
        return std::nullopt;
    }
    ++line_;
    const auto newline = rest_.find('\n');
    const auto length = newline == std::string_view::npos ? rest_.size() : newline;
    if (length > max_line) {
        problems_.add({.line = line_}, "dockerfile line greater than max allowed size of 65535");
        rest_ = {};
        return std::nullopt;
    }
    const auto raw = rest_.substr(0, newline == std::string_view::npos ? length : length + 1);
    rest_.remove_prefix(raw.size());
    return raw;
}

/// An instruction's first line; nothing for a comment, a directive or an empty line.
std::optional<LogicalLine> LineReader::start_line(std::string_view raw, bool& continues) {
    const auto full = without_newline(raw);
    auto text = trim_left(full);
    const Place place{.line = line_, .column = static_cast<int>(full.size() - text.size()) + 1};
    if (const auto directive = directives_.read(text); !directive) {
        problems_.add(place, directive.error());
    }
    if (is_comment(text)) {
        return std::nullopt;
    }
    continues = cut_continuation(text);
    if (text.empty() && !continues) {
        return std::nullopt;
    }
    return LogicalLine{.text = std::string(text), .place = place};
}

void LineReader::join_continuations(std::string& text) {
    bool continues = true;
    while (continues) {
        const auto raw = next_physical();
        if (!raw) {
            return;
        }
        auto line = without_newline(*raw);
        if (is_comment(line) || trim_left(line).empty()) {
            continue;
        }
        continues = cut_continuation(line);
        text += line;
    }
}

/// Cuts the escape character at the end, which only spaces and tabs may follow and no other escape
/// character precede.
bool LineReader::cut_continuation(std::string_view& line) const {
    const auto last = line.find_last_not_of(" \t");
    if (last == std::string_view::npos || line[last] != escape()) {
        return false;
    }
    if (last > 0 && line[last - 1] == escape()) {
        return false;
    }
    line = line.substr(0, last);
    return true;
}

}  // namespace slipway::dockerfile
