#include "server/store/queries.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/records.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
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
    return "SELECT " + std::string(build_columns) + " FROM builds " + rest;
}

/// States are written out because the indexes of some of them are partial: SQLite must see which
/// one is meant.
std::string select_builds(const BuildQuery& query) {
    std::string where = "WHERE id < ?1";
    if (query.state) {
        where += " AND state = " + std::to_string(std::to_underlying(*query.state));
        where += model::is_final(*query.state) ? " AND state >= 2" : "";
    }
    if (!query.repository.empty()) {
        where += " AND repository = ?3";
    }
    return select_builds(where + " ORDER BY id DESC LIMIT ?2");
}

std::vector<Build> read_builds(Rows& rows) {
    std::vector<Build> builds;
    while (rows.next()) {
        builds.push_back(read_build(rows));
    }
    return builds;
}

}  // namespace

Queries::Queries(const std::filesystem::path& file)
    : database_(file, Database::Access::read_only),
      reader_(database_),
      step_(database_, "SELECT 1 FROM steps WHERE build = ? AND position = ?"),
      log_(database_, log_sql),
      queued_(database_, select_builds("WHERE state = 0 ORDER BY trigger_kind, id LIMIT ?")),
      queued_total_(database_, "SELECT count(*) FROM builds WHERE state = 0"),
      finished_(
          database_, select_builds("WHERE state >= 2 ORDER BY finished DESC, id DESC LIMIT ?")
      ),
      images_(
          database_,
          "SELECT i.repository, i.build, " + std::string(step_columns) +
              " FROM images AS i JOIN steps AS s ON s.build = i.build AND s.position = i.position "
              "ORDER BY i.repository, i.folder"
      ),
      steps_by_state_(
          database_,
          "SELECT s.state, count(*) FROM builds AS b JOIN steps AS s ON s.build = b.id WHERE "
          "b.state = 1 GROUP BY s.state"
      ) {}

Result<Build> Queries::build(BuildId id) {
    const Transaction transaction(database_, Transaction::Kind::read);
    std::optional<Build> found = reader_.find(id);
    if (!found) {
        return fail(ErrorCode::not_found, "there is no build " + std::to_string(id.value));
    }
    return *std::move(found);
}

std::vector<Build> Queries::builds(const BuildQuery& query) {
    Statement statement(database_, select_builds(query));
    const std::int64_t before =
        query.older_than ? query.older_than->value : std::numeric_limits<std::int64_t>::max();
    const int limit = std::clamp(query.limit, 0, most_builds);
    Rows rows = query.repository.empty() ? statement.query(before, limit)
                                         : statement.query(before, limit, query.repository);
    return read_builds(rows);
}

Result<std::string> Queries::log(BuildId build, int position, std::int64_t offset) {
    const Transaction transaction(database_, Transaction::Kind::read);
    Rows step = step_.query(build.value, position);
    if (!step.next()) {
        return fail(
            ErrorCode::not_found,
            "there is no step " + std::to_string(position) + " of build " +
                std::to_string(build.value)
        );
    }
    const std::int64_t from = std::max<std::int64_t>(offset, 0);
    std::string text;
    Rows chunks = log_.query(build.value, position, from);
    while (text.size() < most_log_bytes && chunks.next()) {
        const std::int64_t first_byte = chunks.integer();
        const std::string bytes = chunks.text();
        const auto skipped = static_cast<std::size_t>(std::max<std::int64_t>(from - first_byte, 0));
        text.append(bytes, std::min(skipped, bytes.size()), most_log_bytes - text.size());
    }
    return text;
}

Snapshot Queries::snapshot() {
    // One transaction, so that all parts are of the same moment.
    const Transaction transaction(database_, Transaction::Kind::read);
    Snapshot snapshot;
    snapshot.running = reader_.running();
    Rows queued = queued_.query(queued_shown);
    snapshot.queued = read_builds(queued);
    Rows total = queued_total_.query();
    snapshot.queued_total = total.next() ? total.integer() : 0;
    Rows finished = finished_.query(finished_shown);
    snapshot.finished = read_builds(finished);
    snapshot.images = images();
    snapshot.steps_by_state = steps_by_state();
    return snapshot;
}

std::vector<LeftImage> Queries::left_images(const std::string& engine, Time built) {
    Statement statement(
        database_,
        "SELECT reference, image_id FROM left_images WHERE engine = ? AND built < ? "
        "ORDER BY built, reference LIMIT 200"
    );
    Rows rows = statement.query(engine, stored(built));
    std::vector<LeftImage> left;
    while (rows.next()) {
        LeftImage& image = left.emplace_back();
        image.engine = engine;
        image.reference = rows.text();
        image.image_id = rows.text();
    }
    return left;
}

std::vector<ImageStatus> Queries::images() {
    Rows rows = images_.query();
    std::vector<ImageStatus> images;
    while (rows.next()) {
        std::string repository = rows.text();
        const BuildId build{rows.integer()};
        Step step = read_step(rows);
        images.push_back({std::move(repository), step.folder, step.image, build, {}});
        images.back().step = std::move(step);
    }
    return images;
}

/// Only a running build has steps that are not done with: queued ones have none yet.
std::map<std::string, std::int64_t> Queries::steps_by_state() {
    Rows rows = steps_by_state_.query();
    std::map<std::string, std::int64_t> counts;
    while (rows.next()) {
        const auto state = static_cast<model::StepState>(rows.integer());
        counts.emplace(to_string(state), rows.integer());
    }
    return counts;
}

}  // namespace slipway::store
