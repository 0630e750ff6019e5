#include "server/store/queries.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/conditions.hpp"
#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

constexpr int most_builds = 200;
constexpr std::size_t most_log_bytes = std::size_t{1} << 20;

// From the chunk that holds the offset on.
constexpr std::string_view log_sql = R"sql(
SELECT first_byte, bytes FROM step_logs
WHERE build = ?1 AND position = ?2 AND first_byte >= (
    SELECT max(first_byte) FROM step_logs WHERE build = ?1 AND position = ?2 AND first_byte <= ?3
)
ORDER BY first_byte
)sql";

std::string select_builds(const std::string& rest) {
    return "SELECT " + std::string(brief_build_columns) + " FROM builds AS b " + rest;
}

// A list in JSON holds a text just where its own JSON is part of it.
constexpr std::string_view is_about_folder = R"sql(
(b.state <> 5 OR b.planned = 1) AND (
    b.folders = '[]' OR replace(b.folders, ?, '') <> b.folders
    OR EXISTS (SELECT 1 FROM steps AS s WHERE s.build = b.id AND s.folder = ?)
)
)sql";

/// The text of the only entry, without the list's brackets.
std::string in_json(const std::string& text) {
    const std::string list = to_json(std::vector{text});
    return list.substr(1, list.size() - 2);
}

/// States are written out because the indexes of some of them are partial: SQLite must see which
/// one is meant.
Conditions conditions_of(const BuildQuery& query, const std::string& id) {
    Conditions conditions;
    if (query.older_than) {
        conditions.add(id + " < " + std::to_string(query.older_than->value));
    }
    if (query.state) {
        conditions.add("b.state = " + std::to_string(std::to_underlying(*query.state)));
        if (model::is_final(*query.state)) {
            conditions.add("b.state >= 2");
        }
    }
    conditions.add_equal("b.repository", query.repository);
    conditions.add_equal("b.ref", query.ref);
    if (!query.folder.empty()) {
        conditions.add(is_about_folder, {in_json(query.folder), query.folder});
    }
    return conditions;
}

}  // namespace

template <class Sql>
Queries<Sql>::Queries(const typename Sql::Database& database, BuildReader<Sql>& reader)
    : database_(database),
      reader_(reader),
      step_(database_, "SELECT 1 FROM steps WHERE build = ? AND position = ?"),
      log_(database_, log_sql) {}

template <class Sql>
Result<Build> Queries<Sql>::build(BuildId id) {
    std::optional<Build> found = reader_.find(id);
    if (!found) {
        return fail(ErrorCode::not_found, "there is no build " + std::to_string(id.value));
    }
    return *std::move(found);
}

// Few builds are not final: with a plus before the id SQLite looks for those by their state, rather
// than through all builds in the order that is wanted.
template <class Sql>
std::vector<Build> Queries<Sql>::builds(const BuildQuery& query) {
    const bool is_open = query.state && !model::is_final(*query.state);
    const std::string id = is_open ? "+b.id" : "b.id";
    const Conditions conditions = conditions_of(query, id);
    Statement statement(
        database_,
        select_builds(
            conditions.where() + " ORDER BY " + id + " DESC LIMIT " +
            std::to_string(std::clamp(query.limit, 0, most_builds))
        )
    );
    return conditions.query(statement, [](auto& rows) { return read_builds(rows); });
}

template <class Sql>
Result<std::string> Queries<Sql>::log(BuildId build, int position, std::int64_t offset) {
    auto step = step_.query(build.value, position);
    if (!step.next()) {
        return fail(
            ErrorCode::not_found,
            "there is no step " + std::to_string(position) + " of build " +
                std::to_string(build.value)
        );
    }
    const std::int64_t from = std::max<std::int64_t>(offset, 0);
    std::string text;
    auto chunks = log_.query(build.value, position, from);
    while (text.size() < most_log_bytes && chunks.next()) {
        const std::int64_t first_byte = chunks.integer();
        const std::string bytes = chunks.text();
        const auto skipped = static_cast<std::size_t>(std::max<std::int64_t>(from - first_byte, 0));
        text.append(bytes, std::min(skipped, bytes.size()), most_log_bytes - text.size());
    }
    return text;
}

template <class Sql>
std::vector<LeftImage> Queries<Sql>::left_images(const std::string& engine, Time built) {
    Statement statement(
        database_,
        "SELECT reference, image_id FROM left_images WHERE engine = ? AND built < ? "
        "ORDER BY built, reference LIMIT 200"
    );
    auto rows = statement.query(engine, stored(built));
    std::vector<LeftImage> left;
    while (rows.next()) {
        LeftImage& image = left.emplace_back();
        image.engine = engine;
        image.reference = rows.text();
        image.image_id = rows.text();
    }
    return left;
}

template <class Sql>
std::vector<std::chrono::milliseconds> Queries<Sql>::durations(
    const std::string& repository, const std::string& folder
) {
    Statement statement(
        database_,
        "SELECT s.finished - s.started FROM steps AS s JOIN builds AS b ON b.id = s.build WHERE "
        "s.folder = ? AND b.repository = ? AND s.state IN (3, 5) AND s.finished IS NOT NULL AND "
        "s.started IS NOT NULL ORDER BY s.build DESC LIMIT 10"
    );
    auto rows = statement.query(folder, repository);
    std::vector<std::chrono::milliseconds> durations;
    while (rows.next()) {
        durations.emplace_back(rows.integer());
    }
    return durations;
}

template class Queries<Sqlite>;
template class Queries<Postgres>;

}  // namespace slipway::store
