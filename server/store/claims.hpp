#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
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
    /// `ends` must outlive it.
    Claims(const typename Sql::Database& database, StepEnds<Sql>& ends);

    [[nodiscard]] BuildClaim claim_build(WorkerId worker, Time now);
    [[nodiscard]] std::vector<ClaimedStep> claim_steps(WorkerId worker, int most, Time now);

private:
    using Statement = typename Sql::Statement;

    /// Nothing: its claims have lapsed, as its heartbeat will tell it.
    [[nodiscard]] std::optional<std::string> name_of(WorkerId worker);
    [[nodiscard]] bool supersede_running(Time now);
    [[nodiscard]] std::optional<std::int64_t> choose(Time now);
    [[nodiscard]] std::int64_t supersede_queued(std::int64_t candidate, Time now);
    [[nodiscard]] std::optional<ClaimedStep> claim_step(
        WorkerId worker, const std::string& name, Time now
    );
    [[nodiscard]] std::optional<int> take(
        std::int64_t build, WorkerId worker, const std::string& name, Time now
    );
    [[nodiscard]] ClaimedStep read(BuildId build, int position);

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
    Statement name_;
    Statement rank_;
    Statement move_in_;
    Statement find_step_;
    Statement take_step_;
    Statement step_;
    Statement parents_;
    Statement bases_;
};

extern template class Claims<Sqlite>;
extern template class Claims<Postgres>;

}  // namespace slipway::store
