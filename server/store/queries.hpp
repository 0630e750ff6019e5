#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

/// The reading half of Store. Runs in the caller's transaction, so that all parts of an answer are
/// of the same moment.
template <class Sql>
class Queries {
public:
    explicit Queries(const typename Sql::Database& database);

    [[nodiscard]] Result<Build> build(BuildId id);
    [[nodiscard]] std::vector<Build> builds(const BuildQuery& query);
    [[nodiscard]] Result<std::string> log(BuildId build, int position, std::int64_t offset);
    [[nodiscard]] Snapshot snapshot();
    [[nodiscard]] std::vector<LeftImage> left_images(const std::string& engine, Time built);
    [[nodiscard]] std::optional<Branch> branch(
        const std::string& repository, const std::string& ref
    );
    [[nodiscard]] std::vector<Branch> branches(const std::string& repository);
    [[nodiscard]] std::vector<LedgerEntry> ledger(const LedgerQuery& query);
    [[nodiscard]] std::vector<Delivery> deliveries(const DeliveryQuery& query);
    [[nodiscard]] Result<Delivery> delivery(DeliveryId id);
    [[nodiscard]] std::vector<std::chrono::milliseconds> durations(
        const std::string& repository, const std::string& folder
    );

private:
    using Statement = typename Sql::Statement;

    std::vector<ImageStatus> images();

    const typename Sql::Database& database_;
    BuildReader<Sql> reader_;
    Statement step_;
    Statement log_;
    Statement queued_;
    Statement finished_;
    Statement images_;
    Statement totals_;
};

extern template class Queries<Sqlite>;
extern template class Queries<Postgres>;

}  // namespace slipway::store
