#pragma once

#include "server/store/store.hpp"

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace slipway::api {

/// What the store knows of a folder, as one build sees it.
struct FolderFacts {
    std::string repository;
    std::string ref;                            ///< full; empty where the build named none
    std::string folder;                         ///< as shown
    std::optional<store::Build> build{};        ///< with plan and steps; nothing: none is known
    std::optional<std::size_t> place{};         ///< of a queued build in the queue, from 1
    std::optional<store::LedgerEntry> entry{};  ///< of the folder on the ref
};

/// Why the folder's image was built, was not built, or waits: `verdict` (built, not_built, waiting)
/// and `why` in words, beside what they were read from.
[[nodiscard]] nlohmann::ordered_json explain(const FolderFacts& facts);

}  // namespace slipway::api
