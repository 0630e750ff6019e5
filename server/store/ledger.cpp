#include "server/store/ledger.hpp"

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace slipway::store {
namespace {

// The debt is as old as its oldest unpushed change.
constexpr std::string_view plan_step_sql = R"sql(
INSERT INTO ledger (repository, ref, folder, image, reference_names, digests, commit_id, tree, input_id, bases, build, pushed,
    owed_since, owed_why, owed_commit, owed_tree, owed_build, owed_moved, removed, moved_to)
VALUES (?, ?, ?, ?, '[]', '{}', '', '', '', '{}', NULL, NULL, ?, ?, ?, ?, ?, '', NULL, '')
ON CONFLICT (repository, ref, folder) DO UPDATE SET image = excluded.image,
    owed_since = coalesce(ledger.owed_since, excluded.owed_since), owed_why = excluded.owed_why,
    owed_commit = excluded.owed_commit, owed_tree = excluded.owed_tree, owed_build = excluded.owed_build,
    removed = NULL, moved_to = ''
)sql";

constexpr std::string_view settle_columns =
    "owed_since = NULL, owed_why = '', owed_commit = '', owed_tree = '', owed_build = 0, "
    "owed_moved = ''";

constexpr std::string_view set_branch_sql = R"sql(
INSERT INTO branches (repository, ref, commit_id, tree, updated, closed) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (repository, ref) DO UPDATE SET commit_id = excluded.commit_id, tree = excluded.tree,
    updated = excluded.updated, closed = excluded.closed
)sql";

constexpr std::string_view push_sql = R"sql(
INSERT INTO ledger (repository, ref, folder, image, reference_names, digests, commit_id, tree, input_id, bases, build, pushed,
    owed_since, owed_why, owed_commit, owed_tree, owed_build, owed_moved, removed, moved_to)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, '', '', '', 0, '', NULL, '')
ON CONFLICT (repository, ref, folder) DO UPDATE SET image = excluded.image, reference_names = excluded.reference_names,
    digests = excluded.digests, commit_id = excluded.commit_id, tree = excluded.tree, input_id = excluded.input_id,
    bases = excluded.bases, build = excluded.build, pushed = excluded.pushed
)sql";

constexpr std::string_view owe_sql = R"sql(
UPDATE ledger SET owed_since = ?, owed_why = ?, owed_moved = ?, owed_commit = commit_id, owed_tree = tree, owed_build = 0
WHERE repository = ? AND ref = ? AND folder = ? AND removed IS NULL AND owed_since IS NULL
)sql";

}  // namespace

template <class Sql>
Ledger<Sql>::Ledger(const typename Sql::Database& database)
    : find_(database, "SELECT repository, ref, after, keeps_ledger FROM builds WHERE id = ?"),
      plan_step_(database, plan_step_sql),
      remove_(
          database,
          "UPDATE ledger SET removed = ?, moved_to = ?, " + std::string(settle_columns) +
              " WHERE repository = ? AND ref = ? AND folder = ?"
      ),
      set_branch_(database, set_branch_sql),
      push_(database, push_sql),
      settle_(
          database,
          "UPDATE ledger SET " + std::string(settle_columns) +
              " WHERE repository = ? AND ref = ? AND folder = ? AND (owed_tree = ? OR owed_build = "
              "?)"
      ),
      explain_(
          database,
          "UPDATE ledger SET owed_why = ? WHERE repository = ? AND ref = ? AND folder = ? AND "
          "owed_build = ? AND owed_since IS NOT NULL"
      ),
      settle_branch_(
          database,
          "UPDATE ledger SET " + std::string(settle_columns) +
              " WHERE repository = ? AND ref = ? AND owed_since IS NOT NULL"
      ),
      owe_(database, owe_sql) {}

template <class Sql>
void Ledger<Sql>::plan(const LedgerBuild& build, const PlanRecord& plan, Time now) {
    if (plan.tree.empty() || build.ref.empty()) {
        return;  // a request for some folders: what it does not push is no debt of the branch
    }
    set_branch_.run(
        build.repository,
        build.ref,
        plan.after,
        plan.tree,
        stored(now),
        stored(std::optional<Time>())
    );
    if (!plan.keeps_ledger) {
        return;
    }
    const std::string why = "planned in build " + std::to_string(build.id.value);
    for (const Step& step : plan.steps) {
        plan_step_.run(
            build.repository,
            build.ref,
            step.folder,
            step.image,
            stored(now),
            why,
            plan.after,
            step.tree,
            build.id.value
        );
    }
    for (const PlanRecord::Removed& gone : plan.removed) {
        remove_.run(stored(now), gone.moved_to, build.repository, build.ref, gone.folder);
    }
}

template <class Sql>
void Ledger<Sql>::pushed(BuildId id, const Step& step, Time now) {
    const std::optional<LedgerBuild> build = find(id);
    if (!build || !build->keeps_ledger) {
        return;
    }
    if (step.push) {
        push_.run(
            build->repository,
            build->ref,
            step.folder,
            step.image,
            to_json(step.references),
            to_json(step.digests),
            build->commit,
            step.tree,
            step.input_id,
            to_json(step.bases),
            id.value,
            stored(now)
        );
    }
    settle_.run(build->repository, build->ref, step.folder, step.tree, id.value);
}

template <class Sql>
void Ledger<Sql>::not_pushed(BuildId id, const std::string& folder, const std::string& why) {
    const std::optional<LedgerBuild> build = find(id);
    if (build && build->keeps_ledger) {
        explain_.run(why, build->repository, build->ref, folder, id.value);
    }
}

template <class Sql>
void Ledger<Sql>::keep_branch(const Branch& branch, Time now) {
    set_branch_.run(
        branch.repository,
        branch.ref,
        branch.commit,
        branch.tree,
        stored(now),
        stored(branch.closed)
    );
    if (branch.closed) {
        settle_branch_.run(branch.repository, branch.ref);
    }
}

template <class Sql>
void Ledger<Sql>::owe(
    const std::string& repository,
    const std::string& ref,
    const std::string& folder,
    const std::string& why,
    const std::string& moved,
    Time now
) {
    owe_.run(stored(now), why, moved, repository, ref, folder);
}

template <class Sql>
std::optional<LedgerBuild> Ledger<Sql>::find(BuildId id) {
    auto rows = find_.query(id.value);
    if (!rows.next()) {
        return std::nullopt;
    }
    return LedgerBuild{
        .id = id,
        .repository = rows.text(),
        .ref = rows.text(),
        .commit = rows.text(),
        .keeps_ledger = rows.integer() != 0,
    };
}

template class Ledger<Sqlite>;
template class Ledger<Postgres>;

}  // namespace slipway::store
