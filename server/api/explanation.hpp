#pragma once

#include "core/plan/explain.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace slipway::api {

/// What only a daemon knows of a folder, as one build sees it.
struct ImageFacts {
    std::string repository;
    std::string ref;                              ///< full; empty where the build named none
    std::optional<store::Build> build{};          ///< with plan and steps; nothing: none is known
    std::optional<store::LedgerEntry> entry{};    ///< of the folder on the ref
    std::optional<std::size_t> place{};           ///< of a queued build in the queue, from 1
    std::optional<BuildId> busy{};                ///< the repository's build that runs
    std::optional<store::Time> blocked_until{};   ///< the registry of the folder's step is away
    std::vector<std::chrono::milliseconds> past;  ///< how long its last builds took
    store::Time now{};
};

/// Adds to what commits and plan tell what the daemon knows; plan::explain() judges.
void add_facts(plan::ExplainInput& input, const ImageFacts& facts);

/// The explanation as the command line shows it, with its causes in one line (`why`) and what they
/// were read from: `repository`, `ref`, `build`, `step`, `ledger`.
[[nodiscard]] nlohmann::ordered_json to_json(
    const plan::Explanation& explanation, const ImageFacts& facts
);

}  // namespace slipway::api
