#include "server/registry/manifest.hpp"

#include "server/registry/digest.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace slipway::registry {
namespace {

constexpr std::string_view manifest = R"({"schemaVersion":2,"config":{"digest":"sha256:1"}})";

TEST(IsManifestOf, TakesTheConfigurationsDigestOrItsOwnForTheId) {
    EXPECT_TRUE(is_manifest_of(manifest, "sha256:1"));
    EXPECT_TRUE(is_manifest_of(manifest, sha256_digest(manifest)));
    EXPECT_FALSE(is_manifest_of(manifest, "sha256:2"));
    EXPECT_FALSE(is_manifest_of(manifest, ""));
}

TEST(IsManifestOf, TakesAnythingElseForAnotherImages) {
    for (const std::string_view other :
         {"",
          "[]",
          "no json",
          R"({"config":["digest"]})",
          R"({"config":"sha256:1"})",
          R"({"config":{"digest":["sha256:1"]}})"}) {
        EXPECT_FALSE(is_manifest_of(other, "sha256:1")) << other;
        EXPECT_FALSE(is_manifest_of(other, "")) << other;
    }
}

}  // namespace
}  // namespace slipway::registry
