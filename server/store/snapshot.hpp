#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/build.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

/// A step's outcome beside its build's facts, for the status endpoint's table of images: of a
/// thousand of them a whole Step each would cost more than the rest of a snapshot.
struct ImageStatus {
    std::string repository;
    std::string folder;
    std::string image;
    BuildId build;
    model::StepState state = model::StepState::waiting;
    std::map<std::string, std::string> digests;  ///< as in Step
    std::string error;
    std::optional<Time> finished;

    bool operator==(const ImageStatus&) const = default;
};

struct Snapshot {
    std::vector<Build> running;  ///< with steps
    std::vector<Build> queued;   ///< in claim order, at most 100
    std::int64_t queued_total = 0;
    std::optional<Time> queued_since;  ///< when the oldest of these was accepted
    std::vector<Build> finished;       ///< the newest 20, without steps
    std::vector<ImageStatus> images;   ///< the newest step of every (repository, folder)
    std::map<std::string, std::int64_t> steps_by_state;  ///< of builds that are not final
    std::int64_t owed_total = 0;
};

}  // namespace slipway::store
