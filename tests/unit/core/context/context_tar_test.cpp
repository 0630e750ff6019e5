#include "core/base/result.hpp"
#include "core/context/context.hpp"
#include "core/context/tar_header.hpp"
#include "core/git/memory_tree.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::context {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, git::MemoryTree::File>;
using git::EntryKind;

constexpr std::int64_t commit_time = 1'700'000'000;  // octal 14524770400

std::vector<std::string> pieces_of(const Files& files, std::int64_t mtime = commit_time) {
    git::MemoryTree tree;
    ContextTar tar(tree, list_context(tree, tree.add(files), "web", "Dockerfile").value(), mtime);
    std::vector<std::string> pieces;
    for (auto piece = tar.next().value(); !piece.empty(); piece = tar.next().value()) {
        pieces.push_back(std::move(piece));
    }
    EXPECT_TRUE(tar.next()->empty());
    return pieces;
}

std::string packed(const Files& files, std::int64_t mtime = commit_time) {
    std::string bytes;
    for (const std::string& piece : pieces_of(files, mtime)) {
        bytes += piece;
    }
    return bytes;
}

Files with_dockerfile(Files files) {
    files.emplace("Dockerfile", git::MemoryTree::File{.content = "FROM scratch\n"});
    return files;
}

std::string filled(std::string text, std::size_t size) {
    text.resize(size, '\0');
    return text;
}

std::string nul_after(const std::string& text) {
    return text + '\0';
}

/// One header block, as tarfile of Python writes it, too.
std::string header(
    const std::string& name,
    const std::string& mode,
    const std::string& size,
    const std::string& check,
    char type,
    const std::string& link
) {
    const std::string numbers = nul_after("0000" + mode) + nul_after("0000000") +
                                nul_after("0000000") + nul_after("000000000" + size) +
                                nul_after("14524770400") + nul_after(check) + " ";
    return filled(
        filled(name, 100) + numbers + type + filled(link, 100) + nul_after("ustar") + "00", 512
    );
}

TEST(ContextTar, TinyContextIsTheseBytes) {
    const std::string expected =
        header("Dockerfile", "644", "15", "007775", '0', "") + filled("FROM scratch\n", 512) +
        header("bin/", "755", "00", "006557", '5', "") +
        header("bin/sh", "777", "00", "007516", '2', "../x") + std::string(1024, '\0');
    const Files files =
        with_dockerfile({{"bin/sh", {.content = "../x", .kind = EntryKind::symlink}}});
    EXPECT_EQ(packed(files), expected);
}

TEST(ContextTar, EqualTreesGiveEqualBytes) {
    const Files files =
        with_dockerfile({{"a", {.content = "1"}}, {std::string(200, 'b'), {.content = "2"}}});
    EXPECT_EQ(packed(files), packed(files));
    EXPECT_NE(packed(files), packed(files, commit_time + 1));
}

TEST(ContextTar, TimesThatDoNotFitBecomeTheNearest) {
    EXPECT_EQ(packed(with_dockerfile({}), -5), packed(with_dockerfile({}), 0));
    EXPECT_EQ(packed(with_dockerfile({}), INT64_MAX), packed(with_dockerfile({}), 077777777777));
}

/// Unpacks the tar with the system's own tool.
void unpack(const Files& files, const test::TempFolder& folder) {
    std::ofstream(folder / "context.tar", std::ios::binary) << packed(files);
    fs::create_directory(folder / "out");
    const std::string command = "cd '" + folder.path().string() +
                                "' && LC_ALL=C.UTF-8 tar -xpf context.tar -C out --no-same-owner";
    // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor)
    ASSERT_EQ(std::system(command.c_str()), 0);
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void expect_unpacked(const Files& files) {
    const test::TempFolder folder;
    unpack(files, folder);
    std::size_t found = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder / "out")) {
        found += entry.is_symlink() || !entry.is_directory() ? 1 : 0;
    }
    EXPECT_EQ(found, files.size());
    for (const auto& [path, file] : files) {
        const fs::path unpacked = folder / ("out/" + path);
        if (file.kind == EntryKind::symlink) {
            EXPECT_EQ(fs::read_symlink(unpacked).string(), file.content) << path;
            continue;
        }
        EXPECT_EQ(content_of(unpacked), file.content) << path;
        const auto mode = file.kind == EntryKind::executable ? fs::perms(0755) : fs::perms(0644);
        EXPECT_EQ(fs::status(unpacked).permissions(), mode) << path;
    }
}

TEST(ContextTar, OddNamesComeBackFromTar) {
    Files files = with_dockerfile({});
    for (const char* const name :
         {"a b",
          " ",
          "-rf",
          "quote'\"",
          "back\\slash",
          "new\nline",
          "caf\xc3\xa9",
          "\xe6\x97\xa5/\xe6\x9c\xac",
          "*",
          "~",
          "broken-\xff"}) {
        files[name] = {.content = name};
    }
    expect_unpacked(files);
}

TEST(ContextTar, NamesOfAllLengthsComeBackFromTar) {
    Files files = with_dockerfile({});
    for (const std::size_t length : {98U, 99U, 100U, 101U, 155U, 156U, 199U, 200U, 253U, 255U}) {
        files[std::string(length, 'n')] = {.content = std::to_string(length)};
        files["d/" + std::string(length - 2, 'n')] = {.content = std::to_string(length)};
        files["dir" + std::string(length - 3, 'd') + "/f"] = {.content = std::to_string(length)};
    }
    files[std::string(150, 'a') + "/" + std::string(149, 'b')] = {.content = "300 bytes"};
    files[std::string(155, 'a') + "/" + std::string(100, 'b')] = {.content = "256 bytes"};
    files[std::string(250, 'a') + "/" + std::string(250, 'b') + "/" + std::string(250, 'c')] = {
        .content = "long"
    };
    expect_unpacked(files);
}

TEST(ContextTar, LinksComeBackFromTar) {
    Files files = with_dockerfile({});
    for (const std::size_t length : {1U, 99U, 100U, 101U, 500U}) {
        files["link" + std::to_string(length)] = {
            .content = std::string(length, 't'), .kind = EntryKind::symlink
        };
    }
    files["up"] = {.content = "../caf\xc3\xa9", .kind = EntryKind::symlink};
    files[std::string(150, 'l')] = {.content = std::string(150, 't'), .kind = EntryKind::symlink};
    expect_unpacked(files);
}

TEST(ContextTar, FilesOfAllSizesComeBackFromTar) {
    Files files =
        with_dockerfile({{"run", {.content = "#!/bin/sh\n", .kind = EntryKind::executable}}});
    for (const std::size_t size :
         {0U, 1U, 511U, 512U, 513U, 262'143U, 262'144U, 262'145U, 300'000U}) {
        files["f" + std::to_string(size)] = {.content = std::string(size, 'x')};
    }
    expect_unpacked(files);
}

TEST(ContextTar, SubmoduleIsAnEmptyFolder) {
    const test::TempFolder folder;
    unpack(with_dockerfile({{"sub", {.content = "c", .kind = EntryKind::submodule}}}), folder);
    EXPECT_TRUE(fs::is_directory(folder / "out/sub"));
    EXPECT_TRUE(fs::is_empty(folder / "out/sub"));
}

TEST(ContextTar, LargeFileComesInPieces) {
    constexpr std::size_t piece_size = std::size_t{256} * 1024;
    const std::string content(std::size_t{5} * 1024 * 1024 + 3, 'x');
    const auto pieces =
        pieces_of(with_dockerfile({{"large", {.content = content}}, {"z", {.content = "last"}}}));
    ASSERT_GE(pieces.size(), content.size() / piece_size);
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
        EXPECT_GE(pieces[i].size(), piece_size);
        EXPECT_LE(pieces[i].size(), piece_size + 4096);
    }
}

TEST(ContextTar, ManySmallFilesShareAPiece) {
    EXPECT_EQ(
        pieces_of(with_dockerfile({{"a", {.content = "1"}}, {"b", {.content = "2"}}})).size(), 1U
    );
}

TEST(ContextTar, LinkToNothingIsRefused) {
    for (const std::string& target : {std::string(), std::string("a\0b", 3)}) {
        git::MemoryTree tree;
        const auto root =
            tree.add(with_dockerfile({{"link", {.content = target, .kind = EntryKind::symlink}}}));
        ContextTar tar(tree, list_context(tree, root, "web", "Dockerfile").value(), 0);
        const auto piece = tar.next();
        ASSERT_FALSE(piece.has_value());
        EXPECT_EQ(piece.error().code, ErrorCode::invalid);
        EXPECT_TRUE(piece.error().message.contains("'link'")) << piece.error().message;
    }
}

/// Says that each blob is huge.
class HugeBlobs : public git::SourceTree {
public:
    [[nodiscard]] Result<std::vector<git::TreeEntry>> entries(const model::ObjectId& id) override {
        return tree.entries(id);
    }

    [[nodiscard]] Result<std::string> blob(const model::ObjectId& id) override {
        return tree.blob(id);
    }

    [[nodiscard]] Result<std::uint64_t> blob_size(const model::ObjectId& /*id*/) override {
        return std::uint64_t{1} << 30U;
    }

    git::MemoryTree tree;
};

TEST(ContextTar, HugeFilesAndLinksAreRefusedUnread) {
    for (const EntryKind kind : {EntryKind::file, EntryKind::symlink}) {
        HugeBlobs tree;
        const auto root = tree.tree.add({{"Dockerfile", {"FROM scratch\n", kind}}});
        ContextTar tar(tree, list_context(tree, root, "web", "Dockerfile").value(), 0);
        tree.tree.blobs_read = 0;
        const auto piece = tar.next();
        ASSERT_FALSE(piece);
        EXPECT_EQ(piece.error().code, ErrorCode::too_large);
        EXPECT_TRUE(piece.error().message.contains("'Dockerfile'")) << piece.error().message;
        EXPECT_EQ(tree.tree.blobs_read, 0U);
    }
}

TEST(ContextTar, BlobThatCantBeReadIsAnErrorWithItsPath) {
    git::MemoryTree tree;
    ContextList list;
    list.entries.push_back({.path = "gone", .kind = EntryKind::file, .id = {}});
    const auto piece = ContextTar(tree, list, 0).next();
    ASSERT_FALSE(piece.has_value());
    EXPECT_EQ(piece.error().code, ErrorCode::not_found);
    EXPECT_TRUE(piece.error().message.contains("'gone'")) << piece.error().message;
}

TEST(TarHeader, SizesFromEightGibibytesAreRecords) {
    constexpr std::uint64_t eight_gibibytes = std::uint64_t{8} << 30U;
    std::string small;
    append_tar_header(small, {.path = "f", .size = eight_gibibytes - 1});
    EXPECT_EQ(small.size(), tar_block);
    EXPECT_EQ(small.substr(124, 12), nul_after("77777777777"));
    std::string large;
    append_tar_header(large, {.path = "f", .size = eight_gibibytes});
    ASSERT_EQ(large.size(), 3 * tar_block);
    EXPECT_EQ(large[156], 'x');
    EXPECT_TRUE(large.substr(tar_block).starts_with("19 size=8589934592\n"));
    EXPECT_EQ(large.substr((2 * tar_block) + 124, 12), nul_after("00000000000"));
}

TEST(TarHeader, LengthOfARecordCountsItself) {
    for (const std::size_t length : {101U, 988U, 989U, 990U, 991U, 992U}) {
        std::string out;
        append_tar_header(out, {.path = std::string(length, 'p')});
        const std::string record = out.substr(tar_block, std::stoul(out.substr(tar_block)));
        EXPECT_TRUE(record.ends_with("p\n"));
        EXPECT_EQ(record.substr(record.find('=') + 1), std::string(length, 'p') + "\n");
        EXPECT_EQ(record.size(), std::stoul(record));
    }
}

TEST(TarHeader, PaddingFillsTheLastBlock) {
    for (const auto& [size, padding] :
         std::map<std::uint64_t, std::size_t>{{0, 0}, {1, 511}, {511, 1}, {512, 0}, {513, 511}}) {
        std::string out;
        append_tar_padding(out, size);
        EXPECT_EQ(out, std::string(padding, '\0'));
    }
}

}  // namespace
}  // namespace slipway::context
