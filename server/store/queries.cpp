#include "server/store/queries.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/conditions.hpp"
#include "server/store/dialects.hpp"
#include "server/store/image_table.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

constexpr int most_builds = 200;
constexpr int queued_shown = 100;
constexpr int finished_shown = 20;
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

// One question for three lists: what asking costs of a server is most of what it costs.
std::string shown_sql() {
    const std::string_view plan = "b.plan";
    std::string columns(build_columns);
    columns.replace(columns.find(plan), plan.size(), "CASE b.state WHEN 1 THEN b.plan ELSE '' END");
    // Written out: for limits that it does not know PostgreSQL prepares to read the whole table.
    return "SELECT " + columns +
           " FROM builds AS b WHERE b.id IN (SELECT id FROM builds WHERE state = 1 UNION ALL "
           "SELECT id FROM (SELECT id FROM builds WHERE state = 0 ORDER BY trigger_kind, id "
           "LIMIT " +
           std::to_string(queued_shown) +
           ") AS queued UNION ALL SELECT id FROM (SELECT id FROM builds WHERE state >= 2 ORDER BY "
           "finished DESC, id DESC LIMIT " +
           std::to_string(finished_shown) + ") AS finished)";
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

template <class Rows>
std::vector<Build> read_builds(Rows& rows) {
    std::vector<Build> builds;
    while (rows.next()) {
        builds.push_back(read_build(rows));
    }
    return builds;
}

/// Each list in its order.
void part(std::vector<Build> builds, Snapshot& snapshot) {
    for (Build& build : builds) {
        auto& list = build.state == model::BuildState::running  ? snapshot.running
                     : build.state == model::BuildState::queued ? snapshot.queued
                                                                : snapshot.finished;
        list.push_back(std::move(build));
    }
    std::ranges::sort(snapshot.running, {}, &Build::id);
    std::ranges::sort(snapshot.queued, {}, [](const Build& build) {
        return std::pair(build.trigger, build.id);
    });
    std::ranges::sort(snapshot.finished, std::greater(), [](const Build& build) {
        return std::pair(build.finished, build.id);
    });
}

/// Only a running build has steps that are not done with: queued ones have none yet.
std::map<std::string, std::int64_t> steps_by_state(const std::vector<Build>& running) {
    std::map<std::string, std::int64_t> counts;
    for (const Build& build : running) {
        for (const Step& step : build.steps) {
            ++counts[std::string(to_string(step.state))];
        }
    }
    return counts;
}

ImageRow row_of(const Build& build, const Step& step) {
    return {
        .step = {build.id, step.position},
        .status =
            {
                .repository = build.repository,
                .folder = step.folder,
                .image = step.image,
                .build = build.id,
                .state = step.state,
                .digests = step.digests,
                .error = step.error,
                .finished = step.finished,
            },
    };
}

/// Of steps of these builds; those of others are left in `steps`, which are sorted.
ImageRows rows_of(const std::vector<Build>& builds, std::vector<StepKey>& steps) {
    ImageRows rows;
    std::vector<StepKey> left;
    for (const StepKey& key : steps) {
        const auto build = std::ranges::lower_bound(builds, key.build, {}, &Build::id);
        if (build == builds.end() || build->id != key.build) {
            left.push_back(key);
            continue;
        }
        const auto step = std::ranges::lower_bound(build->steps, key.position, {}, &Step::position);
        rows.push_back(std::make_shared<const ImageRow>(row_of(*build, *step)));
    }
    steps = std::move(left);
    return rows;
}

// As in records.hpp, in the order of the columns.
template <class Rows>
ImageRow read_image(Rows& rows) {
    const BuildId build{rows.integer()};
    return {
        .step = {build, static_cast<int>(rows.integer())},
        .status =
            {
                .repository = rows.text(),
                .folder = rows.text(),
                .image = rows.text(),
                .build = build,
                .state = static_cast<model::StepState>(rows.integer()),
                .digests = map_from(rows.text()),
                .error = rows.text(),
                .finished = time_or_null(rows),
            },
    };
}

}  // namespace

template <class Sql>
Queries<Sql>::Queries(const typename Sql::Database& database, ImageTable& table)
    : database_(database),
      table_(table),
      reader_(database_),
      step_(database_, "SELECT 1 FROM steps WHERE build = ? AND position = ?"),
      log_(database_, log_sql),
      shown_(database_, shown_sql()),
      named_(database_, "SELECT build, position FROM images"),
      images_(
          database_,
          "SELECT i.build, i.position, i.repository, s.folder, s.image, s.state, s.digests, "
          "s.error, s.finished FROM images AS i JOIN steps AS s ON s.build = i.build AND "
          "s.position = i.position WHERE i.build BETWEEN ? AND ?"
      ),
      totals_(
          database_,
          "SELECT (SELECT count(*) FROM builds WHERE state = 0), (SELECT created FROM builds WHERE "
          "id = (SELECT min(+id) FROM builds WHERE state = 0)), (SELECT count(*) FROM ledger WHERE "
          "owed_since IS NOT NULL)"
      ) {}

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
Snapshot Queries<Sql>::snapshot() {
    Snapshot snapshot;
    {
        auto shown = shown_.query();
        part(read_builds(shown), snapshot);
    }
    reader_.add_steps(snapshot.running);
    if (auto totals = totals_.query(); totals.next()) {
        snapshot.queued_total = totals.integer();
        snapshot.queued_since = time_or_null(totals);
        snapshot.owed_total = totals.integer();
    }
    snapshot.images = images(snapshot.running);
    snapshot.steps_by_state = steps_by_state(snapshot.running);
    return snapshot;
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

// Of the steps that images name most are known, and others are of builds that run: what is left
// became over since the last snapshot.
template <class Sql>
std::vector<ImageStatus> Queries<Sql>::images(const std::vector<Build>& running) {
    std::vector<StepKey> steps = named();
    ImageRows rows = table_.find(steps);
    add(rows, rows_of(running, steps));
    if (!steps.empty()) {
        add(rows, read_images(steps));
    }
    std::vector<ImageStatus> images;
    images.reserve(rows.size());
    for (const auto& row : rows) {
        images.push_back(row->status);
    }
    table_.keep(std::move(rows));
    return images;
}

/// Sorted.
template <class Sql>
std::vector<StepKey> Queries<Sql>::named() {
    auto rows = named_.query();
    std::vector<StepKey> steps;
    while (rows.next()) {
        const BuildId build{rows.integer()};
        steps.push_back({build, static_cast<int>(rows.integer())});
    }
    std::ranges::sort(steps);
    return steps;
}

/// One question for all: where they are far apart it finds those between them, too.
template <class Sql>
ImageRows Queries<Sql>::read_images(const std::vector<StepKey>& steps) {
    auto found = images_.query(steps.front().build.value, steps.back().build.value);
    ImageRows rows;
    while (found.next()) {
        ImageRow row = read_image(found);
        if (std::ranges::binary_search(steps, row.step)) {
            rows.push_back(std::make_shared<const ImageRow>(std::move(row)));
        }
    }
    return rows;
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
