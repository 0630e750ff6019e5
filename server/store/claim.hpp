#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/build.hpp"
#include "server/store/report.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

/// Whose claims lapse unless the worker says in time that it lives.
inline constexpr std::chrono::seconds lease_time{30};

/// What a worker is told when it says that it lives.
struct Orders {
    std::vector<StepKey> stop;       ///< of its steps: somebody cancelled them
    std::vector<BuildId> overtaken;  ///< of its steps' builds: a newer push of the branch waits
};

/// One step that is the claimant's until it releases or ends it.
struct ClaimedStep {
    Build build;
    Step step;
    std::vector<Step> parents;                 ///< the steps that it needs, all done
    std::map<std::string, std::string> bases;  ///< what the build's external bases are pinned to
};

/// What a plan wrote down: the resolved commits, the plan's text and its steps (waiting or ready).
struct PlanRecord {
    std::string before;
    std::string after;
    std::string plan;
    std::vector<Step> steps;
    std::string tree = {};      ///< of `after`, hex: the branch is planned up to there; empty: a
                                ///< request for some folders only, which leaves the branch as it is
    bool keeps_ledger = false;  ///< the branch is pushed: what is planned is owed until it is

    struct Removed {
        std::string folder;
        std::string moved_to;

        bool operator==(const Removed&) const = default;
    };

    std::vector<Removed> removed = {};
    std::string error = {};  ///< what of the repository can't be built: the build ends as failed
    Reports reports = {};    ///< what is wanted by now
};

/// How a write left a build: what a claim's owner has to tell of.
struct BuildEnd {
    std::optional<model::BuildState> ended;  ///< by this write

    bool operator==(const BuildEnd&) const = default;
};

/// What a worker works on.
struct WorkAtHand {
    std::vector<BuildId> plans = {};
    std::vector<StepKey> steps = {};
};

}  // namespace slipway::store
