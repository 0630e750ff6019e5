#include "server/engine/session/grpc_message.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine::session {
namespace {

using namespace std::string_literals;
using Messages = std::vector<std::string>;

TEST(Framed, PutsAFlagAndTheSizeBefore) {
    EXPECT_EQ(framed(""), "\0\0\0\0\0"s);
    EXPECT_EQ(framed("abc"), "\0\0\0\0\3abc"s);
    EXPECT_EQ(framed(std::string(0x010203, 'x')).substr(0, 6), "\0\0\1\2\3x"s);
}

TEST(PercentEncoded, KeepsPrintableAsciiOnly) {
    EXPECT_EQ(percent_encoded("no secret 'a'"), "no secret 'a'");
    EXPECT_EQ(percent_encoded("100%\r\n\xC3\xA9\x7F"), "100%25%0D%0A%C3%A9%7F");
}

TEST(MessageReader, FindsMessagesCutAtEveryByte) {
    const std::string bytes = framed("first") + framed("") + framed(std::string(300, 'x'));
    const Messages expected{"first", "", std::string(300, 'x')};
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        MessageReader reader;
        Messages messages = reader.feed(bytes.substr(0, cut)).value();
        const Messages rest = reader.feed(bytes.substr(cut)).value();
        messages.insert(messages.end(), rest.begin(), rest.end());
        EXPECT_EQ(messages, expected) << cut;
        EXPECT_FALSE(reader.in_message()) << cut;
    }
}

TEST(MessageReader, KnowsThatAMessageIsNotWhole) {
    MessageReader reader;
    EXPECT_EQ(reader.feed(framed("abc").substr(0, 7)).value(), Messages{});
    EXPECT_TRUE(reader.in_message());
}

TEST(MessageReader, TakesTheLargestMessageAndNoLarger) {
    const std::string largest(MessageReader::largest_message, 'x');
    MessageReader reader;
    EXPECT_EQ(reader.feed(framed(largest)).value(), Messages{largest});
    const auto refused = reader.feed(framed(largest + "x").substr(0, 5));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, StatusCode::resource_exhausted);
}

TEST(MessageReader, RefusesCompression) {
    MessageReader reader;
    const auto refused = reader.feed("\1\0\0\0\1x"s);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, StatusCode::unimplemented);
}

}  // namespace
}  // namespace slipway::engine::session
