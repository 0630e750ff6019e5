#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/trace_context.hpp"
#include "server/store/report.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Why a build exists. The numbers are stored, and are its priority: the smaller goes first.
enum class Trigger : std::uint8_t { manual = 0, push = 1, reconcile = 2 };

/// Which steps go first; the numbers are stored. People, pushes, what follows from them, and what
/// was found owed.
enum class StepPriority : std::uint8_t { manual = 0, push = 1, cascade = 2, reconcile = 3 };

struct NewBuild {
    std::string repository;  ///< the configured name
    std::string ref;         ///< full, `refs/heads/main`; empty where only commits were named
    std::string before;      ///< hex or zeros; empty: a manual request for a ref's tip
    std::string after;
    Trigger trigger = Trigger::push;
    std::vector<std::string>
        folders;            ///< manual: these and what is built on them; empty: what changed
    bool no_cache = false;  ///< no layer of an earlier build is reused
    Reports reports{};      ///< who is told of it
    std::optional<TraceContext> trace{};  ///< that it is part of
    /// Of a finding: the newest build when the remote was asked. A push that was told of since then
    /// is most often newer than what the remote had; where it is not, the next look finds the rest.
    std::optional<BuildId> newest_known{};
};

struct Step {
    int position = 0;  ///< in build order, from 0; with the build's id the step's identity
    std::string folder;
    std::string image;                    ///< `registry/name:version`
    std::vector<std::string> references;  ///< all that is pushed, see plan::Step
    std::vector<int> needs;               ///< positions
    std::string reasons;                  ///< JSON array, as in the plan
    bool push = true;
    StepPriority priority = StepPriority::push;
    std::string tree;  ///< of the folder, hex
    model::StepState state = model::StepState::waiting;
    int attempts = 0;      ///< of what runs now: building or pushing
    std::string worker;    ///< the name of who has the image in its engine, from `building` on
    std::string engine;    ///< the configured name, from `building` on
    std::string input_id;  ///< design §3.4, once it is known
    std::map<std::string, std::string> bases;  ///< external base → digest that it was built on
    std::string image_id;                      ///< from `built` on
    std::map<std::string, std::string>
        digests;                        ///< reference → digest that is known to be in the registry
    std::vector<std::string> attested;  ///< what was said of it since: config::all_attestations
    std::string error;
    std::string note;                ///< what a person should know though nothing failed
    std::optional<Time> not_before;  ///< it waits until then before it is tried again
    std::optional<Time> started;
    std::optional<Time> built;
    std::optional<Time> finished;

    bool operator==(const Step&) const = default;
};

struct StepKey {
    BuildId build;
    int position = 0;

    auto operator<=>(const StepKey&) const = default;
};

struct Build {
    BuildId id;
    std::string repository;
    std::string ref;
    std::string before;
    std::string after;
    Trigger trigger = Trigger::push;
    std::vector<std::string> folders;
    bool no_cache = false;
    model::BuildState state = model::BuildState::queued;
    std::string plan;  ///< JSON as `slipway plan --format json` prints it; empty until it is made,
                       ///< and where the steps are left empty
    std::string error;
    std::optional<DeliveryId> delivery;
    Time created{};
    std::optional<Time> started;
    std::optional<Time> finished;
    std::vector<Step> steps;  ///< in order of position; left empty by builds() and claims
    Reports reports{};
    std::optional<TraceContext> trace{};  ///< none: it was asked for by an older slipway

    bool operator==(const Build&) const = default;
};

struct BuildQuery {
    std::string repository = {};  ///< empty: all
    std::string ref = {};         ///< full; empty: all
    /// Those that say what becomes of it on their reference: whose plan has it, requests for it,
    /// and what is of all folders, but for what was superseded before it was planned. Empty: all.
    std::string folder = {};
    std::optional<model::BuildState> state = {};
    std::optional<BuildId> older_than = {};  ///< exclusive
    int limit = 50;                          ///< at most 200
};

}  // namespace slipway::store
