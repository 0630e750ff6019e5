#include "core/base/result.hpp"
#include "server/base/credentials.hpp"
#include "server/registry/credentials.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/registry/helper_scripts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace slipway::registry {
namespace {

class AskHelper : public ::testing::Test, public HelperScripts {
protected:
    void config(std::string_view json) const { std::ofstream(folder_ / "config.json") << json; }

    /// A helper that writes down what it was asked for and then does as `script` says.
    void asked_helper(std::string_view suffix, std::string_view script) const {
        helper(suffix, "{ cat; echo; } >> $here/asked\n" + std::string(script));
    }

    /// A helper that answers; the password is `secret`.
    void answer(
        std::string_view suffix, std::string_view user, std::string_view secret = "s3cr3t"
    ) {
        asked_helper(
            suffix,
            R"(echo '{"ServerURL":"r.example","Username":")" + std::string(user) +
                R"(","Secret":")" + std::string(secret) + R"("}')"
        );
    }

    Result<Credentials> find(std::string_view registry = "r.example") {
        return source_.find(registry);
    }

    /// The error of a helper `x` with this script; it shows nothing that the helper said.
    Error error_of(std::string_view script) {
        config(R"({"credsStore":"x"})");
        asked_helper("x", script);
        const auto found = find();
        EXPECT_FALSE(found) << script;
        const Error error = found ? Error() : found.error();
        EXPECT_FALSE(error.message.contains("s3cr3t")) << error.message;
        EXPECT_TRUE(error.message.contains("docker-credential-x")) << error.message;
        EXPECT_TRUE(error.message.contains("r.example")) << error.message;
        return error;
    }

    test::TempFolder folder_;
    test::ManualClock clock_;
    CredentialSource source_{folder_.path(), clock_};
};

TEST_F(AskHelper, GivesUserAndPassword) {
    config(R"({"credsStore":"x.y_Z-1"})");
    answer("x.y_Z-1", "me");
    const auto found = find("r.example:5000");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(
        *found,
        (Credentials{.username = "me", .password = "s3cr3t", .server_address = "r.example:5000"})
    );
    EXPECT_EQ(written("asked"), "r.example:5000\n");
}

TEST_F(AskHelper, AsksForDockerHubByItsOwnKey) {
    config(R"({"credHelpers":{"https://index.docker.io/v1/":"x"}})");
    answer("x", "me");
    EXPECT_EQ(find("docker.io").value().server_address, "https://index.docker.io/v1/");
    EXPECT_EQ(written("asked"), "https://index.docker.io/v1/\n");
}

TEST_F(AskHelper, UserTokenMeansAnIdentityToken) {
    config(R"({"credsStore":"x"})");
    answer("x", "<token>");
    EXPECT_EQ(
        find().value(), (Credentials{.identity_token = "s3cr3t", .server_address = "r.example"})
    );
}

TEST_F(AskHelper, NotFoundIsAnonymous) {
    config(R"({"credsStore":"x"})");
    asked_helper("x", "echo 'credentials not found in native keychain'; exit 1");
    ASSERT_TRUE(find());
    EXPECT_TRUE(find()->empty());
    answer("x", "", "");
    source_.forget("r.example");
    ASSERT_TRUE(find()) << "as some helpers say the same";
    EXPECT_TRUE(find()->empty());
}

TEST_F(AskHelper, NotFoundIsExactlyThat) {
    EXPECT_EQ(
        error_of("echo 'credentials not found in native keychain'; exit 2").code,
        ErrorCode::unavailable
    );
    EXPECT_EQ(
        error_of("echo 's3cr3t: credentials not found in native keychain'; exit 1").code,
        ErrorCode::unavailable
    );
}

TEST_F(AskHelper, AnswerThatIsNoneIsNeverQuoted) {
    for (const std::string_view answer :
         {R"(s3cr3t)",
          R"(["s3cr3t"])",
          R"({})",
          R"({"Username":"me"})",
          R"({"Secret":"s3cr3t"})",
          R"({"Username":"","Secret":"s3cr3t"})",
          R"({"Username":"me","Secret":["s3cr3t"]})",
          R"({"Username":"me","Secret":"s3cr3t"} s3cr3t)",
          ""}) {
        EXPECT_EQ(error_of("echo '" + std::string(answer) + "'").code, ErrorCode::failed) << answer;
    }
}

TEST_F(AskHelper, FailureIsToldByItsExitCodeAndItsNotes) {
    const Error error =
        error_of("echo s3cr3t; echo 'the store is locked' >&2; echo s3cr3t >&2; exit 2");
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_TRUE(error.message.ends_with("exit code 2: the store is locked")) << error.message;
}

TEST_F(AskHelper, NotesThatCanNotBeShownAreLeftOut) {
    for (const std::string_view notes :
         {R"(printf 'a\033[31mb\n' >&2)", "head -c 200 /dev/zero | tr '\\0' n >&2", "echo >&2", ""
         }) {
        const Error error = error_of(std::string(notes) + "\necho s3cr3t; exit 2");
        EXPECT_TRUE(error.message.ends_with("exit code 2")) << error.message;
    }
    const Error error = error_of("head -c 199 /dev/zero | tr '\\0' n >&2; exit 2");
    EXPECT_TRUE(error.message.ends_with(": " + std::string(199, 'n'))) << error.message;
}

TEST_F(AskHelper, HelperThatHangsIsUnavailable) {
    config(R"({"credsStore":"x"})");
    helper("x", "echo s3cr3t; sleep 60");
    CredentialSource source(folder_.path(), clock_, {}, std::chrono::milliseconds(200));
    const auto found = source.find("r.example");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(found.error().message.contains("s3cr3t")) << found.error().message;
}

TEST_F(AskHelper, HelperThatIsMissingIsNamed) {
    config(R"({"credsStore":"x"})");
    const auto found = find();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::invalid);
    EXPECT_TRUE(found.error().message.contains("docker-credential-x")) << found.error().message;
    EXPECT_TRUE(found.error().message.contains("PATH")) << found.error().message;
}

TEST_F(AskHelper, SuffixIsNeverAPathOrACommand) {
    std::filesystem::create_directory(script_file("docker-credential-a"));
    answer("a/x", "me");
    for (const std::string_view suffix : {"a/x", "a x", "a;x", "a$x", "ä", "a\\nx", "a\\u0000"}) {
        config(R"({"credsStore":")" + std::string(suffix) + R"("})");
        const auto found = find();
        ASSERT_FALSE(found) << suffix;
        EXPECT_EQ(found.error().code, ErrorCode::invalid);
        EXPECT_TRUE(found.error().message.contains("config.json")) << found.error().message;
    }
    EXPECT_EQ(written("asked"), "");
}

TEST_F(AskHelper, HelperOfTheRegistryThenTheStoreThenTheFile) {
    constexpr std::string_view auths =
        R"("auths":{"r.example":{"username":"file","password":"p"},"s.example":{}})";
    answer("one", "helper");
    answer("all", "store");
    config(R"({"credHelpers":{"r.example":"one"},"credsStore":"all",)" + std::string(auths) + "}");
    EXPECT_EQ(find().value().username, "helper");
    EXPECT_EQ(find("s.example").value().username, "store") << "an empty entry is in the store";
    config(R"({"credHelpers":{},"credsStore":"all",)" + std::string(auths) + "}");
    EXPECT_EQ(find().value().username, "store") << "another helper's answer is not this one's";
    config("{" + std::string(auths) + "}");
    EXPECT_EQ(find().value().username, "file");
    config(R"({"credHelpers":{"r.example":""},"credsStore":"all",)" + std::string(auths) + "}");
    EXPECT_EQ(find().value().username, "file") << "as Docker does";
}

TEST_F(AskHelper, HelperThatHasNoneIsTheEndOfIt) {
    config(R"({"credHelpers":{"r.example":"one"},"credsStore":"all",
               "auths":{"r.example":{"username":"file","password":"p"}}})");
    asked_helper("one", "echo 'credentials not found in native keychain'; exit 1");
    answer("all", "store");
    ASSERT_TRUE(find());
    EXPECT_TRUE(find()->empty());
    EXPECT_EQ(find("s.example").value().username, "store");
}

TEST_F(AskHelper, AnswersAreKeptForAWhile) {
    config(R"({"credsStore":"x"})");
    answer("x", "old");
    EXPECT_EQ(find().value().username, "old");
    answer("x", "new");
    clock_.advance(std::chrono::minutes(4) + std::chrono::milliseconds(49'999));
    EXPECT_EQ(find().value().username, "old");
    EXPECT_EQ(written("asked"), "r.example\n");
    EXPECT_EQ(find("s.example").value().username, "new") << "each registry for itself";
    clock_.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(find().value().username, "new");
    EXPECT_EQ(written("asked"), "r.example\ns.example\nr.example\n");
}

TEST_F(AskHelper, ClockThatGoesBackKeepsNothingForLonger) {
    config(R"({"credsStore":"x"})");
    answer("x", "old");
    EXPECT_EQ(find().value().username, "old");
    answer("x", "new");
    clock_.advance(std::chrono::hours(-1));
    EXPECT_EQ(find().value().username, "new");
}

TEST_F(AskHelper, ErrorsAreNotKept) {
    EXPECT_EQ(error_of("exit 2").code, ErrorCode::unavailable);
    answer("x", "me");
    EXPECT_EQ(find().value().username, "me");
}

TEST_F(AskHelper, RefusedCredentialsAreForgotten) {
    config(R"({"credsStore":"x"})");
    answer("x", "old");
    EXPECT_EQ(find("docker.io").value().username, "old");
    EXPECT_EQ(find("s.example").value().username, "old");
    answer("x", "new");
    EXPECT_FALSE(source_.forget("docker.io")) << "the helper has just said them";
    EXPECT_EQ(find("docker.io").value().username, "new");
    EXPECT_EQ(find("s.example").value().username, "old");
    EXPECT_TRUE(source_.forget("s.example")) << "the helper may say others by now";
    EXPECT_FALSE(source_.forget("s.example"));
}

TEST_F(AskHelper, OneRunsAtATime) {
    config(R"({"credsStore":"x"})");
    asked_helper(
        "x",
        R"(mkdir "$here/running" || echo overlap >> "$here/overlaps"
sleep 0.05
rmdir "$here/running"
echo '{"Username":"me","Secret":"s3cr3t"}')"
    );
    {
        std::vector<std::jthread> threads;
        for (const std::string_view registry :
             {"a.example", "b.example", "c.example", "a.example", "b.example", "c.example"}) {
            threads.emplace_back([this, registry] { EXPECT_EQ(find(registry)->username, "me"); });
        }
    }
    EXPECT_EQ(written("overlaps"), "");
    const std::string asked = written("asked");
    EXPECT_EQ(std::ranges::count(asked, '\n'), 3)
        << "who waits gets the answer to the same question";
}

}  // namespace
}  // namespace slipway::registry
