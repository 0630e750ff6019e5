#pragma once

#include "core/base/result.hpp"
#include "server/config/config.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::reports {

/// `image.pushed` of an event's key.
[[nodiscard]] std::string type_of(const store::Report& event);

/// What is sent of an event: JSON with the attributes of CloudEvents 1.0. The same of the same
/// event, however often it is asked for. Nothing where the build does not have what it is of.
[[nodiscard]] std::optional<std::string> payload_of(
    const store::Report& event, const store::Build& build, std::string_view public_url
);

/// One report for each address that wants the event.
[[nodiscard]] std::vector<store::NewReport> notifications_of(
    const store::Report& event, const std::string& payload, const config::Config& config
);

/// Whose notification it is; null where nobody of its address wants it any more.
[[nodiscard]] const config::Notification* find_receiver(
    const config::Config& config, const store::Report& notification
);

}  // namespace slipway::reports
