#include "core/dockerfile/global_args.hpp"

#include "core/dockerfile/instruction.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/shell_lex.hpp"
#include "core/dockerfile/words.hpp"

#include <algorithm>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::dockerfile {
namespace {

/// What BuildKit predefines for an engine and a target that are both linux/amd64.
Variables predefined(std::string_view target_stage) {
    Variables variables;
    for (const std::string prefix : {"BUILD", "TARGET"}) {
        variables[prefix + "PLATFORM"] = "linux/amd64";
        variables[prefix + "OS"] = "linux";
        variables[prefix + "OSVERSION"] = "";
        variables[prefix + "ARCH"] = "amd64";
        variables[prefix + "VARIANT"] = "";
    }
    variables["TARGETSTAGE"] = target_stage.empty() ? "default" : target_stage;
    return variables;
}

}  // namespace

GlobalArgs::GlobalArgs(const BuildArgs& build_args, std::string_view target_stage, char escape)
    : build_args_(build_args), options_{.escape = escape}, variables_(predefined(target_stage)) {
    for (auto& [name, value] : variables_) {
        if (const auto given = build_args.find(name); given != build_args.end()) {
            value = given->second;
        }
    }
}

void GlobalArgs::declare(const Instruction& arg, Problems& problems) {
    const auto words = quoted_words(arg.rest, options_.escape);
    if (words.empty()) {
        problems.add(arg.place, "ARG requires at least one argument");
    }
    if (std::ranges::any_of(words, [](std::string_view word) { return word.starts_with('='); })) {
        problems.add(arg.place, "ARG names can not be blank");
        return;
    }
    for (const auto& word : words) {
        if (const auto declared = declare_word(word); !declared) {
            problems.add(arg.place, declared.error());
            return;
        }
    }
}

std::expected<std::string, std::string> GlobalArgs::expand(std::string_view text) {
    auto lexed = lex(text, variables_, options_, budget_);
    if (!lexed) {
        return std::unexpected(std::move(lexed.error()));
    }
    return std::move(lexed->text);
}

std::expected<void, std::string> GlobalArgs::declare_word(std::string_view word) {
    const auto equals = word.find('=');
    const std::string name(word.substr(0, equals));
    if (const auto given = build_args_.find(name); given != build_args_.end()) {
        variables_[name] = given->second;
        return {};
    }
    if (equals == std::string_view::npos) {
        return {};  // declared without a default: it keeps the value that it has, if any
    }
    auto value = expand(word.substr(equals + 1));
    if (!value) {
        return std::unexpected(std::move(value.error()));
    }
    variables_[name] = std::move(*value);
    return {};
}

}  // namespace slipway::dockerfile
