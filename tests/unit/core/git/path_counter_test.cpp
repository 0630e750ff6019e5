#include "core/git/path_counter.hpp"

#include "core/base/result.hpp"
#include "core/git/memory_tree.hpp"
#include "core/model/object_id.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace slipway::git {
namespace {

TEST(PathCounter, CountsFilesAndFoldersAndReadsEqualTreesOnce) {
    MemoryTree trees;
    const auto root = trees.add({{"a/x/f", {}}, {"b/x/f", {}}, {"c", {}}});
    PathCounter counter(trees);
    EXPECT_EQ(counter.count(root), 7U);
    EXPECT_EQ(counter.count(root), 7U);
    EXPECT_EQ(counter.count(model::ObjectId{}), 0U);
    EXPECT_EQ(trees.trees_read, 3U) << "the root, a and a/x";
}

TEST(PathCounter, DeepTreesAreTooLarge) {
    MemoryTree trees;
    std::string path = "f";
    for (int i = 0; i < 300; ++i) {
        path.insert(0, "d/");
    }
    PathCounter counter(trees);
    const auto counted = counter.count(trees.add({{path, {}}}));
    ASSERT_FALSE(counted);
    EXPECT_EQ(counted.error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace slipway::git
