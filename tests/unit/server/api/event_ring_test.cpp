#include "server/api/event_ring.hpp"

#include "server/api/picture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::api {
namespace {

std::vector<Event> events(int count, const std::string& data = "{}") {
    return std::vector<Event>(
        static_cast<std::size_t>(count), {.kind = EventKind::owed, .data = data}
    );
}

TEST(EventRing, GivesWhatCameSinceAPlace) {
    EventRing ring("boot");
    EXPECT_EQ(ring.next(), 1);
    std::int64_t place = 1;
    EXPECT_EQ(ring.take(&place), nullptr);
    ASSERT_TRUE(ring.add({{EventKind::build, "1"}, {EventKind::step, "2"}}));
    EXPECT_EQ(
        *ring.take(&place),
        "event: build\nid: boot-1\ndata: 1\n\nevent: step\nid: boot-2\ndata: 2\n\n"
    );
    EXPECT_EQ(place, 3);
    EXPECT_EQ(ring.take(&place), nullptr);
}

TEST(EventRing, ForgetsTheOldestAndSaysSo) {
    EventRing ring("boot", 4, 1000000);
    ASSERT_TRUE(ring.add(events(2)));
    EXPECT_TRUE(ring.holds(1));
    ASSERT_TRUE(ring.add(events(2)));
    EXPECT_TRUE(ring.holds(1));
    ASSERT_TRUE(ring.add(events(1)));
    EXPECT_FALSE(ring.holds(1));
    EXPECT_TRUE(ring.holds(2));
    EXPECT_TRUE(ring.holds(6)) << "who has all";
    EXPECT_FALSE(ring.holds(7));
}

TEST(EventRing, IsBoundInBytes) {
    EventRing ring("boot", 100, 1000);
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(ring.add(events(1, std::string(300, 'x'))));
    }
    EXPECT_FALSE(ring.holds(17));
    EXPECT_TRUE(ring.holds(18));
}

TEST(EventRing, TakesNoMoreThanHalfOfItAtOnce) {
    EventRing ring("boot", 10, 1000);
    EXPECT_FALSE(ring.add(events(6)));
    EXPECT_FALSE(ring.add(events(2, std::string(300, 'x'))));
    EXPECT_EQ(ring.next(), 1);
}

TEST(EventRing, GivesManyInSeveralPieces) {
    EventRing ring("boot");
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(ring.add(events(1, std::string(40000, 'x'))));
    }
    std::int64_t place = 1;
    for (std::int64_t number = 2; number <= 4; ++number) {
        EXPECT_NE(ring.take(&place), nullptr);
        EXPECT_EQ(place, number);
    }
}

TEST(EventRing, GoesOnBehindAnIdThatItHolds) {
    EventRing ring("7", 4, 1000000);
    ASSERT_TRUE(ring.add(events(2)));
    ASSERT_TRUE(ring.add(events(2)));
    ASSERT_TRUE(ring.add(events(2)));
    EXPECT_EQ(ring.place_after("7-2"), 3);
    EXPECT_EQ(ring.place_after("7-6"), 7);
    for (const char* const id :
         {"7-1", "7-7", "8-6", "7-", "7-x", "", "6", "7-99999999999999999999"}) {
        EXPECT_FALSE(ring.place_after(id)) << id;
    }
}

}  // namespace
}  // namespace slipway::api
