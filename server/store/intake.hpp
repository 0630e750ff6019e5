#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::store {

/// What comes in: deliveries and requests, each once. Runs in the writer's transaction.
class Intake {
public:
    explicit Intake(const Database& database);

    [[nodiscard]] Accepted accept(const NewDelivery& delivery, Time now);
    [[nodiscard]] Accepted request(const NewBuild& build, const std::string& key, Time now);

private:
    std::optional<Accepted> find_by_key(const NewDelivery& delivery);
    std::optional<Accepted> find_by_push(const NewDelivery& delivery, Time now);
    std::optional<DeliveryId> store(const NewDelivery& delivery, Time now);
    BuildId queue(
        const NewBuild& build,
        std::optional<std::int64_t> delivery,
        const std::string& key,
        Time now
    );

    Statement by_key_;
    Statement by_push_;
    Statement by_request_;
    Statement insert_delivery_;
    Statement insert_build_;
};

}  // namespace slipway::store
