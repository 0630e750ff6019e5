#include "server/registry/address.hpp"

#include "core/base/result.hpp"
#include "server/registry/registry_client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::registry {
namespace {

std::string shown(const Result<urls::url>& url) {
    return url ? std::string(url->buffer()) : "error: " + url.error().message;
}

urls::url web(std::string_view text) {
    return parse_web_url(text).value();
}

TEST(RegistryUrl, IsHttpsForAHost) {
    EXPECT_EQ(shown(registry_url("registry.example.com", {})), "https://registry.example.com/");
    EXPECT_EQ(
        shown(registry_url("registry.example.com:5000", {})), "https://registry.example.com:5000/"
    );
}

TEST(RegistryUrl, SendsDockerHubToItsRegistry) {
    EXPECT_EQ(shown(registry_url("docker.io", {})), "https://registry-1.docker.io/");
}

TEST(RegistryUrl, IsPlainOnLoopbackUnlessThereIsACaFile) {
    for (const std::string domain :
         {"localhost:5000", "127.9.8.7:5000", "[::1]:5000", "LocalHost"}) {
        EXPECT_TRUE(shown(registry_url(domain, {})).starts_with("http://")) << domain;
        const RegistryAccess access{.ca_file = "/etc/ca.pem"};
        EXPECT_TRUE(shown(registry_url(domain, access)).starts_with("https://")) << domain;
    }
    for (const std::string domain : {"128.0.0.1", "[::2]:5000", "localhost.example.com"}) {
        EXPECT_TRUE(shown(registry_url(domain, {})).starts_with("https://")) << domain;
    }
}

TEST(RegistryUrl, IsPlainWhereItIsConfigured) {
    const RegistryAccess access{.ca_file = "/etc/ca.pem", .plain_http = true};
    EXPECT_EQ(shown(registry_url("registry.example.com", access)), "http://registry.example.com/");
}

TEST(RegistryUrl, RefusesWhatIsNoHost) {
    EXPECT_EQ(registry_url("[::zz]", {}).error().code, ErrorCode::failed);
    EXPECT_EQ(registry_url("", {}).error().code, ErrorCode::failed);
    EXPECT_EQ(registry_url("user:word@registry.example.com", {}).error().code, ErrorCode::failed);
}

TEST(PartsOfAUrl, GiveHostWithoutBracketsAndTheSchemesPort) {
    EXPECT_EQ(host_of(web("http://[::1]:5000/x")), "::1");
    EXPECT_EQ(authority_of(web("http://[::1]:5000/x")), "[::1]:5000");
    EXPECT_EQ(port_of(web("http://[::1]:5000/x")), "5000");
    EXPECT_EQ(port_of(web("http://a/")), "80");
    EXPECT_EQ(port_of(web("https://a/")), "443");
}

TEST(ResolveRedirect, FollowsRelativeAndAbsoluteLocations) {
    const urls::url from = web("https://a.example.com/v2/x/manifests/1");
    EXPECT_EQ(shown(resolve_redirect(from, "/y?z=1")), "https://a.example.com/y?z=1");
    EXPECT_EQ(shown(resolve_redirect(from, "https://b.example.com")), "https://b.example.com/");
}

TEST(ResolveRedirect, RefusesToLeaveTheWebOrTls) {
    const urls::url from = web("https://a.example.com/");
    for (const std::string_view location :
         {"ftp://b.example.com/", "http://a.example.com/", "https://me:word@b.example.com/", "%"}) {
        EXPECT_EQ(resolve_redirect(from, location).error().code, ErrorCode::failed) << location;
    }
    EXPECT_TRUE(resolve_redirect(from, "http://127.0.0.1:1/"));
    EXPECT_TRUE(resolve_redirect(web("http://a.example.com/"), "http://b.example.com/"));
}

TEST(ParseRealm, WantsTlsWhereTheRegistryHasItButNotOnLoopback) {
    const urls::url secure = web("https://a.example.com/");
    EXPECT_TRUE(parse_realm(secure, "https://auth.example.com/token"));
    EXPECT_TRUE(parse_realm(secure, "http://localhost:5001/token"));
    EXPECT_TRUE(parse_realm(web("http://a.example.com/"), "http://auth.example.com/token"));
    const auto refused = parse_realm(secure, "http://auth.example.com/token");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::failed);
    EXPECT_TRUE(refused.error().message.contains("auth.example.com")) << refused.error().message;
}

TEST(ParseRealm, WantsAnAbsoluteAddress) {
    const urls::url secure = web("https://a.example.com/");
    for (const std::string_view realm : {"", "/token", "auth.example.com", "file:///etc/passwd"}) {
        EXPECT_EQ(parse_realm(secure, realm).error().code, ErrorCode::failed) << realm;
    }
}

TEST(SameOrigin, ComparesSchemeHostAndPort) {
    EXPECT_TRUE(same_origin(web("https://A.example.com/x"), web("https://a.example.com:443/y")));
    EXPECT_FALSE(same_origin(web("https://a.example.com/"), web("https://a.example.com:444/")));
    EXPECT_FALSE(same_origin(web("https://a.example.com/"), web("http://a.example.com:443/")));
    EXPECT_FALSE(same_origin(web("https://a.example.com/"), web("https://b.example.com/")));
}

TEST(EncodeForm, EscapesWhatWouldEndAField) {
    EXPECT_EQ(encode_form({{"a", "x y&z=+"}, {"b", "ü"}}), "a=x%20y%26z%3D%2B&b=%C3%BC");
    EXPECT_EQ(encode_form({}), "");
}

}  // namespace
}  // namespace slipway::registry
