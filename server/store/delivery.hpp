#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/build.hpp"
#include "server/store/report.hpp"

#include <optional>
#include <string>

namespace slipway::store {

struct NewDelivery {
    std::string key;         ///< `webhook-id` or `Idempotency-Key`; empty where the sender has none
    std::string repository;  ///< the configured name; empty where the project is not configured
    std::string event;       ///< as `push`, `tag_push`, `merge_request`
    std::string ref;
    std::string before;
    std::string after;
    std::string headers;  ///< JSON object of those that matter; never a secret
    std::string body;     ///< raw
    std::string reason;   ///< why it is ignored; empty where it makes a build
    std::optional<NewBuild> build;
    std::optional<NewReport> report{};  ///< written with it
};

struct Accepted {
    DeliveryId delivery;
    std::optional<BuildId> build;  ///< none for an ignored delivery
    std::string reason;            ///< why it was ignored (a duplicate: the first one's reason)
    bool duplicate = false;        ///< the ids are those of the first one
};

/// A stored delivery.
struct Delivery {
    DeliveryId id;
    Time received{};
    std::string repository;
    std::string event;
    std::string ref;
    std::string before;
    std::string after;
    std::string headers;
    std::string reason;
    std::optional<BuildId> build;
};

struct DeliveryQuery {
    std::string repository = {};             ///< empty: all
    std::optional<DeliveryId> older_than{};  ///< exclusive
    int limit = 50;                          ///< at most 200
};

}  // namespace slipway::store
