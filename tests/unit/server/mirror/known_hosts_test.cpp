#include "server/mirror/known_hosts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::mirror {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view key(
    "\0\0\0\x0bssh-ed25519\0\0\0\x04"
    "abcd",
    23
);
constexpr std::string_view line_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABGFiY2Q=";
constexpr std::string_view other_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABGFiY2U=";

HostKey find(
    std::string_view hosts,
    std::string_view keys = line_key,
    HostAddress address = {"example.com", "22"}
) {
    return find_host_key(
        std::string(hosts) + " " + std::string(keys) + " a comment\n", address, key
    );
}

TEST(FindHostKey, KnowsAPlainName) {
    EXPECT_EQ(find("example.com"), HostKey::known);
}

TEST(FindHostKey, KnowsOneNameOfAList) {
    EXPECT_EQ(find("other.org,example.com,10.0.0.1"), HostKey::known);
}

TEST(FindHostKey, DoesNotKnowAnotherHost) {
    EXPECT_EQ(find("example.org"), HostKey::unknown);
}

TEST(FindHostKey, DoesNotKnowALongerName) {
    EXPECT_EQ(find("example.com.evil.org"), HostKey::unknown);
    EXPECT_EQ(find("example.co"), HostKey::unknown);
}

TEST(FindHostKey, SeesAnotherKeyOfTheHost) {
    EXPECT_EQ(find("example.com", other_key), HostKey::different);
}

TEST(FindHostKey, ComparesNamesWithoutCase) {
    EXPECT_EQ(find("Example.COM"), HostKey::known);
    EXPECT_EQ(find("example.com", line_key, {"EXAMPLE.com", "22"}), HostKey::known);
}

TEST(FindHostKey, TakesPatterns) {
    EXPECT_EQ(find("*.com"), HostKey::known);
    EXPECT_EQ(find("exampl?.com"), HostKey::known);
    EXPECT_EQ(find("?example.com"), HostKey::unknown);
    EXPECT_EQ(find("*,!example.com"), HostKey::unknown);
}

TEST(FindHostKey, NamesOtherPortsInBrackets) {
    EXPECT_EQ(find("[example.com]:2222", line_key, {"example.com", "2222"}), HostKey::known);
    EXPECT_EQ(find("[example.com]:2222", line_key, {"example.com", "22"}), HostKey::unknown);
    EXPECT_EQ(find("example.com", line_key, {"example.com", "2222"}), HostKey::known);
}

TEST(FindHostKey, KnowsAHashedName) {
    const std::string_view hashed = "|1|c2FsdHNhbHRzYWx0c2FsdHNhbHQ=|FQ+T8llbOEZw6kMi1xhxPdATPO4=";
    EXPECT_EQ(find(hashed), HostKey::known);
    EXPECT_EQ(find(hashed, line_key, {"example.org", "22"}), HostKey::unknown);
}

TEST(FindHostKey, PassesOverDamagedHashes) {
    EXPECT_EQ(find("|1|"), HostKey::unknown);
    EXPECT_EQ(find("|1|c2Fs"), HostKey::unknown);
    EXPECT_EQ(find("|1|!!!!|????"), HostKey::unknown);
    EXPECT_EQ(find("|1||"), HostKey::unknown);
}

TEST(FindHostKey, RefusesARevokedKeyWhateverElseTheFileSays) {
    const std::string both =
        "example.com " + std::string(line_key) + "\n@revoked * " + std::string(line_key);
    EXPECT_EQ(find_host_key(both, {"example.com", "22"}, key), HostKey::revoked);
}

TEST(FindHostKey, DoesNotTakeAnAuthoritysKeyForAHosts) {
    EXPECT_EQ(find("@cert-authority example.com"), HostKey::unknown);
}

TEST(FindHostKey, FindsTheRightOneOfSeveralKeys) {
    const std::string both =
        "example.com " + std::string(other_key) + "\nexample.com " + std::string(line_key) + "\n";
    EXPECT_EQ(find_host_key(both, {"example.com", "22"}, key), HostKey::known);
}

TEST(FindHostKey, PassesOverCommentsAndEmptyLines) {
    EXPECT_EQ(
        find_host_key("\n# example.com x y\n   \nexample.com\n", {"example.com", "22"}, key),
        HostKey::unknown
    );
    EXPECT_EQ(find("#example.com"), HostKey::unknown);
}

TEST(FindHostKey, TakesTabsAndWindowsLineEnds) {
    EXPECT_EQ(
        find_host_key(
            "example.com\tssh-ed25519\tAAAAC3NzaC1lZDI1NTE5AAAABGFiY2Q=\r\n",
            {"example.com", "22"},
            key
        ),
        HostKey::known
    );
}

TEST(KeyType, IsTheKeysOwn) {
    EXPECT_EQ(key_type(key), "ssh-ed25519");
    EXPECT_EQ(key_type("abc"), "unknown type");
}

TEST(Fingerprint, IsWhatSshKeygenShows) {
    EXPECT_EQ(fingerprint(key), "SHA256:T1vrrJ9AjQcBgiBNqt9+Xqr4rtt13xDiAsxew/9zR6I");
}

}  // namespace
}  // namespace slipway::mirror
