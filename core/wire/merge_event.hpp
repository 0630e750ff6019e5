#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::wire {

/// What slipway reads of a merge request event
/// (docs.gitlab.com/user/project/integrations/webhook_events).
struct MergeEvent {
    std::int64_t number = 0;  ///< `iid`: what people call it by
    std::string action;       ///< open, update, merge, …; empty where it is not given
    std::string state;        ///< opened, closed, merged, locked; the same
    std::string commit;       ///< the tip of its source: 40 or 64 hex digits
    std::string target_branch;
    bool has_new_commits = false;  ///< an update that says what the tip was before
    bool has_new_target = false;
};

/// Decodes a body of any size up to the caller's limit in one pass, keeping nothing but the fields
/// above. Errors: `invalid`: no JSON, not an object, deeper than 64, or without usable number,
/// commit or target. The message never quotes the body.
[[nodiscard]] Result<MergeEvent> decode_merge_event(std::string_view body);

/// Whether what merging it would build may be another plan than before.
[[nodiscard]] bool changes_plan(const MergeEvent& event);

}  // namespace slipway::wire
