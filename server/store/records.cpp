#include "server/store/records.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

/// Bytes that are not UTF-8 are replaced: they must not cost the whole build.
std::string dump(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <class Value>
Value from_json(const std::string& text) {
    return nlohmann::json::parse(text).get<Value>();
}

Time time_of(std::int64_t stored) {
    return Time(std::chrono::milliseconds(stored));
}

std::optional<Time> time_or_null(Rows& rows) {
    return rows.integer_or_null().transform(time_of);
}

std::optional<DeliveryId> delivery_or_null(Rows& rows) {
    return rows.integer_or_null().transform([](std::int64_t id) { return DeliveryId{id}; });
}

}  // namespace

// Braces evaluate in the order written, and so in the order of the columns.
Build read_build(Rows& rows) {
    return {
        .id = BuildId{rows.integer()},
        .repository = rows.text(),
        .ref = rows.text(),
        .before = rows.text(),
        .after = rows.text(),
        .trigger = static_cast<Trigger>(rows.integer()),
        .folders = from_json<std::vector<std::string>>(rows.text()),
        .no_cache = rows.integer() != 0,
        .state = static_cast<model::BuildState>(rows.integer()),
        .plan = rows.text(),
        .error = rows.text(),
        .delivery = delivery_or_null(rows),
        .created = time_of(rows.integer()),
        .started = time_or_null(rows),
        .finished = time_or_null(rows),
        .steps = {},
    };
}

Step read_step(Rows& rows) {
    return {
        .position = static_cast<int>(rows.integer()),
        .folder = rows.text(),
        .image = rows.text(),
        .references = from_json<std::vector<std::string>>(rows.text()),
        .needs = from_json<std::vector<int>>(rows.text()),
        .reasons = rows.text(),
        .push = rows.integer() != 0,
        .state = static_cast<model::StepState>(rows.integer()),
        .attempts = static_cast<int>(rows.integer()),
        .engine = rows.text(),
        .image_id = rows.text(),
        .digests = from_json<std::map<std::string, std::string>>(rows.text()),
        .error = rows.text(),
        .note = rows.text(),
        .started = time_or_null(rows),
        .built = time_or_null(rows),
        .finished = time_or_null(rows),
    };
}

std::string to_json(const std::vector<std::string>& texts) {
    return dump(texts);
}

std::string to_json(const std::vector<int>& numbers) {
    return dump(numbers);
}

std::string to_json(const std::map<std::string, std::string>& texts) {
    return dump(texts);
}

BuildReader::BuildReader(const Database& database)
    : build_(database, "SELECT " + std::string(build_columns) + " FROM builds WHERE id = ?"),
      running_(
          database,
          "SELECT " + std::string(build_columns) + " FROM builds WHERE state = 1 ORDER BY id"
      ),
      steps_(
          database,
          "SELECT " + std::string(step_columns) +
              " FROM steps AS s WHERE s.build = ? ORDER BY s.position"
      ) {}

std::optional<Build> BuildReader::find(BuildId id) {
    Rows rows = build_.query(id.value);
    if (!rows.next()) {
        return std::nullopt;
    }
    Build build = read_build(rows);
    build.steps = steps(id);
    return build;
}

std::vector<Step> BuildReader::steps(BuildId id) {
    Rows rows = steps_.query(id.value);
    std::vector<Step> found;
    while (rows.next()) {
        found.push_back(read_step(rows));
    }
    return found;
}

std::vector<Build> BuildReader::running() {
    Rows rows = running_.query();
    std::vector<Build> found;
    while (rows.next()) {
        found.push_back(read_build(rows));
        found.back().steps = steps(found.back().id);
    }
    return found;
}

}  // namespace slipway::store
