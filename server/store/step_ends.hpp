#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/dialects.hpp"
#include "server/store/ledger.hpp"
#include "server/store/outbox.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::store {

/// What follows from the end of a step: who may begin, who can't any more, what is owed, and the
/// end of the build. Runs in the caller's transaction, which has locked the build.
template <class Sql>
class StepEnds {
public:
    /// `ledger` and `outbox` must outlive it.
    StepEnds(const typename Sql::Database& database, Ledger<Sql>& ledger, Outbox<Sql>& outbox);

    /// So that the ends of one build's steps see each other.
    void lock(BuildId build);

    /// `step` is final, and stored.
    [[nodiscard]] BuildEnd follow(BuildId build, const Step& step, Time now);

    enum class Which : std::uint8_t {
        unbegun,   ///< waiting and ready
        unclaimed  ///< and those that are built and wait to be pushed
    };

    /// Cancels steps that nobody has; how many.
    std::int64_t cancel(BuildId build, Which which, const std::string& why, Time now);

    /// Ends the build if it has no step that is not final.
    [[nodiscard]] BuildEnd end_if_done(BuildId build, Time now);

private:
    using Statement = typename Sql::Statement;

    void skip_dependents(BuildId build, const Step& step, Time now);

    Ledger<Sql>& ledger_;
    Outbox<Sql>& outbox_;
    Statement lock_;
    Statement ready_;
    Statement skip_;
    Statement cancel_;
    Statement is_open_;
    Statement outcome_;
    Statement end_;
};

extern template class StepEnds<Sqlite>;
extern template class StepEnds<Postgres>;

}  // namespace slipway::store
