#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <string>
#include <vector>

namespace slipway::store {

/// What somebody outside is to be told: written in the transaction of what is told of, at least
/// once sent. Runs in the caller's transaction. Each call for a build whose reports nobody wants
/// writes nothing; callers that know so need not call.
template <class Sql>
class Outbox {
public:
    explicit Outbox(const typename Sql::Database& database);

    void build_changed(BuildId build, Time now);
    /// Its steps are there, and none has begun.
    void build_planned(BuildId build, Time now);
    void build_ended(BuildId build, Time now);
    void step_changed(BuildId build, int position, Time now);
    void step_pushed(BuildId build, int position, Time now);
    /// Those that ended now without being worked on.
    void steps_given_up(BuildId build, Time now);

    /// Takes the place of what was there under its key, and is tried at once.
    void add(const NewReport& report, Time now);

    [[nodiscard]] std::vector<Report> claim(const std::string& claimant, int most, Time now);
    [[nodiscard]] Result<void> settle(const Report& report, const ReportEnd& end, Time now);
    void free(const std::string& claimant, Time now);

private:
    using Statement = typename Sql::Statement;

    Statement build_status_;
    Statement step_status_;
    Statement planned_;
    Statement given_up_;
    Statement build_event_;
    Statement step_event_;
    Statement add_;
    Statement add_once_;
    Statement claimable_;
    Statement take_;
    Statement settle_;
    Statement free_;
};

extern template class Outbox<Sqlite>;
extern template class Outbox<Postgres>;

/// The reading half.
template <class Sql>
class OutboxQueries {
public:
    explicit OutboxQueries(const typename Sql::Database& database);

    [[nodiscard]] std::vector<Report> reports(const ReportQuery& query);
    [[nodiscard]] ReportTotals totals();

private:
    const typename Sql::Database& database_;
    typename Sql::Statement totals_;
};

extern template class OutboxQueries<Sqlite>;
extern template class OutboxQueries<Postgres>;

}  // namespace slipway::store
