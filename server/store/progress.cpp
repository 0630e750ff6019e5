#include "server/store/progress.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/dialects.hpp"
#include "server/store/ledger.hpp"
#include "server/store/left_images.hpp"
#include "server/store/log_writer.hpp"
#include "server/store/outbox.hpp"
#include "server/store/records.hpp"
#include "server/store/step_ends.hpp"
#include "server/store/step_rows.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

constexpr std::string_view build_sql = R"sql(
SELECT state, planned, worker, ending, repository, ref,
    CASE WHEN trigger_kind IN (1, 2) AND folders = '[]' AND ref LIKE 'refs/heads/%' THEN 1 ELSE 0 END,
    error, reports
FROM builds WHERE id = ?
)sql";

constexpr std::string_view plan_sql = R"sql(
UPDATE builds SET before = ?, after = ?, plan = ?, planned = 1, worker = 0, keeps_ledger = ?, one_place = ?,
    error = CASE ending WHEN 0 THEN ? ELSE error END, reports = ?
WHERE id = ?
)sql";

constexpr std::string_view step_sql = R"sql(
SELECT state, claimant, (SELECT b.reports FROM builds AS b WHERE b.id = steps.build)
FROM steps WHERE build = ? AND position = ?
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

std::unexpected<Error> not_claimed(const std::string& name) {
    return fail(ErrorCode::conflict, name + " is not claimed by this process, or not any more");
}

/// `claimant` is 0 where nobody has it, which no worker is.
bool has(WorkerId worker, std::int64_t claimant) {
    return claimant != 0 && claimant == worker.value;
}

bool is_over(const Step& step) {
    return model::is_final(step.state) || (step.state == StepState::built && !step.push);
}

}  // namespace

template <class Sql>
Progress<Sql>::Progress(
    const typename Sql::Database& database,
    Ledger<Sql>& ledger,
    Outbox<Sql>& outbox,
    StepEnds<Sql>& ends,
    LeftImages<Sql>& left_images
)
    : ledger_(ledger),
      outbox_(outbox),
      ends_(ends),
      left_images_(left_images),
      rows_(database),
      build_(database, std::string(build_sql).append(Sql::lock_row)),
      plan_(database, std::string(plan_sql)),
      step_(database, std::string(step_sql).append(Sql::lock_row)),
      finish_(database, "UPDATE builds SET state = ?, error = ?, finished = ? WHERE id = ?"),
      end_as_(database, "UPDATE builds SET ending = ?, error = ? WHERE id = ?"),
      stop_steps_(
          database,
          "UPDATE steps SET stop = 1 WHERE build = ? AND claimant <> 0 AND finished IS NULL"
      ),
      bases_(database, "SELECT bases FROM builds WHERE id = ?" + std::string(Sql::lock_row)),
      set_bases_(database, "UPDATE builds SET bases = ? WHERE id = ?"),
      log_(database) {}

template <class Sql>
Result<BuildEnd> Progress<Sql>::record_plan(
    WorkerId worker, BuildId id, const PlanRecord& plan, Time now
) {
    const Result<BuildRow> build = find_claimed(worker, id);
    if (!build) {
        return std::unexpected(build.error());
    }
    const bool is_cancelled = build->ending != BuildState::queued;
    const bool keeps_ledger = plan.keeps_ledger && !plan.tree.empty();
    const bool all_pushed = std::ranges::all_of(plan.steps, &Step::push);
    plan_.run(
        plan.before,
        plan.after,
        plan.plan,
        plan.keeps_ledger,
        !all_pushed,
        plan.error,
        to_bits(plan.reports, plan.steps.size()),
        id.value
    );
    rows_.insert(id, plan.steps);
    if (plan.reports.statuses) {
        outbox_.build_planned(id, now);
    }
    ledger_.plan({id, build->repository, build->ref, plan.after, keeps_ledger}, plan, now);
    if (is_cancelled) {
        ends_.cancel(id, StepEnds<Sql>::Which::unbegun, build->error, now);
    }
    return ends_.end_if_done(id, now);
}

template <class Sql>
Result<void> Progress<Sql>::finish(
    WorkerId worker, BuildId id, BuildState state, const std::string& error, Time now
) {
    const Result<BuildRow> build = find_claimed(worker, id);
    if (!build) {
        return std::unexpected(build.error());
    }
    if (!model::is_final(state)) {
        return fail(
            ErrorCode::conflict, name_of(id) + " can't end as " + std::string(to_string(state))
        );
    }
    const bool was_cancelled = build->ending != BuildState::queued;
    end(id, *build, was_cancelled ? build->ending : state, error, now);
    return {};
}

template <class Sql>
Result<BuildEnd> Progress<Sql>::update_step(
    WorkerId worker, BuildId build, Step step, bool keep, Time now
) {
    const bool goes_on = keep && !is_over(step);
    if (!goes_on) {
        ends_.lock(build);
    }
    // A step is open for as long as it has no such time.
    step.finished = is_over(step) ? step.finished.value_or(now) : std::optional<Time>();
    const Result<StepRow> from = find_claimed(worker, build, step);
    if (!from) {
        return std::unexpected(from.error());
    }
    if (!goes_on && (step.state == StepState::building || step.state == StepState::pushing)) {
        return fail(
            ErrorCode::conflict,
            name_of(build, step.position) + " can't be given back while it is " +
                std::string(to_string(step.state))
        );
    }
    rows_.update(build, step, goes_on ? worker.value : 0);
    if (step.state == StepState::built && from->state == StepState::building) {
        left_images_.remember(step);
    }
    if (from->reports.any()) {
        report(build, step, *from, now);
    }
    if (goes_on) {
        return BuildEnd{};
    }
    return is_over(step) ? ends_.follow(build, step, now) : given_back(build, now);
}

template <class Sql>
void Progress<Sql>::end(
    BuildId id, const BuildRow& build, BuildState state, const std::string& error, Time now
) {
    finish_.run(std::to_underlying(state), error, stored(now), id.value);
    if (build.reports.any()) {
        outbox_.build_ended(id, now);
    }
}

/// What somebody outside can't tell from what it was told last is no news.
template <class Sql>
void Progress<Sql>::report(BuildId build, const Step& step, const StepRow& from, Time now) {
    const bool begins = step.state == StepState::building && from.state == StepState::ready;
    if (from.reports.statuses && (begins || is_over(step))) {
        outbox_.step_changed(build, step.position, now);
    }
    if (from.reports.events && step.state == StepState::pushed) {
        outbox_.step_pushed(build, step.position, now);
    }
}

/// A step of a build that was cancelled meanwhile is not begun again.
template <class Sql>
Result<BuildEnd> Progress<Sql>::given_back(BuildId id, Time now) {
    const Result<BuildRow> build = find(id);
    if (!build) {
        return std::unexpected(build.error());
    }
    if (build->ending != BuildState::cancelled) {
        return BuildEnd{};
    }
    ends_.cancel(id, StepEnds<Sql>::Which::unclaimed, "cancelled", now);
    return ends_.end_if_done(id, now);
}

template <class Sql>
Result<BuildEnd> Progress<Sql>::end_early(
    BuildId id, BuildState state, const std::string& why, Time now
) {
    const Result<BuildRow> build = find(id);
    if (!build) {
        return std::unexpected(build.error());
    }
    if (model::is_final(build->state)) {
        return fail(
            ErrorCode::conflict,
            name_of(id) + " is over: it " + std::string(to_string(build->state))
        );
    }
    const bool is_owed = build->is_push && state == BuildState::cancelled;
    if (build->state == BuildState::queued && !is_owed) {
        end(id, *build, state, why, now);
        return BuildEnd{state};
    }
    end_as_.run(std::to_underlying(state), why, id.value);
    if (!build->planned) {
        return BuildEnd{};  // who plans it finds out when it is done
    }
    ends_.cancel(id, StepEnds<Sql>::Which::unclaimed, why, now);
    stop_steps_.run(id.value);
    return ends_.end_if_done(id, now);
}

template <class Sql>
Result<std::string> Progress<Sql>::pin_base(
    BuildId build, const std::string& reference, const std::string& digest
) {
    std::map<std::string, std::string> bases;
    {
        auto rows = bases_.query(build.value);
        if (!rows.next()) {
            return unknown(name_of(build));
        }
        bases = map_from(rows.text());
    }
    const auto [pinned, is_new] = bases.emplace(reference, digest);
    if (is_new) {
        set_bases_.run(to_json(bases), build.value);
    }
    return pinned->second;
}

template <class Sql>
Result<void> Progress<Sql>::append_log(BuildId build, int position, std::string_view text) {
    if (const auto step = find(build, position); !step) {
        return std::unexpected(step.error());
    }
    log_.append(build, position, text);
    return {};
}

template <class Sql>
Result<typename Progress<Sql>::BuildRow> Progress<Sql>::find(BuildId build) {
    auto rows = build_.query(build.value);
    if (!rows.next()) {
        return unknown(name_of(build));
    }
    return BuildRow{
        .state = static_cast<BuildState>(rows.integer()),
        .planned = rows.integer() != 0,
        .worker = rows.integer(),
        .ending = static_cast<BuildState>(rows.integer()),
        .repository = rows.text(),
        .ref = rows.text(),
        .is_push = rows.integer() != 0,
        .error = rows.text(),
        .reports = reports_from(rows.integer()),
    };
}

template <class Sql>
Result<typename Progress<Sql>::BuildRow> Progress<Sql>::find_claimed(WorkerId worker, BuildId id) {
    Result<BuildRow> build = find(id);
    if (build && (build->state != BuildState::running || !has(worker, build->worker))) {
        return not_claimed(name_of(id));
    }
    return build;
}

template <class Sql>
Result<typename Progress<Sql>::StepRow> Progress<Sql>::find(BuildId build, int position) {
    auto rows = step_.query(build.value, position);
    if (!rows.next()) {
        return unknown(name_of(build, position));
    }
    return StepRow{
        .state = static_cast<StepState>(rows.integer()),
        .claimant = rows.integer(),
        .reports = reports_from(rows.integer()),
    };
}

template <class Sql>
Result<typename Progress<Sql>::StepRow> Progress<Sql>::find_claimed(
    WorkerId worker, BuildId build, const Step& step
) {
    Result<StepRow> from = find(build, step.position);
    if (from && !has(worker, from->claimant)) {
        return not_claimed(name_of(build, step.position));
    }
    if (from && from->state != step.state && !model::may_follow(from->state, step.state)) {
        return fail(
            ErrorCode::conflict,
            name_of(build, step.position) + " is " + std::string(to_string(from->state)) +
                " and can't become " + std::string(to_string(step.state))
        );
    }
    return from;
}

template class Progress<Sqlite>;
template class Progress<Postgres>;

}  // namespace slipway::store
