#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/trace_context.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {

/// What read_build() reads, in its order, where the table is named `b`.
inline constexpr std::string_view build_columns =
    "b.id, b.repository, b.ref, b.before, b.after, b.trigger_kind, b.folders, b.no_cache, b.state, "
    "b.plan, b.error, b.delivery, b.created, b.started, b.finished, b.reports, "
    "coalesce(b.traceparent, '')";

/// The same without the plan, which may be long.
inline constexpr std::string_view brief_build_columns =
    "b.id, b.repository, b.ref, b.before, b.after, b.trigger_kind, b.folders, b.no_cache, b.state, "
    "'', b.error, b.delivery, b.created, b.started, b.finished, b.reports, "
    "coalesce(b.traceparent, '')";

/// What read_step() reads, in its order, where the table is named `s`.
inline constexpr std::string_view step_columns =
    "s.position, s.folder, s.image, s.reference_names, s.needs, s.reasons, s.push, s.priority, "
    "s.tree, s.state, s.attempts, s.worker, s.engine, s.input_id, s.bases, s.image_id, s.digests, "
    "s.attested, s.error, s.note, s.not_before, s.started, s.built, s.finished";

/// What read_ledger_entry() reads, in its order.
inline constexpr std::string_view ledger_columns =
    "repository, ref, folder, image, reference_names, digests, commit_id, tree, input_id, bases, "
    "build, pushed, owed_since, owed_why, owed_commit, owed_tree, owed_build, owed_moved, removed, "
    "moved_to";

inline constexpr std::string_view branch_columns =
    "repository, ref, commit_id, tree, updated, closed";

/// The same columns as `RETURNING` names them, which knows no `s.`.
[[nodiscard]] std::string without_alias(std::string_view columns);

[[nodiscard]] std::string to_json(const std::vector<std::string>& texts);
[[nodiscard]] std::string to_json(const std::vector<int>& numbers);
[[nodiscard]] std::string to_json(const std::map<std::string, std::string>& texts);
[[nodiscard]] std::vector<std::string> texts_from(const std::string& json);
[[nodiscard]] std::vector<int> numbers_from(const std::string& json);
[[nodiscard]] std::map<std::string, std::string> map_from(const std::string& json);

/// `builds.reports`: which reports are wanted, as bits. With few enough steps each has a status.
[[nodiscard]] std::int64_t to_bits(const Reports& reports);
[[nodiscard]] std::int64_t to_bits(const Reports& reports, std::size_t steps);
[[nodiscard]] Reports reports_from(std::int64_t bits);

[[nodiscard]] inline std::int64_t stored(Time time) {
    return time.time_since_epoch().count();
}

[[nodiscard]] inline std::optional<std::int64_t> stored(const std::optional<Time>& time) {
    return time.transform([](Time given) { return stored(given); });
}

[[nodiscard]] inline std::optional<std::int64_t> stored(const std::optional<BuildId>& build) {
    return build.transform([](BuildId id) { return id.value; });
}

[[nodiscard]] inline Time time_of(std::int64_t milliseconds) {
    return Time(std::chrono::milliseconds(milliseconds));
}

template <class Rows>
[[nodiscard]] std::optional<Time> time_or_null(Rows& rows) {
    return rows.integer_or_null().transform(time_of);
}

template <class Id, class Rows>
[[nodiscard]] std::optional<Id> id_or_null(Rows& rows) {
    return rows.integer_or_null().transform([](std::int64_t id) { return Id{id}; });
}

// Braces evaluate in the order written, and so in the order of the columns.
template <class Rows>
[[nodiscard]] Build read_build(Rows& rows) {
    return {
        .id = BuildId{rows.integer()},
        .repository = rows.text(),
        .ref = rows.text(),
        .before = rows.text(),
        .after = rows.text(),
        .trigger = static_cast<Trigger>(rows.integer()),
        .folders = texts_from(rows.text()),
        .no_cache = rows.integer() != 0,
        .state = static_cast<model::BuildState>(rows.integer()),
        .plan = rows.text(),
        .error = rows.text(),
        .delivery = id_or_null<DeliveryId>(rows),
        .created = time_of(rows.integer()),
        .started = time_or_null(rows),
        .finished = time_or_null(rows),
        .steps = {},
        .reports = reports_from(rows.integer()),
        .trace = parse_traceparent(rows.text()),
    };
}

template <class Rows>
[[nodiscard]] std::vector<Build> read_builds(Rows& rows) {
    std::vector<Build> builds;
    while (rows.next()) {
        builds.push_back(read_build(rows));
    }
    return builds;
}

template <class Rows>
[[nodiscard]] Step read_step(Rows& rows) {
    return {
        .position = static_cast<int>(rows.integer()),
        .folder = rows.text(),
        .image = rows.text(),
        .references = texts_from(rows.text()),
        .needs = numbers_from(rows.text()),
        .reasons = rows.text(),
        .push = rows.integer() != 0,
        .priority = static_cast<StepPriority>(rows.integer()),
        .tree = rows.text(),
        .state = static_cast<model::StepState>(rows.integer()),
        .attempts = static_cast<int>(rows.integer()),
        .worker = rows.text(),
        .engine = rows.text(),
        .input_id = rows.text(),
        .bases = map_from(rows.text()),
        .image_id = rows.text(),
        .digests = map_from(rows.text()),
        .attested = texts_from(rows.text()),
        .error = rows.text(),
        .note = rows.text(),
        .not_before = time_or_null(rows),
        .started = time_or_null(rows),
        .built = time_or_null(rows),
        .finished = time_or_null(rows),
    };
}

template <class Rows>
[[nodiscard]] Branch read_branch(Rows& rows) {
    return {
        .repository = rows.text(),
        .ref = rows.text(),
        .commit = rows.text(),
        .tree = rows.text(),
        .updated = time_of(rows.integer()),
        .closed = time_or_null(rows),
    };
}

template <class Rows>
[[nodiscard]] std::optional<Owed> read_owed(Rows& rows) {
    const std::optional<Time> since = time_or_null(rows);
    Owed owed{
        .since = since.value_or(Time{}),
        .why = rows.text(),
        .commit = rows.text(),
        .tree = rows.text(),
        .build = BuildId{rows.integer()},
        .moved = rows.text(),
    };
    return since ? std::optional(std::move(owed)) : std::nullopt;
}

template <class Rows>
[[nodiscard]] LedgerEntry read_ledger_entry(Rows& rows) {
    return {
        .repository = rows.text(),
        .ref = rows.text(),
        .folder = rows.text(),
        .image = rows.text(),
        .references = texts_from(rows.text()),
        .digests = map_from(rows.text()),
        .commit = rows.text(),
        .tree = rows.text(),
        .input_id = rows.text(),
        .bases = map_from(rows.text()),
        .build = id_or_null<BuildId>(rows),
        .pushed = time_or_null(rows),
        .owed = read_owed(rows),
        .removed = time_or_null(rows),
        .moved_to = rows.text(),
    };
}

/// Reads whole builds on the connection it was made for. The plus keeps SQLite from walking through
/// all builds in the order of their ids: it takes the index of those that run, and sorts. A CROSS
/// JOIN has it begin at the left one: at the builds that run, not at all steps.
template <class Sql>
class BuildReader {
public:
    explicit BuildReader(const typename Sql::Database& database)
        : build_(
              database, "SELECT " + std::string(build_columns) + " FROM builds AS b WHERE b.id = ?"
          ),
          brief_(
              database,
              "SELECT " + std::string(brief_build_columns) + " FROM builds AS b WHERE b.id = ?"
          ),
          steps_(
              database,
              "SELECT " + std::string(step_columns) +
                  " FROM steps AS s WHERE s.build = ? ORDER BY s.position"
          ),
          running_steps_(
              database,
              "SELECT s.build, " + std::string(step_columns) +
                  " FROM builds AS b CROSS JOIN steps AS s WHERE s.build = b.id AND b.state = 1 "
                  "ORDER BY +b.id, s.position"
          ) {}

    /// With its steps.
    [[nodiscard]] std::optional<Build> find(BuildId id) {
        std::optional<Build> build;
        {
            auto rows = build_.query(id.value);
            build = rows.next() ? std::optional(read_build(rows)) : std::nullopt;
        }
        if (build) {
            build->steps = steps(id);
        }
        return build;
    }

    /// Without steps and plan.
    [[nodiscard]] std::optional<Build> find_brief(BuildId id) {
        auto rows = brief_.query(id.value);
        return rows.next() ? std::optional(read_build(rows)) : std::nullopt;
    }

    [[nodiscard]] std::vector<Step> steps(BuildId id) {
        auto rows = steps_.query(id.value);
        std::vector<Step> found;
        while (rows.next()) {
            found.push_back(read_step(rows));
        }
        return found;
    }

    /// To those that run, the oldest first and all of them, as they are at the same moment.
    void add_steps(std::vector<Build>& running) {
        auto build = running.begin();
        auto rows = running_steps_.query();
        while (rows.next()) {
            const BuildId id{rows.integer()};
            while (build->id != id) {
                ++build;
            }
            build->steps.push_back(read_step(rows));
        }
    }

private:
    typename Sql::Statement build_;
    typename Sql::Statement brief_;
    typename Sql::Statement steps_;
    typename Sql::Statement running_steps_;
};

}  // namespace slipway::store
