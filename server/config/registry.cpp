#include "server/config/registry.hpp"

#include "core/model/image_ref.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace slipway::config {

std::optional<std::string> full_registry(std::string_view registry) {
    // Two components, so that Docker Hub's `library/` for single ones stays out.
    constexpr std::string_view image = "/a/a";
    const auto ref = model::parse_image_ref(std::string(registry) + std::string(image));
    if (!ref || !ref->tag.empty() || !ref->digest.empty()) {
        return std::nullopt;
    }
    const std::string name = ref->name();
    return name.substr(0, name.size() - image.size());
}

bool is_within(std::string_view registry, std::string_view allowed) {
    return registry == allowed ||
           (registry.starts_with(allowed) && registry.substr(allowed.size()).starts_with('/'));
}

}  // namespace slipway::config
