#include "core/dockerfile/flags.hpp"

#include "core/dockerfile/text.hpp"

#include <algorithm>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::dockerfile {
namespace {

/// What is wrong with a flag's value; empty if nothing.
std::string value_fault(const FlagRule& rule, bool has_value, std::string_view value) {
    const std::string name = "--" + std::string(rule.name);
    if (rule.kind != FlagRule::Kind::boolean) {
        return has_value ? "" : "missing a value on flag: " + name;
    }
    if (has_value && value.empty()) {
        return "missing a value on flag: " + name;
    }
    const auto lower = to_lower(value);
    const bool is_boolean = lower.empty() || lower == "true" || lower == "false";
    return is_boolean ? "" : "expecting boolean value for flag " + name + ", not: " + quoted(value);
}

}  // namespace

std::expected<Flags, std::string> Flags::parse(
    const std::vector<std::string>& words, std::span<const FlagRule> rules
) {
    Flags flags;
    for (const std::string_view word : words) {
        const auto equals = word.find('=');
        const bool has_value = equals != std::string_view::npos;
        const auto name = word.substr(2, has_value ? equals - 2 : equals);
        const auto value = has_value ? word.substr(equals + 1) : std::string_view();
        const auto rule = std::ranges::find(rules, name, &FlagRule::name);
        if (rule == rules.end()) {
            return std::unexpected("unknown flag: " + quoted(word.substr(0, equals)));
        }
        const bool again = std::ranges::find(flags.flags_, name, &Flag::name) != flags.flags_.end();
        if (again && rule->kind != FlagRule::Kind::list) {
            return std::unexpected("duplicate flag specified: --" + std::string(name));
        }
        if (auto fault = value_fault(*rule, has_value, value); !fault.empty()) {
            return std::unexpected(std::move(fault));
        }
        flags.flags_.push_back({.name = std::string(name), .value = std::string(value)});
    }
    return flags;
}

std::vector<std::string> Flags::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& flag : flags_) {
        if (flag.name == name) {
            values.push_back(flag.value);
        }
    }
    return values;
}

std::string Flags::one(std::string_view name) const {
    const auto found = std::ranges::find(flags_, name, &Flag::name);
    return found == flags_.end() ? "" : found->value;
}

}  // namespace slipway::dockerfile
