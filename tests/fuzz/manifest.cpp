#include "core/manifest/manifest.hpp"

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/image_codec.hpp"
#include "core/ignore/ignore.hpp"
#include "core/model/image_ref.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/source_errors.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::fuzz {
namespace {

constexpr std::string_view path = "manifest.yml";

void check_promises(const manifest::Manifest& manifest) {
    require(!manifest.image.empty(), "a manifest has an image");
    require(model::is_valid_tag(manifest.version), "its version is a tag");
    require(std::ranges::all_of(manifest.tags, model::is_valid_tag), "its tags are tags");
    const std::string registry = manifest.registry.empty() ? "" : manifest.registry + "/";
    const std::string reference = registry + manifest.image + ":" + manifest.version;
    require(model::parse_image_ref(reference).has_value(), "its reference can be pushed");
    const bool inside = !manifest.dockerfile.starts_with('/') &&
                        !("/" + manifest.dockerfile + "/").contains("/../");
    require(inside && !manifest.dockerfile.empty(), "its Dockerfile is inside the folder");
    require(ignore::compile(manifest.watch, path).errors.empty(), "its watch globs compile");
}

/// Whatever it says, nothing is pushed to a registry that the repository may not use.
void check_names(catalog::Image& image) {
    const catalog::CatalogOptions options{
        .default_registry = "registry.example.com/team",
        .allowed_registries = {"registry.example.com/team"},
        .roots = {},
    };
    catalog::name_image(image, options);
    for (const std::string& reference : image.produces) {
        require(reference.starts_with("registry.example.com/team/"), "only allowed registries");
    }
    require(image.manifest.has_value() == image.errors.empty(), "refused with an error");
}

}  // namespace

void check(std::string_view input) {
    const manifest::ParsedManifest parsed = manifest::parse_manifest(input, path);
    check_errors(parsed.errors, input, path);
    require(parsed.manifest.has_value() == parsed.errors.empty(), "a manifest or errors");
    require(std::ranges::is_sorted(parsed.errors), "errors are in the order of the file");
    catalog::Image image;
    image.manifest = parsed.manifest;
    image.errors = parsed.errors;
    if (image.manifest) {
        check_promises(*image.manifest);
        check_names(image);
    }
    const std::string record = catalog::encode_image(image);
    require(catalog::decode_image(record) == image, "a record is the image");
    // The cache of catalogs is a file, and may be damaged.
    static_cast<void>(catalog::decode_image(input));
}

}  // namespace slipway::fuzz
