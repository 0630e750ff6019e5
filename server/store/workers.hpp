#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/step_ends.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <string>

namespace slipway::store {

/// What heartbeat() answers and did.
struct Beat {
    Orders orders;
    bool freed = false;  ///< what another worker had claimed
};

/// Who claims, and whose claims have lapsed. Runs in the caller's transaction.
template <class Sql>
class Workers {
public:
    /// `ends` must outlive it.
    Workers(const typename Sql::Database& database, StepEnds<Sql>& ends);

    [[nodiscard]] WorkerId register_worker(const std::string& name, Time now);
    [[nodiscard]] Result<Beat> heartbeat(WorkerId worker, Time now);
    [[nodiscard]] int free_all_but(WorkerId worker, const WorkAtHand& at_hand, Time now);

private:
    using Statement = typename Sql::Statement;

    void free_claims(std::int64_t worker, Time now);

    StepEnds<Sql>& ends_;
    Statement insert_;
    Statement renew_;
    Statement lapsed_;
    Statement namesakes_;
    Statement free_builds_;
    Statement stopped_;
    Statement free_steps_;
    Statement remove_;
    Statement orders_;
    Statement overtaken_;
    Statement plans_;
    Statement steps_;
    Statement free_build_;
    Statement free_step_;
};

extern template class Workers<Sqlite>;
extern template class Workers<Postgres>;

}  // namespace slipway::store
