#include "core/catalog/with_trees.hpp"

#include "core/catalog/catalog.hpp"
#include "core/catalog/catalog_format.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::catalog {

Catalog with_trees(const Catalog& catalog, const std::vector<MovedTree>& moved) {
    auto bytes = std::make_shared<std::string>(catalog.bytes());
    for (const MovedTree& image : moved) {
        const std::size_t entry = sizeof(Header) + image.image * sizeof(Catalog::IndexEntry);
        std::memcpy(
            bytes->data() + entry + offsetof(Catalog::IndexEntry, tree),
            &image.tree,
            sizeof image.tree
        );
    }
    const std::uint64_t sum = checksum(std::string_view(*bytes).substr(checksum_from));
    std::memcpy(bytes->data() + offsetof(Header, checksum), &sum, sizeof sum);
    const std::string_view all = *bytes;
    return Catalog::from_bytes(all, std::move(bytes)).value();
}

}  // namespace slipway::catalog
