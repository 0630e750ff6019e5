#include "core/dockerfile/instruction.hpp"

#include "core/base/nearest.hpp"
#include "core/dockerfile/heredoc.hpp"
#include "core/dockerfile/lines.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/text.hpp"
#include "core/dockerfile/words.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::dockerfile {
namespace {

constexpr auto keywords = std::to_array<std::string_view>(
    {"add",
     "arg",
     "cmd",
     "copy",
     "entrypoint",
     "env",
     "expose",
     "from",
     "healthcheck",
     "label",
     "maintainer",
     "onbuild",
     "run",
     "shell",
     "stopsignal",
     "user",
     "volume",
     "workdir"}
);

using Verdict = std::expected<bool, std::string>;

/// Whether heredocs may follow; the error is a JSON array of something else than strings.
Verdict takes_heredocs(std::string_view keyword, std::string_view rest) {
    if (keyword != "run" && keyword != "copy" && keyword != "add") {
        return false;
    }
    const auto json = json_strings(rest);
    if (!json) {
        return std::unexpected(json.error());
    }
    return !json->has_value();
}

Verdict takes_heredocs(const Instruction& instruction, char escape) {
    if (instruction.keyword != "onbuild") {
        return takes_heredocs(instruction.keyword, instruction.rest);
    }
    const auto trigger = split_command(instruction.rest, escape);
    return takes_heredocs(to_lower(trigger.keyword), trigger.rest);
}

/// Reads the heredocs that `line` opens; the error is what is wrong with them.
std::expected<std::string, std::string> read_heredocs(std::string_view line, LineReader& reader) {
    const auto heredocs = heredocs_in(line);
    if (!heredocs) {
        return std::unexpected(heredocs.error());
    }
    std::string all;
    for (const auto& heredoc : *heredocs) {
        const auto text = reader.read_heredoc(heredoc);
        if (!text) {
            return std::unexpected(
                "unterminated heredoc: no line " + quoted(heredoc.name) + " follows"
            );
        }
        all += "\n" + *text + heredoc.name;
    }
    return all;
}

std::string unknown_instruction(std::string_view keyword, std::string_view lower) {
    std::string message = "unknown instruction: " + quoted(keyword);
    if (const auto known = nearest(lower, keywords)) {
        message += ", did you mean " + std::string(*known) + "?";
    }
    return message;
}

/// Nothing if the instruction is not to be read, which is reported.
std::optional<Instruction> read_instruction(
    const LogicalLine& line, LineReader& reader, Problems& problems
) {
    auto command = split_command(line.text, reader.escape());
    Instruction instruction{
        .keyword = to_lower(command.keyword),
        .flags = std::move(command.flags),
        .rest = std::string(command.rest),
        .heredocs = {},
        .place = line.place,
    };
    if (std::ranges::find(keywords, instruction.keyword) == keywords.end()) {
        problems.add(line.place, unknown_instruction(command.keyword, instruction.keyword));
        return std::nullopt;
    }
    const auto heredocs_allowed = takes_heredocs(instruction, reader.escape());
    if (!heredocs_allowed) {
        problems.add(line.place, heredocs_allowed.error());
        return std::nullopt;
    }
    if (*heredocs_allowed && line.text.contains("<<")) {
        auto heredocs = read_heredocs(line.text, reader);
        if (!heredocs) {
            problems.add(line.place, std::move(heredocs.error()));
            return std::nullopt;
        }
        instruction.heredocs = std::move(*heredocs);
    }
    return instruction;
}

}  // namespace

Instructions read_instructions(std::string_view text, Problems& problems) {
    LineReader reader(text, problems);
    Instructions result;
    while (const auto line = reader.next()) {
        if (auto instruction = read_instruction(*line, reader, problems)) {
            result.list.push_back(std::move(*instruction));
        }
    }
    result.escape = reader.escape();
    result.last_line = reader.line();
    return result;
}

}  // namespace slipway::dockerfile
