#include "core/git/memory_tree.hpp"

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <gtest/gtest.h>

namespace slipway::git {
namespace {

model::ObjectId id(const char* hex) {
    return model::parse_object_id(hex).value_or(model::ObjectId{});
}

TEST(MemoryTree, NothingIsGitsEmptyTree) {
    MemoryTree tree;
    EXPECT_EQ(to_string(tree.add({})), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

TEST(MemoryTree, EmptyFileIsGitsEmptyBlob) {
    MemoryTree tree;
    const auto root = tree.add({{"empty", {}}});
    EXPECT_EQ(to_string(tree.entries(root)->at(0).id), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

// The ids are those of `git write-tree` for the same files; `a.txt` stands before the folder `a`.
TEST(MemoryTree, NestedFoldersHaveTheIdsAndTheOrderOfGit) {
    MemoryTree tree;
    const auto root = tree.add({
        {"a.txt", {.content = "hello\n"}},
        {"a/b.txt", {.content = "hello\n"}},
        {"a/b/run.sh", {.content = "x\n", .kind = EntryKind::executable}},
        {"empty", {}},
        {"link", {.content = "a/b.txt", .kind = EntryKind::symlink}},
    });
    EXPECT_EQ(to_string(root), "391ee21ff17b6a954a216c80ada232104cfea597");
    const auto entries = tree.entries(root).value();
    ASSERT_EQ(entries.size(), 4U);
    EXPECT_EQ(entries[0].name, "a.txt");
    EXPECT_EQ(
        entries[1],
        (TreeEntry{
            .name = "a",
            .kind = EntryKind::directory,
            .id = id("42201077e07ac6d4bdc3e4de54cd7f91dc31737b")
        })
    );
    EXPECT_EQ(
        entries[3],
        (TreeEntry{
            .name = "link",
            .kind = EntryKind::symlink,
            .id = id("fb8889aa0e875da9d29cbb51155974586b8a64c5")
        })
    );
}

// The id is that of `git mktree --missing` for the same entry.
TEST(MemoryTree, SubmoduleIsACommitThatIsNotStored) {
    MemoryTree tree;
    const auto root = tree.add({{"sub", {.content = "some", .kind = EntryKind::submodule}}});
    EXPECT_EQ(to_string(root), "4624c5de8ceb5af0970443f8df08e3acf2f285de");
    const auto entry = tree.entries(root)->at(0);
    EXPECT_EQ(tree.blob(entry.id).error().code, ErrorCode::not_found);
}

TEST(MemoryTree, EqualContentHasEqualIds) {
    MemoryTree tree;
    EXPECT_EQ(tree.add({{"a/x", {.content = "1"}}}), tree.add({{"a/x", {.content = "1"}}}));
    EXPECT_NE(tree.add({{"a/x", {.content = "1"}}}), tree.add({{"a/x", {.content = "2"}}}));
    EXPECT_NE(
        tree.add({{"x", {.content = "1"}}}),
        tree.add({{"x", {.content = "1", .kind = EntryKind::executable}}})
    );
}

TEST(MemoryTree, ReadsWhatWasAddedAndCountsIt) {
    MemoryTree tree;
    const auto root = tree.add({{"x", {.content = "some"}}});
    const auto file = tree.entries(root)->at(0).id;
    EXPECT_EQ(tree.blob(file).value(), "some");
    EXPECT_EQ(tree.blob_size(file).value(), 4U);
    EXPECT_EQ(tree.trees_read, 1U);
    EXPECT_EQ(tree.blobs_read, 1U);
}

TEST(MemoryTree, ZeroIdIsTheEmptyTreeAndOthersAreNotFound) {
    MemoryTree tree;
    EXPECT_TRUE(tree.entries({})->empty());
    const auto unknown = id("0123456789012345678901234567890123456789");
    EXPECT_EQ(tree.entries(unknown).error().code, ErrorCode::not_found);
    EXPECT_EQ(tree.blob(unknown).error().code, ErrorCode::not_found);
    EXPECT_EQ(tree.blob_size(unknown).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace slipway::git
