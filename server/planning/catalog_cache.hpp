#pragma once

#include "core/catalog/catalog.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/model/object_id.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace slipway::planning {

/// Catalogs of one repository on disk, so that the next process need not read what this one read. A
/// file is named by its tree, written once and renamed into place; reading one maps it. Only ever a
/// help: what can't be read or written is as if it were not there.
class CatalogCache {
public:
    /// Under `folder` every (repository, options) has a folder of its own. An empty `folder` keeps
    /// nothing.
    CatalogCache(
        const std::filesystem::path& folder,
        const std::string& repository,
        const catalog::CatalogOptions& options
    );

    [[nodiscard]] std::optional<catalog::Catalog> load(const model::ObjectId& root) const;

    /// The one that was used last, whichever tree it is of.
    [[nodiscard]] std::optional<std::pair<model::ObjectId, catalog::Catalog>> load_latest() const;

    /// Keeps the catalog and drops the least recently used ones above 16.
    void store(const model::ObjectId& root, const catalog::Catalog& catalog) const;

private:
    [[nodiscard]] std::filesystem::path file_of(const model::ObjectId& root) const;

    std::filesystem::path folder_;
};

/// $SLIPWAY_CACHE, else $XDG_CACHE_HOME/slipway, else ~/.cache/slipway; empty where there is none
/// of them.
[[nodiscard]] std::filesystem::path user_cache_folder();

}  // namespace slipway::planning
