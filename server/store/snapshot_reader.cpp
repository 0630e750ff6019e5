#include "server/store/snapshot_reader.hpp"

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/dialects.hpp"
#include "server/store/image_table.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

constexpr int queued_shown = 100;
constexpr int finished_shown = 20;

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
SnapshotReader<Sql>::SnapshotReader(
    const typename Sql::Database& database, BuildReader<Sql>& reader, ImageTable& table
)
    : reader_(reader),
      table_(table),
      shown_(database, shown_sql()),
      named_(database, "SELECT build, position FROM images"),
      images_(
          database,
          "SELECT i.build, i.position, i.repository, s.folder, s.image, s.state, s.digests, "
          "s.error, s.finished FROM images AS i JOIN steps AS s ON s.build = i.build AND "
          "s.position = i.position WHERE i.build BETWEEN ? AND ?"
      ),
      totals_(
          database,
          "SELECT (SELECT count(*) FROM builds WHERE state = 0), (SELECT created FROM builds WHERE "
          "id = (SELECT min(+id) FROM builds WHERE state = 0)), (SELECT count(*) FROM ledger WHERE "
          "owed_since IS NOT NULL)"
      ) {}

template <class Sql>
Snapshot SnapshotReader<Sql>::read() {
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

// Of the steps that images name most are known, and others are of builds that run: what is left
// became over since the last snapshot.
template <class Sql>
std::vector<ImageStatus> SnapshotReader<Sql>::images(const std::vector<Build>& running) {
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
std::vector<StepKey> SnapshotReader<Sql>::named() {
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
ImageRows SnapshotReader<Sql>::read_images(const std::vector<StepKey>& steps) {
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

template class SnapshotReader<Sqlite>;
template class SnapshotReader<Postgres>;

}  // namespace slipway::store
