#include "server/gitlab/answers.hpp"

#include "core/base/result.hpp"
#include "server/gitlab/gitlab_client.hpp"

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::gitlab {
namespace {

using nlohmann::json;

std::unexpected<Error> not_promised() {
    return fail(ErrorCode::failed, "its answer is not what the API v4 promises; is it a GitLab?");
}

json parse(std::string_view body) {
    return json::parse(body, nullptr, false);
}

std::string text_of(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t number_of(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

bool truth_of(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// `200` or `"200"`, `"internal error"`.
std::string answer_of(const json& event) {
    const std::string text = text_of(event, "response_status");
    const std::int64_t number = number_of(event, "response_status");
    return text.empty() && number != 0 ? std::to_string(number) : text;
}

}  // namespace

Result<std::int64_t> read_user(std::string_view body) {
    const std::int64_t id = number_of(parse(body), "id");
    if (id == 0) {
        return not_promised();
    }
    return id;
}

Result<std::vector<std::int64_t>> find_own_notes(
    std::string_view body, std::int64_t user, std::string_view marker
) {
    const json notes = parse(body);
    if (!notes.is_array()) {
        return not_promised();
    }
    std::vector<std::int64_t> found;
    for (const json& note : notes) {
        const json author = note.is_object() ? note.value("author", json()) : json();
        if (number_of(author, "id") == user && !truth_of(note, "system") &&
            text_of(note, "body").starts_with(marker)) {
            found.push_back(number_of(note, "id"));
        }
    }
    return found;
}

Result<std::vector<Hook>> read_hooks(std::string_view body) {
    const json list = parse(body);
    if (!list.is_array()) {
        return not_promised();
    }
    std::vector<Hook> hooks;
    for (const json& hook : list) {
        hooks.push_back({
            .id = number_of(hook, "id"),
            .url = text_of(hook, "url"),
            .alert_status = text_of(hook, "alert_status"),
            .disabled_until = text_of(hook, "disabled_until"),
            .push_events = truth_of(hook, "push_events"),
            .merge_requests_events = truth_of(hook, "merge_requests_events"),
        });
    }
    return hooks;
}

Result<std::vector<MissedDelivery>> read_missed(std::string_view body) {
    const json list = parse(body);
    if (!list.is_array()) {
        return not_promised();
    }
    std::vector<MissedDelivery> missed;
    for (const json& event : list) {
        const std::string answer = answer_of(event);
        if (answer.size() == 3 && answer.front() == '2') {
            continue;
        }
        const json data = event.is_object() ? event.value("request_data", json()) : json();
        missed.push_back({
            .id = number_of(event, "id"),
            .event = text_of(event, "trigger"),
            .answer = answer,
            .ref = text_of(data, "ref"),
            .before = text_of(data, "before"),
            .after = text_of(data, "after"),
        });
    }
    return missed;
}

}  // namespace slipway::gitlab
