#pragma once

#include "core/base/source_error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::plan {

enum class ReasonKind : std::uint8_t {
    changed,       ///< its folder's tree differs
    added,         ///< the folder had no image before
    watched,       ///< a file outside the folder that its manifest watches differs
    base_rebuilt,  ///< an image that it is built on is in the plan
    base_moved,    ///< an image from elsewhere that it is built on has another digest now
    owed,          ///< its content at the branch's tip is not what was pushed
    requested,     ///< a person asked for it
};

/// Why a step is in the plan. Which fields hold something depends on the kind.
struct Reason {
    ReasonKind kind = ReasonKind::changed;
    std::vector<std::string> paths;  ///< changed, watched: from the repository's root, at most 20
    std::size_t more_paths = 0;      ///< how many paths are left out
    std::string folder;              ///< base_rebuilt: the parent's
    std::string reference{};         ///< base_moved: the base's
    std::string from{};              ///< base_moved: its digest when the image was pushed
    std::string to{};                ///< base_moved: its digest now
    std::string since{};             ///< owed: RFC 3339; empty: not known
    std::string why{};               ///< owed: as `failed in build 7`

    bool operator==(const Reason&) const = default;
};

/// One image to build. Folders are as shown: `.` for the repository's root.
struct Step {
    std::string folder;
    std::string image;  ///< `registry/name:version`
    std::vector<std::string>
        references;      ///< all that it is pushed as: the branch's tags, then the manifest's
    unsigned level = 0;  ///< 0: needs no other step; else one more than the highest of its needs
    std::vector<std::string> needs;  ///< folders of steps, sorted
    std::vector<Reason> reasons;     ///< never empty; in the order of ReasonKind
    bool push = true;                ///< the manifest's `push`

    bool operator==(const Step&) const = default;
};

struct Removed {
    std::string folder;
    std::string image;
    std::string
        moved_to;  ///< the folder whose manifest now has the same name; empty: the image is gone

    bool operator==(const Removed&) const = default;
};

/// What must be built between two commits, in which order, and why. `slipway plan --format json`
/// prints exactly this.
struct Plan {
    std::string repository;  ///< as the caller names it
    std::string before;      ///< 40 hex digits
    std::string after;
    std::string base_commit;  ///< empty: the empty tree
    std::string base_rule;    ///< before, merge_base, empty
    std::vector<Step> steps;  ///< in build order: by level, then folder
    std::vector<Removed> removed;
    std::size_t unchanged = 0;  ///< images at `after` that are sound and not in the plan
    std::vector<SourceError> errors;

    bool operator==(const Plan&) const = default;
};

[[nodiscard]] std::string_view to_string(ReasonKind kind);

}  // namespace slipway::plan
