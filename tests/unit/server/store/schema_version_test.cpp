#include "server/store/schema_version.hpp"

#include <gtest/gtest.h>

#include <string>

namespace slipway::store {
namespace {

TEST(SchemaVersion, ThatIsKnownIsUsed) {
    EXPECT_FALSE(refusal({.number = 0, .oldest = 0}, 4));
    EXPECT_FALSE(refusal({.number = 4, .oldest = 4}, 4));
    EXPECT_FALSE(refusal({.number = 3, .oldest = 1}, 4));
}

TEST(SchemaVersion, OfANewerSlipwayIsUsedWhereItOnlyAdds) {
    EXPECT_FALSE(refusal({.number = 6, .oldest = 4}, 4));
    EXPECT_FALSE(refusal({.number = 1000, .oldest = 1}, 4));
}

TEST(SchemaVersion, OfANewerSlipwayIsRefusedInWordsWhereItDoesNot) {
    const std::string why = refusal({.number = 6, .oldest = 5}, 4).value_or("none");
    EXPECT_EQ(
        why,
        "was written by a newer slipway (its schema is 6, for those that know at least 5; this "
        "slipway knows up to 4); run that version, or restore a backup made before it"
    );
}

}  // namespace
}  // namespace slipway::store
