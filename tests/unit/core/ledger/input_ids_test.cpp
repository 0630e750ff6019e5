#include "core/ledger/input_ids.hpp"

#include "core/base/result.hpp"
#include "core/git/memory_tree.hpp"
#include "tests/unit/core/plan/repository_text.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::ledger {
namespace {

using test::Files;
using test::image;
using test::operator+;

const std::string debian = "docker.io/library/debian:12";
const std::string digest = "sha256:" + std::string(64, 'a');

/// Ids of images in files that are given as text.
class InputIdsTest : public testing::Test {
protected:
    Result<std::optional<std::string>> result(
        const Files& files, std::string_view folder, const BaseDigests& digests = {}
    ) {
        const test::Commit commit = repository_.commit(files);
        InputIds ids(repository_.objects, commit.catalog, digests);
        return ids.of(commit.catalog.find(folder).value());
    }

    std::optional<std::string> id(
        const Files& files, std::string_view folder, const BaseDigests& digests = {}
    ) {
        return result(files, folder, digests).value();
    }

    test::TextRepository repository_;
};

TEST_F(InputIdsTest, IsOfTheContentAndNotOfThePlace) {
    const auto one = id(image("a", "a", "scratch"), "a");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->size(), 64U);
    EXPECT_EQ(id(image("b", "a", "scratch"), "b"), one);
    EXPECT_NE(id(image("a", "a", "scratch") + Files{{"a/x", ""}}, "a"), one);
}

TEST_F(InputIdsTest, IgnoredFilesDoNotCount) {
    const Files files = image("a", "a", "scratch") + Files{{"a/.dockerignore", "*.log\n"}};
    EXPECT_EQ(id(files + Files{{"a/x.log", "1"}}, "a"), id(files, "a"));
    EXPECT_NE(id(files + Files{{"a/x.txt", "1"}}, "a"), id(files, "a"));
}

TEST_F(InputIdsTest, IgnoredFilesDoNotCountBesideAnIgnoredDockerfile) {
    const Files files = image("a", "a", "scratch") + Files{{"a/.dockerignore", "*\n"}};
    EXPECT_EQ(id(files + Files{{"a/x", "1"}}, "a"), id(files, "a"));
    EXPECT_NE(id(files + Files{{"a/Dockerfile", "FROM scratch\nUSER 1\n"}}, "a"), id(files, "a"));
}

TEST_F(InputIdsTest, NewVersionOfAnIgnoredManifestIsTheSameImage) {
    const Files files = image("a", "a", "scratch") + Files{{"a/.dockerignore", "manifest.yml\n"}};
    const auto with = [&](const std::string& manifest) {
        return id(files + Files{{"a/manifest.yml", manifest}}, "a");
    };
    EXPECT_EQ(with("image: a\nversion: 2\n"), with("image: a\nversion: 1\n"));
    EXPECT_NE(with("image: a\nversion: 1\nlabels: {team: web}\n"), with("image: a\nversion: 1\n"));
}

TEST_F(InputIdsTest, ChangedGrandparentChangesTheGrandchild) {
    const Files files =
        image("a", "a", "scratch") + image("b", "b", "a:1") + image("c", "c", "b:1");
    const auto before = id(files, "c");
    ASSERT_TRUE(before);
    EXPECT_NE(id(files + Files{{"a/x", "1"}}, "c"), before);
    EXPECT_EQ(id(files + image("d", "d", "a:1"), "c"), before) << "a sibling";
}

TEST_F(InputIdsTest, ParentByAnyOfItsTagsCounts) {
    const Files files =
        image("a", "a", "scratch", "tags: [latest]\n") + image("b", "b", "a:latest");
    EXPECT_NE(id(files + Files{{"a/x", "1"}}, "b"), id(files, "b"));
}

TEST_F(InputIdsTest, ExternalBaseIsItsDigest) {
    const Files files = image("a", "a", "debian:12") + image("b", "b", "a:1");
    const auto one = id(files, "b", {{debian, digest}});
    ASSERT_TRUE(one);
    EXPECT_NE(id(files, "b", {{debian, "sha256:" + std::string(64, 'b')}}), one);
}

TEST_F(InputIdsTest, UnknownDigestIsNothing) {
    const Files files =
        image("a", "a", "debian:12") + image("b", "b", "a:1") + image("c", "c", "scratch");
    EXPECT_EQ(id(files, "a", {{"docker.io/library/debian:11", digest}}), std::nullopt);
    EXPECT_EQ(id(files, "b"), std::nullopt);
    EXPECT_NE(id(files, "c"), std::nullopt);
}

TEST_F(InputIdsTest, BaseWithADigestIsKnown) {
    const auto of_digest = [&](char digit) {
        return id(image("a", "a", "debian:12@sha256:" + std::string(64, digit)), "a");
    };
    ASSERT_TRUE(of_digest('a'));
    EXPECT_NE(of_digest('a'), of_digest('b'));
}

TEST_F(InputIdsTest, ImageOnItsOwnNameStandsOnWhatWasPushed) {
    const Files files = image("a", "a", "a:1");
    EXPECT_EQ(id(files, "a"), std::nullopt);
    EXPECT_NE(id(files, "a", {{"docker.io/library/a:1", digest}}), std::nullopt);
}

TEST_F(InputIdsTest, BrokenImagesAndWhatStandsOnThemHaveNone) {
    const Files files = image("a", "a", "b:1") + image("b", "b", "a:1") + image("c", "c", "a:1") +
                        Files{{"d/manifest.yml", "image: d\n"}};
    for (const char* const folder : {"a", "b", "c", "d"}) {
        EXPECT_EQ(id(files, folder), std::nullopt) << folder;
    }
}

TEST_F(InputIdsTest, BadIgnoreFileIsNothing) {
    EXPECT_EQ(
        id(image("a", "a", "scratch") + Files{{"a/.dockerignore", "[\n"}}, "a"), std::nullopt
    );
}

TEST_F(InputIdsTest, ContextThatCanNotBeIsAnErrorAlsoOfWhatStandsOnIt) {
    const std::map<std::string, git::MemoryTree::File> files = {
        {"a/manifest.yml", {.content = "image: a\nversion: 1\n"}},
        {"a/Dockerfile", {.content = "FROM scratch\n"}},
        {"b/manifest.yml", {.content = "image: b\nversion: 1\n"}},
        {"b/Dockerfile", {.content = "FROM a:1\n"}},
    };
    const test::Commit commit = repository_.commit_entries(files);
    git::MemoryTree nothing;
    InputIds ids(nothing, commit.catalog, {});
    const auto id = ids.of(1);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, ErrorCode::not_found);
}

TEST_F(InputIdsTest, EveryImageIsReadOnce) {
    Files files = image("base", "base", "scratch");
    for (const char* const name : {"a", "b", "c"}) {
        files = files + image(name, name, "base:1");
    }
    const test::Commit commit = repository_.commit(files);
    InputIds ids(repository_.objects, commit.catalog, {});
    repository_.objects.trees_read = 0;
    ASSERT_TRUE(ids.of(commit.catalog.find("base").value()).value());
    const std::size_t once = repository_.objects.trees_read;
    for (std::size_t i = 0; i < commit.catalog.size(); ++i) {
        ASSERT_TRUE(ids.of(i).value());
    }
    EXPECT_EQ(repository_.objects.trees_read, 4 * once);
}

TEST_F(InputIdsTest, LongChainsAreNoMatter) {
    constexpr int length = 20'000;
    Files files = image("0", "n0", "scratch");
    for (int i = 1; i < length; ++i) {
        const std::string number = std::to_string(i);
        files.merge(image(number, "n" + number, "n" + std::to_string(i - 1) + ":1"));
    }
    EXPECT_TRUE(id(files, std::to_string(length - 1)));
}

}  // namespace
}  // namespace slipway::ledger
