#include "server/factory/shops.hpp"

#include "core/base/result.hpp"
#include "server/base/gate.hpp"
#include "server/config/config.hpp"
#include "server/factory/prepare.hpp"
#include "server/planning/catalog_cache.hpp"
#include "server/planning/planner.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace slipway::factory {

Shop::Shop(
    const config::Repository& configured,
    std::filesystem::path its_mirror,
    std::shared_ptr<Gate> its_gate,
    planning::CatalogCache cache
)
    : repository(configured),
      mirror(std::move(its_mirror)),
      gate(std::move(its_gate)),
      planner(catalog_options(configured), std::move(cache)) {}

Result<Shop*> Shops::find(const std::string& repository) {
    const config::Config& config = parts_.config.current();
    const auto found =
        std::ranges::find(config.repositories, repository, &config::Repository::name);
    if (found == config.repositories.end()) {
        return fail(ErrorCode::invalid, "repository " + repository + " is not configured any more");
    }
    std::unique_ptr<Shop>& shop = shops_[&*found];
    if (!shop) {
        const auto mirror = config.data / "mirrors" / (found->name + ".git");
        std::shared_ptr<Gate>& gate = gates_[mirror];
        if (!gate) {
            gate = std::make_shared<Gate>(executor_);
        }
        shop = std::make_unique<Shop>(
            *found,
            mirror,
            gate,
            planning::CatalogCache(config.data / "catalogs", found->name, catalog_options(*found))
        );
    }
    return shop.get();
}

}  // namespace slipway::factory
