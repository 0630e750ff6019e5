#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::wire {

enum class GitlabEventKind : std::uint8_t {
    push,  ///< of a branch, also when it is created or deleted
    tag_push,
    other,  ///< authentic, understood, not wanted: `name` says what it was
};

/// What slipway reads of a GitLab webhook body: never the commits, which are cut at 20, empty for a
/// reset and silent about the old path of a rename
/// (docs.gitlab.com/user/project/integrations/webhook_events).
struct GitlabEvent {
    GitlabEventKind kind = GitlabEventKind::other;
    std::string name;  ///< `object_kind`, else `event_name`; empty where neither is a plain word
    std::int64_t project_id = 0;  ///< 0 where it is not given
    std::string project_path;     ///< `project.path_with_namespace`; empty where it is not given
    std::string ref;              ///< full: `refs/heads/main`; this and what follows only of a push
    std::string before;           ///< 40 or 64 hex digits, perhaps zeros
    std::string after;
    std::string checkout_sha;  ///< of a tag: the commit; empty where null, missing or no id
};

/// Decodes a body of any size up to the caller's limit in one pass, keeping nothing but the fields
/// above. Errors: `invalid`: not JSON, not an object, deeper than 64, invalid UTF-8, or a push
/// without usable `ref`, `before`, `after`. The message never quotes the body.
[[nodiscard]] Result<GitlabEvent> decode_gitlab_event(std::string_view body);

}  // namespace slipway::wire
