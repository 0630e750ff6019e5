#include "core/catalog/image.hpp"

#include "core/dockerfile/dockerfile.hpp"
#include "core/manifest/manifest.hpp"
#include "core/model/image_ref.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::catalog {

namespace {

bool is_allowed(const model::ImageRef& reference, const std::vector<std::string>& registries) {
    return registries.empty() || std::ranges::any_of(registries, [&](const std::string& registry) {
               return reference.name().starts_with(registry + "/");
           });
}

void refuse_name(Image& image, std::string message) {
    const manifest::Position at = image.manifest->image_at;
    image.errors.push_back(
        {path_in(image.folder, manifest_name), at.line, at.column, std::move(message)}
    );
    image.manifest.reset();
}

}  // namespace

void name_image(Image& image, const CatalogOptions& options) {
    const manifest::Manifest& manifest = *image.manifest;
    const std::string& registry =
        manifest.registry.empty() ? options.default_registry : manifest.registry;
    image.name = registry.empty() ? manifest.image : registry + "/" + manifest.image;
    auto parsed = model::parse_image_ref(image.name + ":" + manifest.version);
    if (!parsed) {
        refuse_name(image, parsed.error().message);
        return;
    }
    if (!is_allowed(*parsed, options.allowed_registries)) {
        refuse_name(
            image,
            "the registry of " + image.name +
                " is not among the allowed_registries of this repository"
        );
        return;
    }
    image.produces.push_back(to_string(*parsed));
    for (const std::string& tag : manifest.tags) {
        parsed->tag = tag;
        if (std::string reference = to_string(*parsed); reference != image.produces.front()) {
            image.produces.push_back(std::move(reference));
        }
    }
}

void read_parents(Image& image, std::string_view dockerfile_text) {
    auto parsed = dockerfile::parse_dockerfile(
        dockerfile_text,
        path_in(image.folder, image.manifest->dockerfile),
        image.manifest->build_args
    );
    image.parents = std::move(parsed.parents);
    image.errors.insert(image.errors.end(), parsed.errors.begin(), parsed.errors.end());
    for (const dockerfile::Parent& parent : image.parents) {
        const auto reference = model::parse_image_ref(parent.reference);
        // A digest names one content for ever: no rebuild of another folder changes it.
        const bool follows_a_tag = reference && reference->digest.empty();
        image.parent_refs.push_back(follows_a_tag ? to_string(with_default_tag(*reference)) : "");
    }
}

}  // namespace slipway::catalog
