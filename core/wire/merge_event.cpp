#include "core/wire/merge_event.hpp"

#include "core/base/result.hpp"
#include "core/model/object_id.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::wire {
namespace {

using Json = nlohmann::json;

/// The object of this name; an empty one where there is none.
const Json& member(const Json& object, const char* name) {
    static const Json nothing = Json::object();
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found != object.end() && found->is_object() ? *found : nothing;
}

std::string text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_branch(std::string_view name) {
    constexpr std::size_t longest = 4096;
    return !name.empty() && name.size() <= longest && std::ranges::none_of(name, [](char c) {
        return (c >= '\0' && c <= ' ') || c == '\x7f';
    });
}

}  // namespace

Result<MergeEvent> decode_merge_event(std::string_view body) {
    const Json event = Json::parse(body, nullptr, false);
    const Json& attributes = member(event, "object_attributes");
    MergeEvent merge;
    if (const auto iid = attributes.find("iid");
        iid != attributes.end() && iid->is_number_integer()) {
        merge.number = iid->get<std::int64_t>();
    }
    merge.action = text_of(attributes, "action");
    merge.state = text_of(attributes, "state");
    merge.commit = text_of(member(attributes, "last_commit"), "id");
    merge.target_branch = text_of(attributes, "target_branch");
    merge.has_new_commits = !text_of(attributes, "oldrev").empty();
    merge.has_new_target = !member(member(event, "changes"), "target_branch").empty();
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
