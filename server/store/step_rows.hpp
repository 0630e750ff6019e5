#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <vector>

namespace slipway::store {

/// Steps as rows: what is known of one is bound in one place, whether it is new or not. Runs in the
/// caller's transaction.
template <class Sql>
class StepRows {
public:
    explicit StepRows(const typename Sql::Database& database);

    /// All of a build's plan, which are the newest of their folders from then on.
    void insert(BuildId build, const std::vector<Step>& steps);

    /// As a worker left it; `claimant` has it then, 0: nobody.
    void update(BuildId build, const Step& step, std::int64_t claimant);

private:
    using Statement = typename Sql::Statement;

    void insert(BuildId build, const Step& step);

    Statement insert_;
    Statement insert_need_;
    Statement cover_image_;
    Statement update_;
};

extern template class StepRows<Sqlite>;
extern template class StepRows<Postgres>;

}  // namespace slipway::store
