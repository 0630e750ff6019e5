#include "server/store/progress.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/records.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

/// A log is stored in pieces of at most this, so that a reader in its middle need not load all of
/// it.
constexpr std::size_t log_chunk_bytes = 65536;

// Steps from one waiting repository to the next on an index, for one that runs may have a hundred
// thousand builds waiting.
constexpr std::string_view next_sql = R"sql(
WITH RECURSIVE waiting (repository) AS (
    SELECT min(repository) FROM builds WHERE state = 0
    UNION ALL
    SELECT (SELECT min(b.repository) FROM builds AS b WHERE b.state = 0 AND b.repository > waiting.repository)
    FROM waiting WHERE waiting.repository IS NOT NULL
)
SELECT first.id FROM waiting JOIN builds AS first ON first.id = (
    SELECT b.id FROM builds AS b WHERE b.state = 0 AND b.repository = waiting.repository
    ORDER BY b.trigger_kind, b.id LIMIT 1
)
WHERE NOT EXISTS (SELECT 1 FROM builds AS r WHERE r.state = 1 AND r.repository = waiting.repository)
ORDER BY first.trigger_kind, first.id LIMIT 1
)sql";

// Before a build's steps go: its folders show again the steps of the build before.
constexpr std::string_view uncover_images_sql = R"sql(
INSERT INTO images (repository, folder, build, position)
SELECT b.repository, s.folder, max(s.build), s.position FROM steps AS s JOIN builds AS b ON b.id = s.build
WHERE s.folder IN (SELECT folder FROM images WHERE build = ?1)
    AND b.repository = (SELECT repository FROM builds WHERE id = ?1) AND s.build <> ?1
GROUP BY s.folder
ON CONFLICT DO UPDATE SET build = excluded.build, position = excluded.position WHERE build = ?1
)sql";

constexpr std::string_view cover_image_sql = R"sql(
INSERT INTO images (repository, folder, build, position)
SELECT repository, ?3, id, ?2 FROM builds WHERE id = ?1
ON CONFLICT DO UPDATE SET build = excluded.build, position = excluded.position
WHERE excluded.build >= build
)sql";

std::string name_of(BuildId build) {
    return "build " + std::to_string(build.value);
}

std::string name_of(BuildId build, int position) {
    return "step " + std::to_string(position) + " of " + name_of(build);
}

std::unexpected<Error> unknown(const std::string& name) {
    return fail(ErrorCode::not_found, "there is no " + name);
}

}  // namespace

Progress::Progress(const Database& database)
    : reader_(database),
      next_(database, next_sql),
      start_(database, "UPDATE builds SET state = 1, started = ? WHERE id = ?"),
      reset_steps_(
          database,
          "UPDATE steps SET state = ? WHERE state = ? AND build IN (SELECT id FROM builds WHERE "
          "state = 1)"
      ),
      build_state_(database, "SELECT state FROM builds WHERE id = ?"),
      plan_(database, "UPDATE builds SET before = ?, after = ?, plan = ? WHERE id = ?"),
      uncover_images_(database, uncover_images_sql),
      drop_steps_(database, "DELETE FROM steps WHERE build = ?"),
      insert_step_(
          database,
          "INSERT INTO steps (build, position, folder, image, reference_names, needs, reasons, "
          "push, state, attempts, engine, image_id, digests, error, note, started, built, "
          "finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      ),
      cover_image_(database, cover_image_sql),
      step_state_(database, "SELECT state FROM steps WHERE build = ? AND position = ?"),
      update_step_(
          database,
          "UPDATE steps SET image = ?, reference_names = ?, needs = ?, reasons = ?, push = ?, "
          "state = ?, attempts = ?, engine = ?, image_id = ?, digests = ?, error = ?, note = ?, "
          "started = ?, "
          "built = ?, finished = ? WHERE build = ? AND position = ?"
      ),
      finish_(database, "UPDATE builds SET state = ?, error = ?, finished = ? WHERE id = ?"),
      log_end_(
          database,
          "SELECT first_byte + length(bytes) FROM step_logs WHERE build = ? AND position = ? ORDER "
          "BY first_byte DESC LIMIT 1"
      ),
      append_log_(
          database, "INSERT INTO step_logs (build, position, first_byte, bytes) VALUES (?, ?, ?, ?)"
      ),
      remember_image_(
          database,
          "INSERT INTO left_images (engine, reference, image_id, built) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (engine, reference) DO UPDATE SET image_id = excluded.image_id, "
          "built = excluded.built"
      ),
      forget_image_(
          database, "DELETE FROM left_images WHERE engine = ? AND reference = ? AND image_id = ?"
      ) {}

std::optional<Build> Progress::claim(Time now) {
    std::int64_t id = 0;
    {
        Rows rows = next_.query();
        if (!rows.next()) {
            return std::nullopt;
        }
        id = rows.integer();
    }
    start_.run(stored(now), id);
    return reader_.find(BuildId{id});
}

std::vector<Build> Progress::recover() {
    using enum model::StepState;
    reset_steps_.run(std::to_underlying(ready), std::to_underlying(building));
    reset_steps_.run(std::to_underlying(built), std::to_underlying(pushing));
    return reader_.running();
}

Result<void> Progress::record_plan(BuildId build, const PlanRecord& plan) {
    const Result<model::BuildState> state = state_of(build);
    if (!state) {
        return std::unexpected(state.error());
    }
    if (*state != model::BuildState::running) {
        return fail(
            ErrorCode::conflict,
            name_of(build) + " is " + std::string(to_string(*state)) +
                ": only a running build is planned"
        );
    }
    plan_.run(plan.before, plan.after, plan.plan, build.value);
    drop_steps(build);
    for (const Step& step : plan.steps) {
        insert_step(build, step);
    }
    return {};
}

Result<void> Progress::update_step(BuildId build, const Step& step) {
    const std::optional<model::StepState> from = step_state(build, step.position);
    if (!from) {
        return unknown(name_of(build, step.position));
    }
    if (*from != step.state && !model::may_follow(*from, step.state)) {
        return fail(
            ErrorCode::conflict,
            name_of(build, step.position) + " is " + std::string(to_string(*from)) +
                " and can't become " + std::string(to_string(step.state))
        );
    }
    update_step_.run(
        step.image,
        to_json(step.references),
        to_json(step.needs),
        step.reasons,
        step.push,
        std::to_underlying(step.state),
        step.attempts,
        step.engine,
        step.image_id,
        to_json(step.digests),
        step.error,
        step.note,
        stored(step.started),
        stored(step.built),
        stored(step.finished),
        build.value,
        step.position
    );
    if (step.state == model::StepState::built && *from == model::StepState::building) {
        remember_images(step);
    }
    return {};
}

void Progress::remember_images(const Step& step) {
    const auto remember = [&](const std::string& reference) {
        remember_image_.run(
            step.engine, reference, step.image_id, stored(step.built.value_or(Time{}))
        );
    };
    remember(step.image);
    std::ranges::for_each(step.references, remember);
}

Result<void> Progress::forget_image(const LeftImage& image) {
    forget_image_.run(image.engine, image.reference, image.image_id);
    return {};
}

Result<void> Progress::finish(
    BuildId build, model::BuildState state, const std::string& error, Time now
) {
    const Result<model::BuildState> from = state_of(build);
    if (!from) {
        return std::unexpected(from.error());
    }
    if (!model::is_final(state) || model::is_final(*from)) {
        return fail(
            ErrorCode::conflict,
            name_of(build) + " is " + std::string(to_string(*from)) + " and can't end as " +
                std::string(to_string(state))
        );
    }
    finish_.run(std::to_underlying(state), error, stored(now), build.value);
    return {};
}

Result<void> Progress::append_log(BuildId build, int position, std::string_view text) {
    if (!step_state(build, position)) {
        return unknown(name_of(build, position));
    }
    std::int64_t end = 0;
    {
        Rows rows = log_end_.query(build.value, position);
        end = rows.next() ? rows.integer() : 0;
    }
    while (!text.empty()) {
        const std::string_view chunk = text.substr(0, log_chunk_bytes);
        append_log_.run(build.value, position, end, Blob{chunk});
        end += static_cast<std::int64_t>(chunk.size());
        text.remove_prefix(chunk.size());
    }
    return {};
}

Result<model::BuildState> Progress::state_of(BuildId build) {
    Rows rows = build_state_.query(build.value);
    if (!rows.next()) {
        return unknown(name_of(build));
    }
    return static_cast<model::BuildState>(rows.integer());
}

std::optional<model::StepState> Progress::step_state(BuildId build, int position) {
    Rows rows = step_state_.query(build.value, position);
    if (!rows.next()) {
        return std::nullopt;
    }
    return static_cast<model::StepState>(rows.integer());
}

void Progress::drop_steps(BuildId build) {
    uncover_images_.run(build.value);
    drop_steps_.run(build.value);
}

void Progress::insert_step(BuildId build, const Step& step) {
    insert_step_.run(
        build.value,
        step.position,
        step.folder,
        step.image,
        to_json(step.references),
        to_json(step.needs),
        step.reasons,
        step.push,
        std::to_underlying(step.state),
        step.attempts,
        step.engine,
        step.image_id,
        to_json(step.digests),
        step.error,
        step.note,
        stored(step.started),
        stored(step.built),
        stored(step.finished)
    );
    cover_image_.run(build.value, step.position, step.folder);
}

}  // namespace slipway::store
