#include "core/git/range.hpp"

#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::git {
namespace {

const std::string forty_zeros(40, '0');

/// The commit `before` names; nothing where there is none to compare with.
Result<std::optional<Commit>> find_before(Repository& repository, std::string_view before) {
    const model::IdKind kind = model::classify_id(before);
    if (kind == model::IdKind::zeros) {
        return std::nullopt;
    }
    auto commit = repository.resolve(before);
    if (commit) {
        return std::move(*commit);
    }
    if (kind == model::IdKind::sha1 && commit.error().code == ErrorCode::not_found) {
        return std::nullopt;
    }
    return fail_within("before", commit.error());
}

Result<Range> from_default_branch(Repository& repository, const RangeQuery& query, Range range) {
    range.rule = BaseRule::empty;
    const std::string name = query.default_branch.empty() ? repository.default_branch().value_or("")
                                                          : query.default_branch;
    const auto tip = name.empty() ? std::nullopt : repository.tip(name);
    if (!tip || query.on_default_branch.value_or(*tip == range.after.id)) {
        return range;
    }
    const auto merge_base = repository.merge_base(*tip, range.after.id);
    if (!merge_base) {
        return std::unexpected(merge_base.error());
    }
    if (!*merge_base) {
        return range;
    }
    const auto base = repository.commit(**merge_base);
    if (!base) {
        return std::unexpected(base.error());
    }
    range.rule = BaseRule::merge_base;
    range.base = base->id;
    range.base_tree = base->tree;
    return range;
}

}  // namespace

std::string_view to_string(BaseRule rule) {
    switch (rule) {
        case BaseRule::before:
            return "before";
        case BaseRule::merge_base:
            return "merge_base";
        case BaseRule::empty:
            return "empty";
    }
    return "";
}

Result<Range> resolve_range(Repository& repository, const RangeQuery& query) {
    auto after = repository.resolve(query.after);
    if (!after) {
        return fail_within("after", after.error());
    }
    const auto before = find_before(repository, query.before);
    if (!before) {
        return std::unexpected(before.error());
    }
    Range range;
    range.after = std::move(*after);
    if (*before) {
        range.before = to_string((*before)->id);
        range.base = (*before)->id;
        range.base_tree = (*before)->tree;
        return range;
    }
    const bool zeros = model::classify_id(query.before) == model::IdKind::zeros;
    range.before = zeros ? forty_zeros : std::string(query.before);
    return from_default_branch(repository, query, std::move(range));
}

}  // namespace slipway::git
