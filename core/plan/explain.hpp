#pragma once

#include "core/base/source_error.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slipway::plan {

enum class Verdict : std::uint8_t { built, not_built, waiting };

// Why an image is not built; Removed is among them.

/// Its folder has the same tree at both commits.
struct SameContent {
    std::string tree;
    std::string commit{};  ///< what pushed it; empty: not known
    BuildId build{};       ///< 0: not known
};

/// What decides its content is what was pushed already.
struct SameInput {
    std::string input_id;
};

struct NoFolder {};

/// Its manifest or Dockerfile has an error, or it is built on itself.
struct Broken {
    SourceError error;
    bool is_cycle = false;
};

/// No branch rule matches.
struct RefIgnored {
    std::string ref;
};

/// Its branch rule says `push: false`, so nothing of it is ever owed.
struct NotPushed {
    std::string ref;
};

/// The build is for other folders.
struct NotAsked {};

/// Its step in the build ended without an image.
struct Ended {
    model::StepState state = model::StepState::failed;  ///< failed, cancelled, skipped
    std::string error;
};

/// The build ended before it was planned.
struct NotPlanned {
    BuildId build;
    model::BuildState state = model::BuildState::failed;
    std::string error;
};

/// The branch went on from this commit, and what it went on to was planned.
struct PassedOver {
    BuildId build;
    std::string commit;  ///< that it is of
};

// Why an image that is to be built waits. Times are RFC 3339.

struct InQueue {
    std::size_t position = 1;  ///< of its build; 1 is the next
};

struct NeedsParents {
    std::vector<std::string> folders;
};

struct NoPlace {};

struct BackOff {
    std::string until;
    std::string why;
};

struct RegistryAway {
    std::string registry;
    std::string until;
};

struct RepositoryBusy {
    BuildId build;
};

struct BeingPlanned {
    BuildId build;
};

using Wait = std::
    variant<InQueue, NeedsParents, NoPlace, BackOff, RegistryAway, RepositoryBusy, BeingPlanned>;
using Cause = std::variant<
    Reason,
    Removed,
    SameContent,
    SameInput,
    NoFolder,
    Broken,
    RefIgnored,
    NotPushed,
    NotAsked,
    Ended,
    NotPlanned,
    PassedOver,
    Wait>;

/// One image folder at one commit, compared with an earlier one.
struct Subject {
    std::string folder;       ///< as shown
    std::string image;        ///< `registry/name:version`; empty: not known
    std::string before;       ///< what it is compared with; empty: the empty tree
    std::string after;        ///< the commit
    std::string before_tree;  ///< of the folder; empty: no image folder there
    std::string after_tree;
};

/// All that explain() looks at. What only the daemon knows is empty for the command line.
struct ExplainInput {
    Subject subject;
    std::vector<Reason> reasons;      ///< of its step; empty: the plan has none
    std::optional<Removed> removed;   ///< its entry in the plan
    std::vector<SourceError> errors;  ///< of the image at `after`
    bool is_commit_known = true;      ///< the trees were looked up, and empty ones mean something

    std::string ref{};             ///< full reference
    bool is_ref_ignored = false;   ///< no branch rule matches it
    bool is_ref_pushed = true;     ///< what its branch rule says
    std::string pushed_commit{};   ///< what pushed the folder's content; empty: none
    BuildId pushed_build{};        ///< 0: none
    std::string same_input{};      ///< its step ended as `unchanged`: the input id
    std::optional<Ended> ended{};  ///< how its step ended, but for an image
    bool is_for_others = false;    ///< the build was asked for, and not for this folder
    std::optional<NotPlanned> not_planned{};
    std::optional<PassedOver> passed_over{};
    std::vector<Wait> waits{};                 ///< of a step that has not begun
    std::vector<std::chrono::seconds> past{};  ///< how long its last builds took, in any order
};

struct Explanation {
    Subject subject;
    Verdict verdict = Verdict::not_built;
    std::vector<Cause> causes;                       ///< never empty
    std::optional<std::chrono::seconds> estimate{};  ///< waiting: how long it usually takes
};

/// What two commits and their plan tell of a folder (as shown); the rest is the caller's to fill
/// in.
[[nodiscard]] ExplainInput facts_of(const Sides& sides, const Plan& plan, std::string_view folder);

/// The same of commits that are not to be had any more: what their plan alone tells.
[[nodiscard]] ExplainInput facts_of(const Plan& plan, std::string_view folder);

/// Why an image is built, not built, or waits: the first that holds of an ignored reference, no
/// folder, errors, waits, a step's end, reasons, a build that was not planned, and nothing that
/// changed.
[[nodiscard]] Explanation explain(const ExplainInput& input);

/// The median; nothing of nothing.
[[nodiscard]] std::optional<std::chrono::seconds> estimate(std::vector<std::chrono::seconds> past);

}  // namespace slipway::plan
