#include "server/api/delivery_json.hpp"

#include "server/api/json_fields.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>

namespace slipway::api {

nlohmann::ordered_json to_json(const store::Delivery& delivery) {
    return {
        {"id", delivery.id.value},
        {"received", rfc3339(delivery.received)},
        {"repository", or_null(delivery.repository)},
        {"event", or_null(delivery.event)},
        {"ref", or_null(delivery.ref)},
        {"before", or_null(delivery.before)},
        {"after", or_null(delivery.after)},
        {"headers", parsed(delivery.headers)},
        {"reason", or_null(delivery.reason)},
        {"build", or_null(delivery.build)},
    };
}

}  // namespace slipway::api
