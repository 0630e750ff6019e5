#include "core/catalog/read_catalog.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/with_trees.hpp"
#include "core/git/source_tree.hpp"
#include "core/git/tree_walk.hpp"
#include "core/model/object_id.hpp"
#include "tests/unit/core/plan/repository_text.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::catalog {
namespace {

using test::Files;
using test::image;
using test::operator+;
using test::TextRepository;

TEST(ReadCatalog, SubmoduleOrLinkNamedLikeAManifestIsNoImage) {
    TextRepository repository;
    const auto commit = repository.commit_entries({
        {"a/manifest.yml", {"x", git::EntryKind::submodule}},
        {"b/manifest.yml", {"../a", git::EntryKind::symlink}},
    });
    ASSERT_EQ(commit.catalog.size(), 1U);
    EXPECT_EQ(commit.catalog.folder(0), "b");
    EXPECT_TRUE(commit.catalog.is_broken(0));
}

TEST(ReadCatalog, OnlyWhatDiffersIsReadAgain) {
    TextRepository repository;
    Files files;
    for (int i = 0; i < 50; ++i) {
        files = files + image("f" + std::to_string(i), "i" + std::to_string(i), "scratch") +
                Files{{"f" + std::to_string(i) + "/x", "1"}};
    }
    const auto before = repository.commit(files);
    files["f7/x"] = "2";
    const Known known{before.catalog, before.tree};
    repository.objects.blobs_read = 0;
    repository.objects.trees_read = 0;
    const auto after = repository.commit(files, &known);
    EXPECT_EQ(repository.objects.blobs_read, 0U) << "manifest and Dockerfile are the same blobs";
    EXPECT_EQ(repository.objects.trees_read, 4U) << "both roots and both versions of f7";
    EXPECT_EQ(after.catalog.bytes(), repository.commit(files).catalog.bytes());
}

TEST(ReadCatalog, TreesThatMovedAreAllThatDiffers) {
    TextRepository repository;
    Files files = image("base", "base", "scratch") + image("app", "app", "base:1") +
                  Files{{"app/x", "1"}, {"base/x", "1"}};
    const auto before = repository.commit(files);
    files["app/x"] = "2";
    const auto after = repository.commit(files);
    const std::size_t app = before.catalog.find("app").value();
    const Catalog moved = with_trees(before.catalog, {{app, after.catalog.tree(app)}});
    EXPECT_NE(moved.bytes(), before.catalog.bytes());
    EXPECT_EQ(moved.bytes(), after.catalog.bytes());
}

TEST(ReadCatalog, ImageThatLostItsManifestIsGone) {
    TextRepository repository;
    Files files = image("a", "a", "scratch") + image("b", "b", "scratch");
    const auto before = repository.commit(files);
    files.erase("a/manifest.yml");
    const Known known{before.catalog, before.tree};
    const auto after = repository.commit(files, &known);
    ASSERT_EQ(after.catalog.size(), 1U);
    EXPECT_EQ(after.catalog.folder(0), "b");
}

/// A folder of ten folders, each of which is it again: 10^10 of them at ten levels; or with an
/// image at each place of a level.
class Bomb : public git::SourceTree {
public:
    [[nodiscard]] Result<std::vector<git::TreeEntry>> entries(const model::ObjectId& tree
    ) override {
        const int level = tree.bytes[0];
        std::vector<git::TreeEntry> entries;
        if (tree.is_zero()) {
            return entries;
        }
        if (level == image_level) {
            entries.push_back({"Dockerfile", git::EntryKind::file, id_of(101)});
            entries.push_back({"manifest.yml", git::EntryKind::file, id_of(102)});
            return entries;
        }
        for (int image = 1000; level > 200 && image < 1000 * (level - 199); ++image) {
            entries.push_back(
                {std::to_string(image) + name_end, git::EntryKind::directory, id_of(image_level)}
            );
        }
        for (char name = '0'; level < 10 && name <= '9'; ++name) {
            entries.push_back({name + name_end, git::EntryKind::directory, id_of(level + 1)});
        }
        return entries;
    }

    [[nodiscard]] Result<std::string> blob(const model::ObjectId& id) override {
        return id == id_of(101) ? dockerfile : manifest;
    }

    [[nodiscard]] Result<std::uint64_t> blob_size(const model::ObjectId& id) override {
        return blob(id)->size();
    }

    /// The root of so many thousand images.
    static model::ObjectId row_of(int thousands) { return id_of(200 + thousands); }

    static model::ObjectId id_of(int level) {
        model::ObjectId id;
        id.bytes[0] = static_cast<unsigned char>(level);
        id.bytes[1] = 1;
        return id;
    }

    int image_level = 100;
    std::string manifest;
    std::string dockerfile;
    std::string name_end;
};

TEST(ReadCatalog, FoldersWithoutEndAreTooLarge) {
    Bomb bomb;
    const auto read = read_catalog(bomb, Bomb::id_of(0), {}, nullptr);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::too_large);
    EXPECT_TRUE(read.error().message.contains("`roots`"));
}

TEST(ReadCatalog, ImagesOfManyBytesAreTooLarge) {
    Bomb bomb;
    bomb.manifest = "image: a\nversion: 1\n";
    bomb.dockerfile = "ARG A=" + std::string(200, 'a') + "\n";
    for (int i = 0; i < 1000; ++i) {
        bomb.dockerfile += "FROM $A\n";
    }
    bomb.image_level = 3;
    const auto read = read_catalog(bomb, Bomb::id_of(0), {}, nullptr);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::too_large);
    EXPECT_TRUE(read.error().message.contains("128 MiB")) << read.error().message;
}

TEST(ReadCatalog, ImagesThatBecomeTooManyBytesPushByPushAreTooLarge) {
    Bomb bomb;
    bomb.manifest = "no manifest";
    bomb.name_end = std::string(30'000, 'n');
    const auto first = read_catalog(bomb, Bomb::row_of(1), {}, nullptr);
    ASSERT_TRUE(first) << first.error().message;
    const Known known_first{*first, Bomb::row_of(1)};
    const auto second = read_catalog(bomb, Bomb::row_of(2), {}, &known_first);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->size(), 2000U);
    const Known known_second{*second, Bomb::row_of(2)};
    const auto third = read_catalog(bomb, Bomb::row_of(3), {}, &known_second);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, ErrorCode::too_large);
}

TEST(ReadCatalog, FoldersOfLongNamesAreTooLarge) {
    Bomb bomb;
    bomb.name_end = std::string(1000, 'n');
    const auto read = read_catalog(bomb, Bomb::id_of(0), {}, nullptr);
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().message.contains("128 MiB")) << read.error().message;
}

TEST(ReadCatalog, ComparingFoldersWithoutEndIsTooLarge) {
    Bomb bomb;
    const auto changed = git::changed_paths(bomb, {}, Bomb::id_of(0), "", 20);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, ErrorCode::too_large);
}

TEST(ReadCatalog, LargeManifestsAndDockerfilesAreNotRead) {
    TextRepository repository;
    const auto commit = repository.commit(
        image("a", "a", "scratch") + Files{{"b/manifest.yml", std::string(65'537, ' ')}} +
        image("c", "c", "scratch") + Files{{"c/Dockerfile", std::string(1'048'577, ' ')}}
    );
    ASSERT_EQ(commit.catalog.size(), 3U);
    EXPECT_FALSE(commit.catalog.is_broken(0));
    ASSERT_EQ(commit.catalog.image(1).errors.size(), 1U);
    EXPECT_TRUE(commit.catalog.image(1).errors[0].message.contains("larger than 64 KiB"));
    ASSERT_EQ(commit.catalog.image(2).errors.size(), 1U);
    EXPECT_EQ(commit.catalog.image(2).errors[0].path, "c/Dockerfile");
    EXPECT_EQ(repository.objects.blobs_read, 3U);
}

TEST(ReadCatalog, AHundredErrorsOfAFileAreEnough) {
    std::string manifest = "image: a\nversion: 1\n";
    for (int i = 0; i < 1000; ++i) {
        manifest += "key" + std::to_string(i) + ": 1\n";
    }
    TextRepository repository;
    const auto commit = repository.commit(Files{{"a/manifest.yml", manifest}});
    const auto errors = commit.catalog.image(0).errors;
    ASSERT_EQ(errors.size(), 101U);
    EXPECT_EQ(errors.back().message, "this and 899 more errors are not shown");
}

TEST(ReadCatalog, DamagedBytesAreRefused) {
    TextRepository repository;
    const auto commit = repository.commit(image("a", "a", "b:1") + image("b", "b", "scratch"));
    const std::string bytes(commit.catalog.bytes());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_FALSE(Catalog::from_bytes(std::string_view(bytes).substr(0, length), nullptr));
    }
}

TEST(ReadCatalog, EveryFlippedByteIsRefused) {
    TextRepository repository;
    const auto commit = repository.commit(image("a", "a", "b:1") + image("b", "b", "scratch"));
    for (std::size_t at = 0; at < commit.catalog.bytes().size(); ++at) {
        auto bytes = std::make_shared<std::string>(commit.catalog.bytes());
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ 0x55);
        EXPECT_FALSE(Catalog::from_bytes(*bytes, bytes)) << "byte " << at;
    }
}

/// A random change of random files: folders come, go, move, nest, and lose or gain manifests.
void mutate(Files& files, std::mt19937& random) {
    const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
    const std::string folder =
        "d" + std::to_string(pick(5)) + (pick(2) == 0 ? "/e" + std::to_string(pick(2)) : "");
    switch (pick(4)) {
        case 0:
            files =
                files +
                image(folder, "n" + std::to_string(pick(9)), "n" + std::to_string(pick(9)) + ":1");
            break;
        case 1:
            files[folder + "/x" + std::to_string(pick(3))] = std::to_string(pick(100));
            break;
        case 2:
            std::erase_if(files, [&](const auto& file) {
                return file.first.starts_with(folder + "/");
            });
            break;
        case 3:
            files.erase(folder + "/manifest.yml");
            break;
        default:
            files[folder + "/Dockerfile"] = "FROM n" + std::to_string(pick(9)) + ":1\nRUN echo " +
                                            std::to_string(pick(9)) + "\n";
    }
}

TEST(ReadCatalog, StepByStepEqualsFromNothing) {
    std::mt19937 random(20261122);
    for (int round = 0; round < 200; ++round) {
        TextRepository repository;
        Files files = {{"README", "x"}};
        auto last = repository.commit(files);
        for (int step = 0; step < 10; ++step) {
            mutate(files, random);
            const Known known{last.catalog, last.tree};
            const auto next = repository.commit(files, &known);
            ASSERT_EQ(next.catalog.bytes(), repository.commit(files).catalog.bytes())
                << "round " << round << " step " << step;
            last = next;
        }
    }
}

}  // namespace
}  // namespace slipway::catalog
