#include "server/registry/manifest.hpp"

#include "core/wire/json_fields.hpp"
#include "server/registry/digest.hpp"

#include <string_view>

namespace slipway::registry {

bool is_manifest_of(std::string_view manifest, std::string_view image_id) {
    constexpr wire::JsonPath config{.parent = "config", .name = "digest"};
    const auto fields = wire::JsonFields::read(manifest, {config});
    const bool is_config = fields && fields->text_or_empty(config) == image_id;
    return !image_id.empty() && (is_config || sha256_digest(manifest) == image_id);
}

}  // namespace slipway::registry
