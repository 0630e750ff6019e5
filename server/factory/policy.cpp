#include "server/factory/policy.hpp"

#include "server/config/config.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::factory {
namespace {

constexpr std::string_view branch_prefix = "refs/heads/";
constexpr std::string_view tag_prefix = "refs/tags/";

void replace_all(std::string& text, std::string_view place, std::string_view value) {
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + value.size())) {
        text.replace(at, place.size(), value);
    }
}

const config::BranchRule* find_rule_of(const config::Repository& repository, std::string_view ref) {
    const bool is_branch = ref.starts_with(branch_prefix);
    const std::string_view name = is_branch ? ref.substr(branch_prefix.size()) : ref;
    // Rules of the other kind are passed over: `*` in front hides no rule of tags, and a branch
    // named as a tag gets none.
    const auto fits = [&](const config::BranchRule& rule) {
        config::Repository alone;
        alone.branches = {rule};
        return rule.match.starts_with(tag_prefix) != is_branch &&
               config::find_rule(alone, name) != nullptr;
    };
    const auto found = std::ranges::find_if(repository.branches, fits);
    return found == repository.branches.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Policy> find_policy(const config::Repository& repository, std::string_view ref) {
    const config::BranchRule* const rule = find_rule_of(repository, ref);
    if (rule == nullptr) {
        return std::nullopt;
    }
    const std::size_t prefix =
        ref.starts_with(branch_prefix) ? branch_prefix.size() : tag_prefix.size();
    Policy policy{
        .push = rule->push,
        .cancel_superseded = rule->cancel_superseded,
        .attest = rule->attest,
        .tags = rule->tags
    };
    for (std::string& tag : policy.tags) {
        replace_all(tag, "{branch}", as_tag(ref.substr(prefix)));
    }
    return policy;
}

std::vector<std::string> fill_in_commit(std::vector<std::string> tags, std::string_view commit) {
    constexpr std::size_t short_length = 8;
    for (std::string& tag : tags) {
        replace_all(tag, "{sha}", commit.substr(0, short_length));
    }
    return tags;
}

std::string as_tag(std::string_view branch) {
    constexpr std::size_t longest = 63;
    std::string tag;
    for (const char c : branch) {
        const bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
        if (fits) {
            tag += c;
        } else if (!tag.empty() && tag.back() != '-') {
            tag += '-';
        }
    }
    tag.resize(std::min(tag.size(), longest));
    while (!tag.empty() && tag.back() == '-') {
        tag.pop_back();
    }
    // A tag may begin with neither.
    const std::size_t start = tag.find_first_not_of(".-");
    return start == std::string::npos ? "branch" : tag.substr(start);
}

}  // namespace slipway::factory
