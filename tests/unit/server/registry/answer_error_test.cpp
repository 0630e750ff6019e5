#include "server/registry/answer_error.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <string>

namespace slipway::registry {
namespace {

TEST(ToError, TakesWhatIsNestedDeeplyForNoCode) {
    const std::string nested = std::string(500'000, '[') + std::string(500'000, ']');
    HttpAnswer answer;
    answer.result(400);
    answer.body() = R"({"errors":[{"code":)" + nested + "}]}";
    EXPECT_EQ(to_error(answer).message, "it answered 400 Bad Request");
}

}  // namespace
}  // namespace slipway::registry
