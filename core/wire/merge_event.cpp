#include "core/wire/merge_event.hpp"

#include "core/base/result.hpp"
#include "core/model/object_id.hpp"
#include "core/wire/json_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace slipway::wire {
namespace {

constexpr std::string_view attributes = "object_attributes";
constexpr JsonPath number{.parent = attributes, .name = "iid"};
constexpr JsonPath action{.parent = attributes, .name = "action"};
constexpr JsonPath state{.parent = attributes, .name = "state"};
constexpr JsonPath target_branch{.parent = attributes, .name = "target_branch"};
constexpr JsonPath old_commit{.parent = attributes, .name = "oldrev"};
constexpr JsonPath commit{.parent = "last_commit", .name = "id", .grandparent = attributes};
constexpr JsonPath new_target{
    .parent = "target_branch", .name = "current", .grandparent = "changes"
};

bool is_branch(std::string_view name) {
    constexpr std::size_t longest = 4096;
    return !name.empty() && name.size() <= longest && std::ranges::none_of(name, [](char c) {
        return (c >= '\0' && c <= ' ') || c == '\x7f';
    });
}

}  // namespace

Result<MergeEvent> decode_merge_event(std::string_view body) {
    const auto fields = JsonFields::read(
        body, {number, action, state, target_branch, old_commit, commit, new_target}
    );
    if (!fields) {
        return fail_within("reading the merge request event", fields.error());
    }
    MergeEvent merge;
    merge.number = fields->integer(number).value_or(0);
    merge.action = fields->text_or_empty(action);
    merge.state = fields->text_or_empty(state);
    merge.commit = fields->text_or_empty(commit);
    merge.target_branch = fields->text_or_empty(target_branch);
    merge.has_new_commits = !fields->text_or_empty(old_commit).empty();
    merge.has_new_target = fields->text(new_target) != nullptr;
    const bool has_commit = model::classify_id(merge.commit) == model::IdKind::sha1 ||
                            model::classify_id(merge.commit) == model::IdKind::sha256;
    if (merge.number < 1 || !has_commit || !is_branch(merge.target_branch)) {
        return fail(
            ErrorCode::invalid,
            "reading the merge request event: its 'iid', 'last_commit' or 'target_branch' is "
            "missing, or not to be used"
        );
    }
    return merge;
}

bool changes_plan(const MergeEvent& event) {
    if (!event.state.empty() && event.state != "opened") {
        return false;
    }
    if (event.action == "update") {
        return event.has_new_commits || event.has_new_target;
    }
    return event.action == "open" || event.action == "reopen";
}

}  // namespace slipway::wire
