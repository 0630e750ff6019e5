#include "server/mirror/address.hpp"

#include <gtest/gtest.h>

namespace slipway::mirror {
namespace {

TEST(TransportOf, IsWhatLibgit2WouldTakeOfWhatIsAllowed) {
    EXPECT_EQ(transport_of("https://example.com/x.git"), Transport::http);
    EXPECT_EQ(transport_of("http://example.com/x.git"), Transport::http);
    EXPECT_EQ(transport_of("ssh://git@example.com:22/x.git"), Transport::ssh);
    EXPECT_EQ(transport_of("git@example.com:team/x.git"), Transport::ssh);
    EXPECT_EQ(transport_of("file:///srv/x.git"), Transport::local);
    EXPECT_EQ(transport_of("/srv/x.git"), Transport::local);
    EXPECT_EQ(transport_of("git://example.com/x"), Transport::unsupported);
    EXPECT_EQ(transport_of("ftp://example.com/x"), Transport::unsupported);
    EXPECT_EQ(transport_of(""), Transport::unsupported);
}

TEST(Shown, LeavesOutCredentials) {
    EXPECT_EQ(shown("https://me:secret@example.com/x"), "https://example.com/x");
    EXPECT_EQ(shown("https://secret@example.com:8443/a@b"), "https://example.com:8443/a@b");
    EXPECT_EQ(shown("https://me:se@cret@example.com"), "https://example.com");
    EXPECT_EQ(shown("ftp://me:secret@example.com/x"), "ftp://example.com/x");
}

TEST(Shown, LeavesTheRestAsItIs) {
    EXPECT_EQ(shown("https://example.com/a@b"), "https://example.com/a@b");
    EXPECT_EQ(shown("git@example.com:team/x.git"), "git@example.com:team/x.git");
    EXPECT_EQ(shown("file:///srv/me@home/x.git"), "file:///srv/me@home/x.git");
    EXPECT_EQ(shown("/srv/x.git"), "/srv/x.git");
}

}  // namespace
}  // namespace slipway::mirror
