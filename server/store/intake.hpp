#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/outbox.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::store {

/// What comes in: deliveries and requests, each once. Runs in the caller's transaction.
template <class Sql>
class Intake {
public:
    /// `outbox` must outlive it.
    Intake(const typename Sql::Database& database, Outbox<Sql>& outbox);

    [[nodiscard]] Accepted accept(const NewDelivery& delivery, Time now);
    [[nodiscard]] Accepted request(const NewBuild& build, const std::string& key, Time now);

private:
    using Statement = typename Sql::Statement;

    [[nodiscard]] std::optional<Accepted> find_by_key(const NewDelivery& delivery);
    [[nodiscard]] std::optional<Accepted> find_by_push(const NewDelivery& delivery, Time now);
    [[nodiscard]] std::optional<Accepted> find_told(const NewBuild& build);
    [[nodiscard]] std::optional<DeliveryId> store(const NewDelivery& delivery, Time now);
    [[nodiscard]] BuildId queue(
        const NewBuild& build,
        std::optional<std::int64_t> delivery,
        const std::string& key,
        Time now
    );

    Outbox<Sql>& outbox_;
    Statement tell_of_ref_;
    Statement hear_of_ref_;
    Statement by_key_;
    Statement by_push_;
    Statement by_request_;
    Statement by_tip_;
    Statement told_since_;
    Statement insert_delivery_;
    Statement insert_build_;
};

extern template class Intake<Sqlite>;
extern template class Intake<Postgres>;

}  // namespace slipway::store
