#include "server/planning/catalog_cache.hpp"

#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/memory_tree.hpp"
#include "core/model/object_id.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace slipway::planning {
namespace {

namespace fs = std::filesystem;

model::ObjectId id(std::uint8_t number) {
    model::ObjectId id;
    id.bytes[0] = number;
    return id;
}

catalog::Catalog catalog_of(const std::string& folder) {
    git::MemoryTree tree;
    const auto root = tree.add({
        {folder + "/manifest.yml", {.content = "image: a\nversion: 1\n"}},
        {folder + "/Dockerfile", {.content = "FROM scratch\n"}},
    });
    return catalog::read_catalog(tree, root, {}).value();
}

class CatalogCacheTest : public testing::Test {
protected:
    CatalogCache cache(
        const std::string& repository = "/srv/images", const catalog::CatalogOptions& options = {}
    ) const {
        return {folder_.path() / "cache", repository, options};
    }

    std::vector<fs::path> files() const {
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
            if (entry.is_regular_file()) {
                files.push_back(entry.path());
            }
        }
        return files;
    }

    fs::path file_of(const model::ObjectId& root) const {
        for (const fs::path& file : files()) {
            if (file.filename() == to_string(root) + ".catalog") {
                return file;
            }
        }
        return {};
    }

    void set_age(const model::ObjectId& root, std::chrono::minutes age) const {
        fs::last_write_time(file_of(root), fs::file_time_type::clock::now() - age);
    }

    test::TempFolder folder_;
};

TEST_F(CatalogCacheTest, GivesBackWhatWasStored) {
    cache().store(id(1), catalog_of("python"));
    const auto loaded = cache().load(id(1));
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->bytes(), catalog_of("python").bytes());
    EXPECT_EQ(loaded->folder(0), "python");
    EXPECT_FALSE(cache().load(id(2)));
}

TEST_F(CatalogCacheTest, CatalogOutlivesItsFile) {
    cache().store(id(1), catalog_of("python"));
    const auto loaded = cache().load(id(1));
    fs::remove_all(folder_.path() / "cache");
    EXPECT_EQ(loaded.value().folder(0), "python");
}

TEST_F(CatalogCacheTest, LeavesNoUnfinishedFile) {
    cache().store(id(1), catalog_of("python"));
    cache().store(id(1), catalog_of("python"));
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(CatalogCacheTest, OtherRepositoryOrOptionsKnowNothingOfIt) {
    cache().store(id(1), catalog_of("python"));
    EXPECT_FALSE(cache("/srv/other").load(id(1)));
    catalog::CatalogOptions registry;
    registry.default_registry = "r.example";
    EXPECT_FALSE(cache("/srv/images", registry).load(id(1)));
    catalog::CatalogOptions allowed;
    allowed.allowed_registries = {"r.example"};
    EXPECT_FALSE(cache("/srv/images", allowed).load(id(1)));
    catalog::CatalogOptions roots;
    roots.roots = {"r.example"};
    EXPECT_FALSE(cache("/srv/images", roots).load(id(1)));
    cache("/srv/images", allowed).store(id(2), catalog_of("python"));
    EXPECT_FALSE(cache("/srv/images", roots).load(id(2))) << "the same text in another option";
}

TEST_F(CatalogCacheTest, LatestIsTheOneThatWasUsedLast) {
    EXPECT_FALSE(cache().load_latest());
    cache().store(id(1), catalog_of("one"));
    cache().store(id(2), catalog_of("two"));
    set_age(id(1), std::chrono::minutes(2));
    set_age(id(2), std::chrono::minutes(1));
    EXPECT_EQ(cache().load_latest().value().first, id(2));
    ASSERT_TRUE(cache().load(id(1)));
    const auto latest = cache().load_latest();
    ASSERT_TRUE(latest);
    EXPECT_EQ(latest->first, id(1));
    EXPECT_EQ(latest->second.folder(0), "one");
}

TEST_F(CatalogCacheTest, KeepsThe16ThatWereUsedLast) {
    for (std::uint8_t i = 1; i <= 16; ++i) {
        cache().store(id(i), catalog_of("x"));
        set_age(id(i), std::chrono::minutes(100 - i));
    }
    ASSERT_TRUE(cache().load(id(1))) << "used now";
    cache().store(id(17), catalog_of("x"));
    EXPECT_EQ(files().size(), 16U);
    EXPECT_TRUE(cache().load(id(1)));
    EXPECT_FALSE(cache().load(id(2)));
    EXPECT_TRUE(cache().load(id(3)));
    EXPECT_TRUE(cache().load(id(17)));
}

TEST_F(CatalogCacheTest, DamagedFileIsAsIfItWereNotThere) {
    const auto size = catalog_of("python").bytes().size();
    cache().store(id(1), catalog_of("one"));
    cache().store(id(2), catalog_of("python"));
    set_age(id(1), std::chrono::minutes(1));
    for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, size / 2, size - 1}) {
        fs::resize_file(file_of(id(2)), kept);
        EXPECT_FALSE(cache().load(id(2))) << kept;
        EXPECT_EQ(cache().load_latest().value().first, id(1)) << kept;
    }
    cache().store(id(2), catalog_of("python"));
    EXPECT_TRUE(cache().load(id(2))) << "written anew";
}

TEST_F(CatalogCacheTest, EveryChangedByteIsNoticed) {
    const std::string bytes(catalog_of("python").bytes());
    cache().store(id(1), catalog_of("python"));
    const fs::path file = file_of(id(1));
    constexpr std::size_t step = 7;
    for (std::size_t i = 40; i < bytes.size(); i += step) {  // behind the header
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
        EXPECT_FALSE(cache().load(id(1))) << "byte " << i;
    }
}

TEST_F(CatalogCacheTest, FileOfAnotherNameIsPassedOver) {
    cache().store(id(1), catalog_of("one"));
    std::ofstream(file_of(id(1)).parent_path() / "note.catalog") << "x";
    EXPECT_EQ(cache().load_latest().value().first, id(1));
}

TEST_F(CatalogCacheTest, NoFolderKeepsNothing) {
    const CatalogCache none({}, "/srv/images", {});
    none.store(id(1), catalog_of("python"));
    EXPECT_FALSE(none.load(id(1)));
    EXPECT_FALSE(none.load_latest());
}

TEST_F(CatalogCacheTest, FolderThatCanNotBeMadeIsNoFailure) {
    std::ofstream(folder_.path() / "file") << "x";
    const CatalogCache blocked(folder_.path() / "file", "/srv/images", {});
    blocked.store(id(1), catalog_of("python"));
    EXPECT_FALSE(blocked.load(id(1)));
}

}  // namespace
}  // namespace slipway::planning
