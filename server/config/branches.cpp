#include "server/config/branches.hpp"

#include "core/model/image_ref.hpp"
#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/values.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::config {
namespace {

/// `*` stands for any run of characters, `/` too. Steps back to the last star only, so that no
/// pattern is slow.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t at = 0;
    std::size_t after_star = std::string_view::npos;
    std::size_t taken = 0;
    std::size_t i = 0;
    while (i < name.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            after_star = ++at;
            taken = i;
        } else if (at < pattern.size() && pattern[at] == name[i]) {
            ++at;
            ++i;
        } else if (after_star != std::string_view::npos) {
            at = after_star;
            i = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

/// Whether it makes a tag once its placeholders are filled in.
bool is_tag_template(std::string text) {
    // What each stands for where it is shortest, so that the rest decides.
    constexpr std::array placeholders = {
        std::pair<std::string_view, std::string_view>("{version}", "1"),
        std::pair<std::string_view, std::string_view>("{sha}", "01234567"),
        std::pair<std::string_view, std::string_view>("{branch}", "b"),
    };
    for (const auto& [name, sample] : placeholders) {
        for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name)) {
            text.replace(at, name.size(), sample);
        }
    }
    return model::is_valid_tag(text);
}

void read_tags(Reader& reader, std::vector<std::string>& target) {
    const auto tags = reader.texts("tags");
    if (!tags) {
        return;
    }
    if (tags->empty()) {
        reader.error("tags must name at least one tag");
        return;
    }
    target.clear();
    for (const Text& tag : *tags) {
        if (!is_tag_template(tag.value)) {
            reader.error(
                tag,
                "'" + tag.value +
                    "' makes no tag; it may hold {version}, {sha}, {branch}, letters, digits, '_', "
                    "'.' and '-'"
            );
        }
        target.push_back(tag.value);
    }
}

BranchRule read_rule(Reader& reader) {
    BranchRule rule;
    if (const auto match = reader.required("match")) {
        rule.match = match->value;
    }
    read_truth(reader, "push", rule.push);
    read_tags(reader, rule.tags);
    read_truth(reader, "cancel_superseded", rule.cancel_superseded);
    read_truth(reader, "attest", rule.attest);
    reader.finish();
    return rule;
}

}  // namespace

void read_branches(Reader& reader, std::vector<BranchRule>& target) {
    auto rules = reader.maps("branches");
    if (!rules) {
        return;
    }
    target.clear();
    for (Reader& rule : *rules) {
        target.push_back(read_rule(rule));
    }
}

const BranchRule* find_rule(const Repository& repository, std::string_view branch) {
    const auto found = std::ranges::find_if(repository.branches, [branch](const BranchRule& rule) {
        return matches(rule.match, branch);
    });
    return found == repository.branches.end() ? nullptr : &*found;
}

}  // namespace slipway::config
