#include "server/gitlab/answer_error.hpp"

#include "server/client/http_exchange.hpp"

#include <gtest/gtest.h>

namespace slipway::gitlab {
namespace {

TEST(WordsOf, LeavesOutWhatLooksLikeAToken) {
    client::HttpAnswer answer;
    answer.body() = R"({"message": "bad header: Bearer glpat-0123456789abcdefghij, again"})";
    EXPECT_EQ(words_of(answer), "bad header: Bearer ..., again");
    answer.body() = R"({"message": "Cannot transition status via :run from :running"})";
    EXPECT_EQ(words_of(answer), "Cannot transition status via :run from :running");
}

}  // namespace
}  // namespace slipway::gitlab
