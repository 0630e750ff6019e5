#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <string>

namespace slipway::store {

/// What a build is to the ledger.
struct LedgerBuild {
    BuildId id;
    std::string repository;
    std::string ref;
    std::string commit;
    bool keeps_ledger = false;
};

/// What is owed and what was pushed, as builds change it. Runs in the caller's transaction.
template <class Sql>
class Ledger {
public:
    explicit Ledger(const typename Sql::Database& database);

    /// What is planned is owed until it is pushed; what was removed is owed no more.
    void plan(const LedgerBuild& build, const PlanRecord& plan, Time now);

    /// The step ended as it should.
    void pushed(BuildId build, const Step& step, Time now);

    /// It did not: it stays owed, and this is why.
    void not_pushed(BuildId build, const std::string& folder, const std::string& why);

    void keep_branch(const Branch& branch, Time now);
    void owe(
        const std::string& repository,
        const std::string& ref,
        const std::string& folder,
        const std::string& why,
        const std::string& moved,
        Time now
    );

private:
    using Statement = typename Sql::Statement;

    [[nodiscard]] std::optional<LedgerBuild> find(BuildId build);

    Statement find_;
    Statement plan_step_;
    Statement remove_;
    Statement set_branch_;
    Statement push_;
    Statement settle_;
    Statement explain_;
    Statement settle_branch_;
    Statement owe_;
};

extern template class Ledger<Sqlite>;
extern template class Ledger<Postgres>;

}  // namespace slipway::store
