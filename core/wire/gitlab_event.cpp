#include "core/wire/gitlab_event.hpp"

#include "core/base/result.hpp"
#include "core/model/object_id.hpp"
#include "core/wire/json_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::wire {
namespace {

constexpr JsonPath object_kind{.parent = "", .name = "object_kind"};
constexpr JsonPath event_name{.parent = "", .name = "event_name"};
constexpr JsonPath project_id{.parent = "", .name = "project_id"};
constexpr JsonPath nested_project_id{.parent = "project", .name = "id"};
constexpr JsonPath project_path{.parent = "project", .name = "path_with_namespace"};
constexpr JsonPath ref{.parent = "", .name = "ref"};
constexpr JsonPath before{.parent = "", .name = "before"};
constexpr JsonPath after{.parent = "", .name = "after"};
constexpr JsonPath checkout_sha{.parent = "", .name = "checkout_sha"};

constexpr std::string_view doing = "reading the webhook's body";

/// The name is shown to people and written to the log, so nothing but a plain word may come
/// through.
bool is_event_name(std::string_view text) {
    constexpr std::size_t longest_name = 64;
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

/// System hooks and old versions of GitLab leave out `object_kind`.
std::string name_of(const JsonFields& fields) {
    for (const JsonPath path : {object_kind, event_name}) {
        const std::string_view text = fields.text_or_empty(path);
        if (is_event_name(text)) {
            return std::string(text);
        }
    }
    return {};
}

bool is_id(std::string_view text) {
    return model::classify_id(text) != model::IdKind::other;
}

/// By the ref and not by the event's name: the test button of old versions sends a branch as a tag
/// push.
std::optional<GitlabEventKind> kind_of_ref(std::string_view text) {
    constexpr std::string_view branches = "refs/heads/";
    constexpr std::string_view tags = "refs/tags/";
    constexpr std::size_t longest_ref = 4096;
    const bool is_plain =
        std::ranges::none_of(text, [](char c) { return (c >= '\0' && c <= ' ') || c == '\x7f'; });
    if (!is_plain || text.size() > longest_ref) {
        return std::nullopt;
    }
    if (text.starts_with(branches) && text.size() > branches.size()) {
        return GitlabEventKind::push;
    }
    if (text.starts_with(tags) && text.size() > tags.size()) {
        return GitlabEventKind::tag_push;
    }
    return std::nullopt;
}

Result<GitlabEvent> with_push(GitlabEvent event, const JsonFields& fields) {
    event.ref = fields.text_or_empty(ref);
    event.before = fields.text_or_empty(before);
    event.after = fields.text_or_empty(after);
    const auto kind = kind_of_ref(event.ref);
    if (!kind) {
        return fail(
            ErrorCode::invalid,
            std::string(doing) + ": the push's 'ref' is missing, or no refs/heads/… or refs/tags/…"
        );
    }
    if (!is_id(event.before) || !is_id(event.after)) {
        return fail(
            ErrorCode::invalid,
            std::string(doing) + ": the push's 'before' and 'after' must be 40 or 64 hex digits"
        );
    }
    event.kind = *kind;
    if (is_id(fields.text_or_empty(checkout_sha))) {
        event.checkout_sha = fields.text_or_empty(checkout_sha);
    }
    return event;
}

}  // namespace

Result<GitlabEvent> decode_gitlab_event(std::string_view body) {
    const auto fields = JsonFields::read(
        body,
        {object_kind,
         event_name,
         project_id,
         nested_project_id,
         project_path,
         ref,
         before,
         after,
         checkout_sha}
    );
    if (!fields) {
        return fail_within(doing, fields.error());
    }
    GitlabEvent event;
    event.name = name_of(*fields);
    event.project_id =
        fields->integer(nested_project_id).value_or(fields->integer(project_id).value_or(0));
    event.project_path = fields->text_or_empty(project_path);
    const bool is_push = event.name == "push" || event.name == "tag_push";
    return is_push ? with_push(std::move(event), *fields) : event;
}

}  // namespace slipway::wire
