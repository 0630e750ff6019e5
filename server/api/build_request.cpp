#include "server/api/build_request.hpp"

#include "core/base/nearest.hpp"
#include "core/base/result.hpp"
#include "core/model/object_id.hpp"
#include "server/api/query.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::api {
namespace {

using nlohmann::json;

enum class Kind : std::uint8_t { text, texts, truth };

struct Field {
    std::string_view name;
    Kind kind;
    std::string_view shown;
};

constexpr std::array<Field, 6> fields = {{
    {"repository", Kind::text, "text"},
    {"ref", Kind::text, "text"},
    {"folders", Kind::texts, "list of texts"},
    {"before", Kind::text, "text"},
    {"after", Kind::text, "text"},
    {"no_cache", Kind::truth, "truth value (true, false)"},
}};

/// Parsed it takes up to twenty times as much.
constexpr std::size_t most_bytes = std::size_t{4} * 1024 * 1024;

/// Flat objects only: the deepest thing in a request is the list of folders.
Result<json> parse_object(std::string_view body) {
    constexpr int deepest = 3;
    const auto shallow = [](int depth, json::parse_event_t, json&) {
        if (depth > deepest) {
            throw std::length_error("too deep");
        }
        return true;
    };
    if (body.size() > most_bytes) {
        return fail(ErrorCode::too_large, "the body is longer than 4 MiB");
    }
    try {
        json object = json::parse(body, shallow);
        if (!object.is_object()) {
            return fail(ErrorCode::invalid, "the body is not a JSON object");
        }
        return object;
    } catch (const std::exception&) {
        return fail(
            ErrorCode::invalid,
            "the body is not a JSON object of texts, lists of texts and truth values"
        );
    }
}

bool is_of(Kind kind, const json& value) {
    switch (kind) {
        case Kind::text:
            return value.is_string();
        case Kind::truth:
            return value.is_boolean();
        case Kind::texts:
            return value.is_array() &&
                   std::ranges::all_of(value, [](const json& entry) { return entry.is_string(); });
    }
    return false;
}

/// No name in git holds one, and PostgreSQL keeps none.
bool holds_nul(const json& value) {
    if (value.is_string()) {
        return value.get_ref<const std::string&>().contains('\0');
    }
    return value.is_array() && std::ranges::any_of(value, holds_nul);
}

Result<void> check_fields(const json& object) {
    for (const auto& [name, value] : object.items()) {
        const auto field = std::ranges::find(fields, name, &Field::name);
        if (field == fields.end()) {
            std::array<std::string_view, fields.size()> names;
            std::ranges::transform(fields, names.begin(), &Field::name);
            const auto near = nearest(name, names);
            return fail(
                ErrorCode::invalid,
                "unknown field `" + name + "`" +
                    (near ? "; did you mean `" + std::string(*near) + "`?" : "")
            );
        }
        if (!is_of(field->kind, value)) {
            return fail(ErrorCode::invalid, "`" + name + "` is not a " + std::string(field->shown));
        }
        if (holds_nul(value)) {
            return fail(ErrorCode::invalid, "`" + name + "` holds a NUL");
        }
    }
    return {};
}

Result<void> check_commits(const store::NewBuild& build) {
    const auto is_usable = [](const std::string& id) {
        return model::classify_id(id) == model::IdKind::sha1;
    };
    if (build.before.empty() != build.after.empty()) {
        return fail(ErrorCode::invalid, "`before` and `after` go together");
    }
    if (!build.after.empty() &&
        (!is_usable(build.after) ||
         (!is_usable(build.before) && model::classify_id(build.before) != model::IdKind::zeros))) {
        return fail(
            ErrorCode::invalid,
            "`before` and `after` are commits of 40 hex digits (`before` may be zeros)"
        );
    }
    if (build.after.empty() && build.ref.empty()) {
        return fail(
            ErrorCode::invalid, "say what to build: `ref` with `folders`, or `before` and `after`"
        );
    }
    return {};
}

std::string text_of(const json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? "" : found->get<std::string>();
}

}  // namespace

Result<std::string> find_repository(const config::Config& config, const std::string& name) {
    if (name.empty()) {
        if (config.repositories.size() == 1) {
            return config.repositories.front().name;
        }
        return fail(ErrorCode::invalid, "`repository` is missing, and more than one is configured");
    }
    const auto found = std::ranges::find(config.repositories, name, &config::Repository::name);
    if (found == config.repositories.end()) {
        return fail(ErrorCode::not_found, "no repository is configured under this name");
    }
    return found->name;
}

Result<store::NewBuild> parse_build_request(const config::Config& config, std::string_view body) {
    const auto object = parse_object(body);
    if (!object) {
        return std::unexpected(object.error());
    }
    if (auto checked = check_fields(*object); !checked) {
        return std::unexpected(checked.error());
    }
    const auto repository = find_repository(config, text_of(*object, "repository"));
    if (!repository) {
        return std::unexpected(repository.error());
    }
    store::NewBuild build;
    build.repository = *repository;
    build.ref = full_ref(text_of(*object, "ref"));
    build.before = text_of(*object, "before");
    build.after = text_of(*object, "after");
    build.trigger = store::Trigger::manual;
    build.no_cache = object->value("no_cache", false);
    if (const auto folders = object->find("folders"); folders != object->end()) {
        build.folders = folders->get<std::vector<std::string>>();
    }
    if (auto checked = check_commits(build); !checked) {
        return std::unexpected(checked.error());
    }
    return build;
}

}  // namespace slipway::api
