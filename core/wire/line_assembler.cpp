#include "core/wire/line_assembler.hpp"

#include "core/base/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::wire {
namespace {

constexpr std::size_t longest_line = 65'536;

/// Leaves what a terminal would show last. A `\r` at the end is kept: `\n` or a new state may
/// follow it.
void drop_overwritten(std::string& line) {
    const std::size_t end = line.find_last_not_of('\r');
    const std::size_t overwritten = end == std::string::npos ? end : line.rfind('\r', end);
    if (overwritten != std::string::npos) {
        line.erase(0, overwritten + 1);
    }
}

/// Where to cut a line that is too long: not within a character.
std::size_t cut_position(std::string_view line) {
    const auto continues = [&](std::size_t i) {
        return (static_cast<std::uint8_t>(line[i]) & 0xc0U) == 0x80U;
    };
    constexpr std::size_t longest_character = 4;
    for (std::size_t position = longest_line; position > longest_line - longest_character;
         --position) {
        if (!continues(position)) {
            return position;
        }
    }
    return longest_line;
}

void cut_long(std::string& line, std::vector<std::string>& lines) {
    std::string_view rest = line;
    while (rest.size() > longest_line) {
        const std::size_t position = cut_position(rest);
        lines.push_back(valid_utf8(rest.substr(0, position)));
        rest.remove_prefix(position);
    }
    line.erase(0, line.size() - rest.size());
}

std::string end_line(std::string line) {
    line.erase(line.find_last_not_of('\r') + 1);
    return valid_utf8(line);
}

}  // namespace

std::vector<std::string> LineAssembler::append(std::string_view bytes) {
    std::vector<std::string> lines;
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos;
         end = bytes.find('\n')) {
        pending_ += bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        drop_overwritten(pending_);
        cut_long(pending_, lines);
        lines.push_back(end_line(std::exchange(pending_, {})));
    }
    pending_ += bytes;
    drop_overwritten(pending_);
    cut_long(pending_, lines);
    return lines;
}

std::optional<std::string> LineAssembler::take_rest() {
    if (pending_.empty()) {
        return std::nullopt;
    }
    return end_line(std::exchange(pending_, {}));
}

std::vector<std::string> lines_of(std::string_view text) {
    LineAssembler assembler;
    std::vector<std::string> lines = assembler.append(text);
    if (auto rest = assembler.take_rest()) {
        lines.push_back(*std::move(rest));
    }
    if (lines.empty()) {
        lines.emplace_back();
    }
    return lines;
}

}  // namespace slipway::wire
