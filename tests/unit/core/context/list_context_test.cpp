#include "core/base/result.hpp"
#include "core/context/context.hpp"
#include "core/git/memory_tree.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::context {
namespace {

using Files = std::map<std::string, git::MemoryTree::File>;
using Paths = std::vector<std::string>;
using git::EntryKind;

Files with_dockerfile(Files files) {
    files.emplace("Dockerfile", git::MemoryTree::File{.content = "FROM scratch\n"});
    return files;
}

ContextList listed(const Files& files, std::string_view dockerfile = "Dockerfile") {
    git::MemoryTree tree;
    return list_context(tree, tree.add(files), "web", dockerfile).value();
}

Paths paths_of(const ContextList& list) {
    Paths paths;
    for (const ContextEntry& entry : list.entries) {
        paths.push_back(entry.path);
    }
    return paths;
}

Paths listed_paths(const Files& files) {
    return paths_of(listed(with_dockerfile(files)));
}

Files ignoring(std::string_view patterns, const std::vector<std::string>& paths) {
    Files files = with_dockerfile({{".dockerignore", {.content = std::string(patterns)}}});
    for (const std::string& path : paths) {
        files[path] = {.content = path};
    }
    return files;
}

TEST(ListContext, ParentsComeFirstAndNamesInByteOrder) {
    const auto paths = listed_paths(
        {{"b/x", {}}, {"b.txt", {}}, {"b-", {}}, {"a/b/c", {}}, {"\xc3\xa9", {}}, {"B", {}}}
    );
    EXPECT_EQ(
        paths,
        (Paths{"B", "Dockerfile", "a", "a/b", "a/b/c", "b", "b/x", "b-", "b.txt", "\xc3\xa9"})
    );
}

TEST(ListContext, EntriesHaveTheirKindsAndIds) {
    git::MemoryTree tree;
    const auto root = tree.add(with_dockerfile({
        {"d/run", {.content = "x", .kind = EntryKind::executable}},
        {"link", {.content = "d", .kind = EntryKind::symlink}},
        {"sub", {.content = "c", .kind = EntryKind::submodule}},
    }));
    const auto entries = list_context(tree, root, "web", "Dockerfile")->entries;
    ASSERT_EQ(entries.size(), 5U);
    EXPECT_EQ(entries[0].kind, EntryKind::file);
    EXPECT_EQ(tree.blob(entries[0].id).value(), "FROM scratch\n");
    EXPECT_EQ(entries[1], (ContextEntry{.path = "d", .kind = EntryKind::directory, .id = {}}));
    EXPECT_EQ(entries[2].kind, EntryKind::executable);
    EXPECT_EQ(entries[3].kind, EntryKind::symlink);
    EXPECT_EQ(entries[4].kind, EntryKind::submodule);
    EXPECT_FALSE(entries[4].id.is_zero());
}

TEST(ListContext, WhatIsIgnoredIsNotListed) {
    const auto list =
        listed(ignoring("*.log\nnode_modules\n", {"a.log", "a.txt", "node_modules/x", "d/b.log"}));
    EXPECT_EQ(paths_of(list), (Paths{".dockerignore", "Dockerfile", "a.txt", "d", "d/b.log"}));
    EXPECT_EQ(list.dockerfile, "Dockerfile");
}

TEST(ListContext, IgnoreFileItselfCanBeIgnored) {
    EXPECT_EQ(paths_of(listed(ignoring(".dockerignore", {}))), (Paths{"Dockerfile"}));
}

TEST(ListContext, FolderWhoseFilesAreAllIgnoredStays) {
    EXPECT_EQ(
        paths_of(listed(ignoring("logs/*\n.dockerignore", {"logs/a"}))),
        (Paths{"Dockerfile", "logs"})
    );
}

TEST(ListContext, ReincludedFileBringsItsIgnoredFolders) {
    const auto list = listed(ignoring(
        "docs\n.dockerignore\n!docs/a/README.md", {"docs/a/README.md", "docs/a/x", "docs/b/x"}
    ));
    EXPECT_EQ(paths_of(list), (Paths{"Dockerfile", "docs", "docs/a", "docs/a/README.md"}));
}

TEST(ListContext, IgnoredFoldersAreNotReadWhereNothingCanComeBack) {
    git::MemoryTree tree;
    const auto root = tree.add(
        ignoring("*\n!Dockerfile\n!src/*.c", {"src/a.c", "src/deep/b.c", "huge/a/b/c", "src/x"})
    );
    tree.trees_read = 0;
    const auto list = list_context(tree, root, "web", "Dockerfile").value();
    EXPECT_EQ(paths_of(list), (Paths{"Dockerfile", "src", "src/a.c"}));
    // The root for each of the Dockerfile and the two ignore files, then the root and `src`.
    EXPECT_EQ(tree.trees_read, 5U);
}

TEST(ListContext, IgnoreFileOfTheDockerfileReplacesTheOther) {
    Files files = ignoring("a", {"a", "b", "docker/Dockerfile"});
    files["docker/Dockerfile.dockerignore"] = {.content = "b"};
    EXPECT_EQ(
        paths_of(listed(files, "docker/Dockerfile")),
        (Paths{
            ".dockerignore",
            "Dockerfile",
            "a",
            "docker",
            "docker/Dockerfile",
            "docker/Dockerfile.dockerignore"
        })
    );
    EXPECT_EQ(
        paths_of(listed(files, "Dockerfile")),
        (Paths{
            ".dockerignore",
            "Dockerfile",
            "b",
            "docker",
            "docker/Dockerfile",
            "docker/Dockerfile.dockerignore"
        })
    );
}

TEST(ListContext, IgnoredDockerfileIsSentUnderAnotherName) {
    const Files files = ignoring("Dockerfile\n.*", {".a", "z"});
    const auto list = listed(files);
    ASSERT_EQ(list.entries.size(), 2U);
    EXPECT_EQ(list.entries[0].path, list.dockerfile);
    EXPECT_TRUE(list.dockerfile.starts_with(".slipway-"));
    EXPECT_TRUE(list.dockerfile.ends_with(".Dockerfile"));
    EXPECT_EQ(
        list.dockerfile.size(), std::string_view(".slipway-01234567890123456789.Dockerfile").size()
    );
    EXPECT_EQ(list.entries[1].path, "z");
    EXPECT_EQ(listed(files).dockerfile, list.dockerfile);
    EXPECT_NE(listed(ignoring("Dockerfile\n.*", {".b", "z"})).dockerfile, list.dockerfile);
}

TEST(ListContext, HiddenDockerfileStandsAtItsNamesPlace) {
    const auto list = listed(
        ignoring("docker\n.dockerignore", {"docker/Dockerfile", "-a", "d/x"}), "docker/Dockerfile"
    );
    EXPECT_EQ(paths_of(list), (Paths{"-a", list.dockerfile, "Dockerfile", "d", "d/x"}));
    EXPECT_EQ(paths_of(listed(ignoring("*", {"a"}))).size(), 1U);
}

TEST(ListContext, BadIgnoreFileLeavesNoEntries) {
    const auto list = listed(ignoring("a\n  [\n!", {"a"}));
    EXPECT_TRUE(list.entries.empty());
    ASSERT_EQ(list.errors.size(), 2U);
    EXPECT_EQ(list.errors[0].path, "web/.dockerignore");
    EXPECT_EQ(list.errors[0].line, 2);
    EXPECT_EQ(list.errors[0].column, 3);
}

TEST(ListContext, IgnoreFileThatIsNoFileIsAnError) {
    for (const EntryKind kind : {EntryKind::symlink, EntryKind::submodule}) {
        const auto list =
            listed(with_dockerfile({{".dockerignore", {.content = "x", .kind = kind}}}));
        ASSERT_EQ(list.errors.size(), 1U);
        EXPECT_EQ(list.errors[0].path, "web/.dockerignore");
        EXPECT_TRUE(list.entries.empty());
    }
    EXPECT_EQ(listed(with_dockerfile({{".dockerignore/x", {}}})).errors.size(), 1U);
}

TEST(ListContext, ErrorsInTheRootFolderHaveNoFolderInTheirPath) {
    git::MemoryTree tree;
    const auto list = list_context(tree, tree.add(ignoring("[", {})), "", "Dockerfile").value();
    EXPECT_EQ(list.errors.at(0).path, ".dockerignore");
}

TEST(ListContext, MissingDockerfileIsNotFound) {
    git::MemoryTree tree;
    const auto root = tree.add({{"Dockerfile/x", {}}, {"file", {}}});
    for (const char* const dockerfile : {"Containerfile", "Dockerfile", "file/x", "Dockerfile/y"}) {
        const auto list = list_context(tree, root, "web", dockerfile);
        ASSERT_FALSE(list.has_value()) << dockerfile;
        EXPECT_EQ(list.error().code, ErrorCode::not_found);
        EXPECT_TRUE(list.error().message.contains(dockerfile)) << list.error().message;
        EXPECT_TRUE(list.error().message.contains("'web'")) << list.error().message;
    }
}

TEST(ListContext, HiddenLinkToADockerfileIsRefused) {
    git::MemoryTree tree;
    const auto link = git::MemoryTree::File{.content = "x", .kind = EntryKind::symlink};
    const auto hidden = list_context(
        tree,
        tree.add({{"Dockerfile", link}, {".dockerignore", {.content = "*"}}}),
        "web",
        "Dockerfile"
    );
    EXPECT_EQ(hidden.error().code, ErrorCode::invalid);
    EXPECT_EQ(
        list_context(tree, tree.add({{"Dockerfile", link}}), "web", "Dockerfile")->entries.size(),
        1U
    );
}

TEST(ListContext, TreeThatCantBeReadIsAnError) {
    git::MemoryTree tree;
    const auto unknown = model::parse_object_id(std::string(40, '1')).value_or(model::ObjectId{});
    EXPECT_EQ(list_context(tree, unknown, "web", "Dockerfile").error().code, ErrorCode::not_found);
}

/// A tree that git's own tools would not write: each level holds two names of the same next one.
class Bomb final : public git::SourceTree {
public:
    Result<std::vector<git::TreeEntry>> entries(const model::ObjectId& tree) override {
        model::ObjectId next = tree;
        ++next.bytes[0];
        if (next.bytes[0] == 1) {
            return std::vector<git::TreeEntry>{
                {.name = "Dockerfile", .kind = EntryKind::file, .id = {}}, folder("a", next)
            };
        }
        return std::vector<git::TreeEntry>{folder("a", next), folder("b", next)};
    }

    Result<std::string> blob(const model::ObjectId& /*id*/) override { return ""; }

    Result<std::uint64_t> blob_size(const model::ObjectId& /*id*/) override { return 0U; }

private:
    static git::TreeEntry folder(const char* name, const model::ObjectId& id) {
        return {.name = name, .kind = EntryKind::directory, .id = id};
    }
};

TEST(ListContext, TreeThatUnfoldsWithoutEndIsTooLarge) {
    Bomb tree;
    EXPECT_EQ(list_context(tree, {}, "web", "Dockerfile").error().code, ErrorCode::too_large);
}

TEST(ListContext, LargeIgnoreFileIsNotRead) {
    git::MemoryTree tree;
    const auto root = tree.add(ignoring(std::string(1'048'577, '\n'), {"a"}));
    tree.blobs_read = 0;
    const ContextList list = list_context(tree, root, "web", "Dockerfile").value();
    ASSERT_EQ(list.errors.size(), 1U);
    EXPECT_EQ(list.errors[0].path, "web/.dockerignore");
    EXPECT_TRUE(list.errors[0].message.contains("larger than 1 MiB"));
    EXPECT_EQ(tree.blobs_read, 0U);
}

TEST(ListContext, PatternsTimesFilesAreBounded) {
    std::string patterns;
    Paths paths;
    for (int i = 0; i < 15'000; ++i) {
        patterns += "p" + std::to_string(i) + "\n";
        paths.push_back("f" + std::to_string(i));
    }
    git::MemoryTree tree;
    const auto list = list_context(tree, tree.add(ignoring(patterns, paths)), "web", "Dockerfile");
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().code, ErrorCode::too_large);
    EXPECT_TRUE(list.error().message.contains("too many patterns"));
}

TEST(ListContext, NamesThatLeaveTheFolderAreRefused) {
    git::MemoryTree tree;
    for (const char* const name : {"..", "."}) {
        const auto list = list_context(
            tree, tree.add(with_dockerfile({{std::string("a/") + name, {}}})), "web", "Dockerfile"
        );
        EXPECT_EQ(list.error().code, ErrorCode::invalid);
    }
}

}  // namespace
}  // namespace slipway::context
