#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/dialects.hpp"
#include "server/store/ledger.hpp"
#include "server/store/left_images.hpp"
#include "server/store/log_writer.hpp"
#include "server/store/outbox.hpp"
#include "server/store/step_ends.hpp"
#include "server/store/step_rows.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::store {

/// What becomes of builds that are claimed: plans, states, logs. Runs in the caller's transaction.
template <class Sql>
class Progress {
public:
    /// All must outlive it.
    Progress(
        const typename Sql::Database& database,
        Ledger<Sql>& ledger,
        Outbox<Sql>& outbox,
        StepEnds<Sql>& ends,
        LeftImages<Sql>& left_images
    );

    [[nodiscard]] Result<BuildEnd> record_plan(
        WorkerId worker, BuildId build, const PlanRecord& plan, Time now
    );
    [[nodiscard]] Result<void> finish(
        WorkerId worker, BuildId build, model::BuildState state, const std::string& error, Time now
    );

    /// `keep`: the worker goes on with the step, unless it is final.
    [[nodiscard]] Result<BuildEnd> update_step(
        WorkerId worker, BuildId build, Step step, bool keep, Time now
    );

    /// `state`: cancelled or superseded.
    [[nodiscard]] Result<BuildEnd> end_early(
        BuildId build, model::BuildState state, const std::string& why, Time now
    );
    [[nodiscard]] Result<std::string> pin_base(
        BuildId build, const std::string& reference, const std::string& digest
    );
    [[nodiscard]] Result<void> append_log(BuildId build, int position, std::string_view text);

private:
    using Statement = typename Sql::Statement;

    struct BuildRow {
        model::BuildState state = model::BuildState::queued;
        bool planned = false;
        std::int64_t worker = 0;
        model::BuildState ending = model::BuildState::queued;  ///< queued: its steps decide
        std::string repository;
        std::string ref;
        bool is_push = false;  ///< of a whole branch
        std::string error;
        Reports reports;
    };

    struct StepRow {
        model::StepState state = model::StepState::waiting;
        std::int64_t claimant = 0;
        Reports reports;  ///< of its build
    };

    [[nodiscard]] Result<BuildRow> find(BuildId build);
    [[nodiscard]] Result<BuildRow> find_claimed(WorkerId worker, BuildId build);
    [[nodiscard]] Result<StepRow> find(BuildId build, int position);
    [[nodiscard]] Result<StepRow> find_claimed(WorkerId worker, BuildId build, const Step& step);
    [[nodiscard]] Result<BuildEnd> given_back(BuildId build, Time now);
    void report(BuildId build, const Step& step, const StepRow& from, Time now);
    void end(
        BuildId id,
        const BuildRow& build,
        model::BuildState state,
        const std::string& error,
        Time now
    );

    Ledger<Sql>& ledger_;
    Outbox<Sql>& outbox_;
    StepEnds<Sql>& ends_;
    LeftImages<Sql>& left_images_;
    StepRows<Sql> rows_;
    Statement build_;
    Statement plan_;
    Statement step_;
    Statement finish_;
    Statement end_as_;
    Statement stop_steps_;
    Statement bases_;
    Statement set_bases_;
    LogWriter<Sql> log_;
};

extern template class Progress<Sqlite>;
extern template class Progress<Postgres>;

}  // namespace slipway::store
