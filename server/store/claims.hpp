#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/outbox.hpp"
#include "server/store/records.hpp"
#include "server/store/step_ends.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

/// What claim_build() did.
struct BuildClaim {
    std::optional<Build> build;
    bool superseded = false;  ///< something was, also where no build is claimed
};

/// Who gets what next: builds to plan, and steps. Runs in the caller's transaction.
template <class Sql>
class Claims {
public:
    /// `outbox` and `ends` must outlive it.
    Claims(const typename Sql::Database& database, Outbox<Sql>& outbox, StepEnds<Sql>& ends);

    [[nodiscard]] BuildClaim claim_build(WorkerId worker, Time now);
    [[nodiscard]] std::vector<ClaimedStep> claim_steps(WorkerId worker, int most, Time now);

private:
    using Statement = typename Sql::Statement;

    /// A build with steps to take, and the name of the worker that may.
    struct Ranked {
        BuildId id;
        bool one_place = false;
        std::string worker;
    };

    /// False: its claims have lapsed, as its heartbeat will tell it.
    [[nodiscard]] bool is_there(WorkerId worker);
    [[nodiscard]] bool supersede_running(Time now);
    [[nodiscard]] std::optional<std::int64_t> choose(Time now);
    [[nodiscard]] std::int64_t supersede_queued(std::int64_t candidate, Time now);
    [[nodiscard]] std::optional<ClaimedStep> claim_step(WorkerId worker, Time now);
    [[nodiscard]] std::vector<Ranked> rank(WorkerId worker, Time now);
    [[nodiscard]] std::optional<Step> take(const Ranked& build, WorkerId worker, Time now);
    [[nodiscard]] ClaimedStep with_facts(BuildId build, Step step);
    void supersede_older(std::int64_t newest, Time now);

    Outbox<Sql>& outbox_;
    StepEnds<Sql>& ends_;
    BuildReader<Sql> reader_;
    Statement lock_;
    Statement overtaken_;
    Statement mark_superseded_;
    Statement unplanned_;
    Statement next_;
    Statement newest_;
    Statement supersede_;
    Statement start_;
    Statement worker_;
    Statement rank_;
    Statement move_in_;
    Statement take_;
    Statement parents_;
    Statement build_;
};

extern template class Claims<Sqlite>;
extern template class Claims<Postgres>;

}  // namespace slipway::store
