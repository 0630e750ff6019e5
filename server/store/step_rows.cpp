#include "server/store/step_rows.hpp"

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

// The first columns of both are those that run_with() binds, in its order.
constexpr std::string_view insert_sql = R"sql(
INSERT INTO steps (image, reference_names, state, attempts, worker, engine, input_id, bases, image_id, digests, attested, error,
    note, not_before, started, built, finished, build, position, folder, needs, missing, reasons, push, priority, tree)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view update_sql = R"sql(
UPDATE steps SET image = ?, reference_names = ?, state = ?, attempts = ?, worker = ?, engine = ?, input_id = ?, bases = ?,
    image_id = ?, digests = ?, attested = ?, error = ?, note = ?, not_before = ?, started = ?, built = ?, finished = ?, claimant = ?
WHERE build = ? AND position = ?
)sql";

constexpr std::string_view cover_image_sql = R"sql(
INSERT INTO images (repository, folder, build, position)
SELECT b.repository, s.folder, s.build, s.position FROM steps AS s JOIN builds AS b ON b.id = s.build WHERE s.build = ?
ON CONFLICT (repository, folder) DO UPDATE SET build = excluded.build, position = excluded.position
WHERE excluded.build >= images.build
)sql";

/// Runs a statement with what a worker may change of a step, and then the others.
template <class Statement, class... Others>
void run_with(Statement& statement, const Step& step, const Others&... others) {
    statement.run(
        step.image,
        to_json(step.references),
        std::to_underlying(step.state),
        step.attempts,
        step.worker,
        step.engine,
        step.input_id,
        to_json(step.bases),
        step.image_id,
        to_json(step.digests),
        to_json(step.attested),
        step.error,
        step.note,
        stored(step.not_before),
        stored(step.started),
        stored(step.built),
        stored(step.finished),
        others...
    );
}

}  // namespace

template <class Sql>
StepRows<Sql>::StepRows(const typename Sql::Database& database)
    : insert_(database, insert_sql),
      insert_need_(database, "INSERT INTO step_needs (build, need, position) VALUES (?, ?, ?)"),
      cover_image_(database, cover_image_sql),
      update_(database, update_sql) {}

template <class Sql>
void StepRows<Sql>::insert(BuildId build, const std::vector<Step>& steps) {
    for (const Step& step : steps) {
        insert(build, step);
    }
    for (const Step& step : steps) {
        for (const int need : step.needs) {
            insert_need_.run(build.value, need, step.position);
        }
    }
    cover_image_.run(build.value);
}

template <class Sql>
void StepRows<Sql>::insert(BuildId build, const Step& step) {
    run_with(
        insert_,
        step,
        build.value,
        step.position,
        step.folder,
        to_json(step.needs),
        static_cast<std::int64_t>(step.needs.size()),
        step.reasons,
        step.push,
        std::to_underlying(step.priority),
        step.tree
    );
}

template <class Sql>
void StepRows<Sql>::update(BuildId build, const Step& step, std::int64_t claimant) {
    run_with(update_, step, claimant, build.value, step.position);
}

template class StepRows<Sqlite>;
template class StepRows<Postgres>;

}  // namespace slipway::store
