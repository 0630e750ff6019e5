#pragma once

#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::git {

/// What the two commits are compared from.
enum class BaseRule : std::uint8_t {
    before,      ///< the `before` that was given
    merge_base,  ///< `before` is zeros or gone: where the branch left the default branch
    empty,  ///< …and there is no such place, or it is the default branch itself: everything is new
};

[[nodiscard]] std::string_view to_string(BaseRule rule);

/// Two commits to compare. A `base` of zeros is the empty tree.
struct Range {
    std::string
        before;  ///< as it was given if it was an id, else the resolved commit; 40 zeros for "none"
    Commit after;
    model::ObjectId base;
    model::ObjectId base_tree;
    BaseRule rule = BaseRule::before;
};

struct RangeQuery {
    std::string_view before;     ///< revision, or zeros
    std::string_view after;      ///< revision; zeros are the caller's to handle: the branch is gone
    std::string default_branch;  ///< full reference; empty: Repository::default_branch()
    std::optional<bool>
        on_default_branch;  ///< nothing: whether `after` is the default branch's tip
};

/// Resolves both ends. A `before` of 40 hex digits that is not there is "gone" and falls back; a
/// name that is not there is an error. Errors: those of Repository::resolve(), prefixed with which
/// end it was.
[[nodiscard]] Result<Range> resolve_range(Repository& repository, const RangeQuery& query);

}  // namespace slipway::git
