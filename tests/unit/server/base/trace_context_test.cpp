#include "server/base/trace_context.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

namespace slipway {
namespace {

// Of the W3C's text and its test suite (github.com/w3c/trace-context, test/test.py).
const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
const std::string parent_id = "b7ad6b7169203331";
const std::string valid = "00-" + trace_id + "-" + parent_id + "-01";

TEST(TraceContext, IsReadFromAHeader) {
    const auto trace = parse_traceparent(valid);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->trace_id, trace_id);
    EXPECT_EQ(trace->parent_id, parent_id);
    EXPECT_EQ(trace->flags, 1);
    EXPECT_EQ(to_string(*trace), valid);
    EXPECT_EQ(parse_traceparent("00-" + trace_id + "-" + parent_id + "-00")->flags, 0);
}

TEST(TraceContext, KeepsTheFlagsThatItKnows) {
    const auto trace = parse_traceparent("00-" + trace_id + "-" + parent_id + "-ff");
    ASSERT_TRUE(trace);
    EXPECT_EQ(to_string(*trace), "00-" + trace_id + "-" + parent_id + "-03");
}

TEST(TraceContext, OfALaterVersionIsReadAsFarAsItIsKnown) {
    const std::string ids = "-12345678901234567890123456789012-1234567890123456-01";
    for (const std::string& header :
         {"cc" + ids, "cc" + ids + "-what-the-future-will-be-like", "01" + ids + "-"}) {
        const auto trace = parse_traceparent(header);
        ASSERT_TRUE(trace) << header;
        EXPECT_EQ(to_string(*trace), "00" + ids);
    }
    EXPECT_EQ(parse_traceparent("cc" + ids + ".what-the-future-will-not-be-like"), std::nullopt);
}

TEST(TraceContext, IsNothingWhereTheHeaderIsWrong) {
    const std::string ids = "-12345678901234567890123456789012-1234567890123456-01";
    for (const std::string& header : {
             std::string(),
             std::string("x"),
             "ff" + ids,
             ".0" + ids,
             "0." + ids,
             "000" + ids,
             "00" + ids + "-what-the-future-will-be-like",
             "00" + ids + ".",
             std::string("00-00000000000000000000000000000000-1234567890123456-01"),
             std::string("00-.2345678901234567890123456789012-1234567890123456-01"),
             std::string("00-1234567890123456789012345678901.-1234567890123456-01"),
             std::string("00-1234567890123456789012345678901-1234567890123456-01"),
             std::string("00-123456789012345678901234567890123-1234567890123456-01"),
             std::string("00-12345678901234567890123456789012-0000000000000000-01"),
             std::string("00-12345678901234567890123456789012-.234567890123456-01"),
             std::string("00-12345678901234567890123456789012-123456789012345-01"),
             std::string("00-12345678901234567890123456789012-12345678901234567-01"),
             std::string("00-12345678901234567890123456789012-1234567890123456-.0"),
             std::string("00-12345678901234567890123456789012-1234567890123456-0."),
             std::string("00-12345678901234567890123456789012-1234567890123456-1"),
             std::string("00-12345678901234567890123456789012-1234567890123456-001"),
             std::string("00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01"),
             std::string("00_12345678901234567890123456789012_1234567890123456_01"),
         }) {
        EXPECT_EQ(parse_traceparent(header), std::nullopt) << header;
    }
}

TEST(TraceContext, OfAChildHasAParentOfItsOwn) {
    const TraceContext trace = parse_traceparent(valid).value();
    std::set<std::string> parents{trace.parent_id};
    for (int i = 0; i < 100; ++i) {
        const TraceContext one = child(trace);
        EXPECT_EQ(one.trace_id, trace.trace_id);
        EXPECT_EQ(one.flags, trace.flags);
        EXPECT_EQ(parse_traceparent(to_string(one)), one);
        parents.insert(one.parent_id);
    }
    EXPECT_EQ(parents.size(), 101U);
}

TEST(TraceContext, IsANewOneWhereNoneCame) {
    EXPECT_EQ(to_string(trace_of(valid)), valid);
    const TraceContext one = trace_of("");
    EXPECT_EQ(parse_traceparent(to_string(one)), one);
    EXPECT_NE(one.trace_id, trace_of("nonsense").trace_id);
}

}  // namespace
}  // namespace slipway
