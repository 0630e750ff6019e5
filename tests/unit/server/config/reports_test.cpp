#include "server/config/config.hpp"
#include "tests/unit/server/config/support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::config {
namespace {

using test::errors_of;
using test::parse;

std::string repository(const std::string& url, const std::string& gitlab) {
    return "repositories: [{name: a, project: team/images, url: '" + url + "', gitlab: {" + gitlab +
           "}}]";
}

GitLab gitlab(const std::string& url, const std::string& keys) {
    const ParsedConfig parsed = parse(repository(url, keys));
    EXPECT_EQ(errors_of(parsed), "") << url;
    return parsed.config.repositories.at(0).gitlab;
}

TEST(ParseGitLab, IsWhereTheRepositoryIs) {
    const std::string below = "https://example.com/gitlab/team/images.git";
    EXPECT_EQ(gitlab("https://git.example.com:8443/x.git", "").url, "https://git.example.com:8443");
    EXPECT_EQ(gitlab("http://localhost/team/images.git", "").url, "http://localhost");
    EXPECT_EQ(gitlab(below, "").url, "https://example.com/gitlab");
    EXPECT_EQ(gitlab(below, "url: 'https://other/'").url, "https://other");
    EXPECT_EQ(gitlab("git@host:team/images.git", "").url, "");
}

TEST(ParseGitLab, HasDefaults) {
    const GitLab read = gitlab("https://g/x.git", "token: t, statuses: false");
    EXPECT_EQ(read.token.reveal(), "t");
    EXPECT_FALSE(read.statuses);
    EXPECT_TRUE(read.merge_requests);
}

TEST(ParseGitLab, RefusesWhatCantWork) {
    EXPECT_TRUE(errors_of(repository("git@host:x.git", "token: t")).contains("key 'url' must say"));
    EXPECT_TRUE(errors_of(repository("https://g/x.git", "url: g")).contains("is no https://"));
    EXPECT_TRUE(errors_of(repository("https://g/x.git", "url: 'https://me:pw@g'"))
                    .contains("'url' holds credentials"));
    EXPECT_TRUE(errors_of(repository("https://g/x.git", "url: 'https://g/?a'"))
                    .contains("ends before any '?'"));
    EXPECT_TRUE(
        errors_of(repository("https://g/x.git", "status: true")).contains("did you mean 'statuses'")
    );
}

TEST(ParsePublicUrl, LosesItsSlash) {
    EXPECT_EQ(
        parse("public_url: https://s.example.com/").config.public_url, "https://s.example.com"
    );
    EXPECT_TRUE(errors_of("public_url: s.example.com").contains("is no https://"));
}

TEST(ParseNotifications, ReadsThem) {
    const ParsedConfig parsed = parse(
        repository("https://g/x.git", "") +
        "\nnotifications: [{url: 'https://n/h', signing_key: whsec_eA==, events: [image.pushed], "
        "repositories: [a]}]"
    );
    EXPECT_EQ(errors_of(parsed), "");
    const Notification expected{
        .url = "https://n/h",
        .signing_key = Secret("whsec_eA=="),
        .events = {"image.pushed"},
        .repositories = {"a"},
    };
    EXPECT_EQ(parsed.config.notifications, std::vector{expected});
}

TEST(ParseNotifications, RefusesWhatCantWork) {
    const auto errors = [](const std::string& keys) {
        return errors_of("notifications: [{url: 'https://n', " + keys + "}]");
    };
    EXPECT_TRUE(errors("events: []").contains("key 'signing_key' or 'signing_key_file' is missing")
    );
    EXPECT_TRUE(errors("signing_key: plain").contains("starts with 'whsec_'"));
    EXPECT_TRUE(errors("signing_key: whsec_eA==, events: [image.push]").contains("is not one of"));
    EXPECT_TRUE(errors("signing_key: whsec_eA==, repositories: [b]")
                    .contains("'b' is no configured repository"));
    EXPECT_TRUE(errors("signing_key: whsec_eA==, secret: x").contains("secret"));
    EXPECT_TRUE(errors_of("notifications: [{signing_key: whsec_eA==}]").contains("'url' is missing")
    );
}

}  // namespace
}  // namespace slipway::config
