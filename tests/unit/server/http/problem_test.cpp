#include "server/http/problem.hpp"

#include "core/base/result.hpp"
#include "server/http/message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace slipway::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

TEST(Problem, HasTheFourFieldsOfTheStandardInOrder) {
    const Response response = problem(404, "not-found", "No such build", "Build 7 is not known.");
    EXPECT_EQ(response.status, 404U);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(
        response.body,
        R"({"type":"urn:slipway:problem:not-found","title":"No such build","status":404,"detail":"Build 7 is not known."})"
    );
}

TEST(Problem, ReplacesWhatIsNotUtf8) {
    const Response response = problem(400, "invalid", "Wrong", "a \xff \"quote\"");
    EXPECT_NE(response.body.find("a \xef\xbf\xbd \\\"quote\\\""), std::string::npos)
        << response.body;
}

TEST(Problem, GivesEveryErrorItsStatus) {
    const std::vector<std::pair<ErrorCode, unsigned>> statuses = {
        {ErrorCode::invalid, 400},
        {ErrorCode::denied, 401},
        {ErrorCode::not_found, 404},
        {ErrorCode::conflict, 409},
        {ErrorCode::too_large, 413},
        {ErrorCode::unavailable, 503},
        {ErrorCode::cancelled, 500},
        {ErrorCode::failed, 500},
        {ErrorCode::internal, 500},
    };
    for (const auto& [code, status] : statuses) {
        const Response response = problem(Error{code, "words"});
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.body.find("words") == std::string::npos, status == 500) << response.body;
    }
}

TEST(Problem, SaysWhenToTryAgainWhereAPartIsAway) {
    const Response response = problem(Error{ErrorCode::unavailable, "the store is away"});
    EXPECT_EQ(response.headers, (Headers{{"Retry-After", "5"}}));
}

TEST(Problem, AsksForCredentialsWhereTheyAreMissing) {
    const Response response = problem(Error{ErrorCode::denied, "no token"});
    EXPECT_EQ(response.headers, (Headers{{"WWW-Authenticate", "Bearer"}}));
}

}  // namespace
}  // namespace slipway::http
