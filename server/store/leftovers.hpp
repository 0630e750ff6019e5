#pragma once

#include "server/store/build.hpp"

#include <cstdint>
#include <string>

namespace slipway::store {

/// A name that a build left in an engine.
struct LeftImage {
    std::string engine;
    std::string reference;
    std::string image_id;

    bool operator==(const LeftImage&) const = default;
};

/// What is kept, by age. The ledger stays, and so do builds that it or a dashboard's newest step of
/// a folder names, and builds that are not final.
struct Keep {
    Time builds_from{};
    Time logs_from{};
    Time deliveries_from{};
    Time reports_from{};  ///< that were sent or given up
    int most = 500;       ///< of each kind that one call removes
};

struct Pruned {
    std::int64_t builds = 0;
    std::int64_t logs = 0;  ///< pieces
    std::int64_t deliveries = 0;
    std::int64_t reports = 0;

    bool operator==(const Pruned&) const = default;
};

}  // namespace slipway::store
