#include "core/base/strong_id.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_contract.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

TEST_P(StoreContract, ALogIsWhatWasAppendedInOrder) {
    const BuildId build = planned("images", {new_step(0, "a"), new_step(1, "b")});
    EXPECT_EQ(get(store_->log(build, 0, 0)), "");
    get(store_->append_log(build, 0, "Step 1/2\n"));
    get(store_->append_log(build, 1, "of b\n"));
    get(store_->append_log(build, 0, ""));
    get(store_->append_log(build, 0, "größe \xFF\n"));
    EXPECT_EQ(get(store_->log(build, 0, 0)), "Step 1/2\ngröße \xFF\n");
    EXPECT_EQ(get(store_->log(build, 1, 0)), "of b\n");
    reopen();
    EXPECT_EQ(get(store_->log(build, 0, 9)), "größe \xFF\n");
}

TEST_P(StoreContract, ALogIsReadFromAByteOn) {
    const BuildId build = planned("images", {new_step(0, "a")});
    get(store_->append_log(build, 0, "one\n"));
    get(store_->append_log(build, 0, "two\n"));
    get(store_->append_log(build, 0, "three\n"));
    EXPECT_EQ(get(store_->log(build, 0, 2)), "e\ntwo\nthree\n");
    EXPECT_EQ(get(store_->log(build, 0, 4)), "two\nthree\n");
    EXPECT_EQ(get(store_->log(build, 0, 13)), "\n");
    EXPECT_EQ(get(store_->log(build, 0, 14)), "");
    EXPECT_EQ(get(store_->log(build, 0, 1'000'000)), "");
}

TEST_P(StoreContract, ALogIsReadInPiecesOfAtMostOneMiB) {
    const BuildId build = planned("images", {new_step(0, "a")});
    std::string text;
    for (int i = 0; text.size() < 2'500'000; ++i) {
        text += "line " + std::to_string(i) + "\n";
    }
    get(store_->append_log(build, 0, text));
    std::string read;
    std::vector<std::size_t> sizes;
    for (std::string piece = get(store_->log(build, 0, 0)); !piece.empty();
         piece = get(store_->log(build, 0, static_cast<std::int64_t>(read.size())))) {
        sizes.push_back(piece.size());
        read += piece;
    }
    EXPECT_EQ(read, text);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1048576, 1048576, text.size() - 2097152}));
}

}  // namespace
}  // namespace slipway::store
