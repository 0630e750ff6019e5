#include "core/base/result.hpp"
#include "core/model/object_id.hpp"
#include "core/wire/gitlab_event.hpp"
#include "core/wire/merge_event.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::fuzz {
namespace {

using wire::GitlabEvent;
using wire::GitlabEventKind;

constexpr std::size_t longest_message = 200;

bool is_id(std::string_view text) {
    return model::classify_id(text) != model::IdKind::other;
}

void check_promises(const GitlabEvent& event) {
    require(event.name.size() <= 64, "a name is a word");
    if (event.kind == GitlabEventKind::other) {
        require(event.ref.empty(), "only a push has a ref");
        return;
    }
    require(is_id(event.before) && is_id(event.after), "a push has its commits");
    const bool tag = event.kind == GitlabEventKind::tag_push;
    require(event.ref.starts_with(tag ? "refs/tags/" : "refs/heads/"), "a push has its ref");
    const bool plain = std::ranges::none_of(event.ref, [](char c) { return c >= 0 && c <= ' '; });
    require(plain, "a ref has no blank and no control character");
}

std::string print(const GitlabEvent& event) {
    const nlohmann::json json = {
        {"object_kind", event.name},
        {"project", {{"id", event.project_id}, {"path_with_namespace", event.project_path}}},
        {"ref", event.ref},
        {"before", event.before},
        {"after", event.after},
        {"checkout_sha", event.checkout_sha},
    };
    return json.dump();
}

void check_same(const GitlabEvent& event) {
    const auto again = wire::decode_gitlab_event(print(event));
    require(again.has_value(), "an event can be printed");
    const bool same = again->kind == event.kind && again->name == event.name &&
                      again->project_id == event.project_id &&
                      again->project_path == event.project_path && again->ref == event.ref &&
                      again->before == event.before && again->after == event.after &&
                      again->checkout_sha == event.checkout_sha;
    require(same, "what is printed is the event");
}

void check_merge(std::string_view input) {
    const auto merge = wire::decode_merge_event(input);
    if (!merge) {
        require(
            merge.error().message.size() <= longest_message, "an error does not quote the body"
        );
        return;
    }
    require(merge->number > 0 && is_id(merge->commit), "a merge request has a number and a commit");
    require(!merge->target_branch.empty(), "a merge request has a target");
    static_cast<void>(wire::changes_plan(*merge));
}

}  // namespace

void check(std::string_view input) {
    check_merge(input);
    const auto event = wire::decode_gitlab_event(input);
    if (!event) {
        require(event.error().code == ErrorCode::invalid, "the sender must change it");
        require(
            event.error().message.size() <= longest_message, "an error does not quote the body"
        );
        return;
    }
    check_promises(*event);
    check_same(*event);
}

}  // namespace slipway::fuzz
