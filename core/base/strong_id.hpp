#pragma once

#include <compare>
#include <cstdint>

namespace slipway {

/// A number that names one kind of thing, so that a build's id can't be passed where a delivery's
/// is wanted.
template <class Tag>
struct StrongId {
    std::int64_t value = 0;

    auto operator<=>(const StrongId&) const = default;
};

using BuildId = StrongId<struct BuildTag>;
using DeliveryId = StrongId<struct DeliveryTag>;
using WorkerId = StrongId<struct WorkerTag>;
using ReportId = StrongId<struct ReportTag>;

}  // namespace slipway
