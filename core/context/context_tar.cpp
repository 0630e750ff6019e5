#include "core/base/result.hpp"
#include "core/context/context.hpp"
#include "core/context/tar_header.hpp"
#include "core/git/source_tree.hpp"
#include "core/git/tree_walk.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::context {
namespace {

using git::EntryKind;

constexpr std::size_t piece_size = std::size_t{256} * 1024;

constexpr std::size_t largest_file = std::size_t{512} * 1024 * 1024;
constexpr std::size_t longest_link = 4095;

bool has_content(EntryKind kind) {
    return kind == EntryKind::file || kind == EntryKind::executable || kind == EntryKind::symlink;
}

bool is_folder(EntryKind kind) {
    return kind == EntryKind::directory || kind == EntryKind::submodule;
}

std::uint32_t mode_of(EntryKind kind) {
    if (kind == EntryKind::symlink) {
        return 0777;
    }
    return kind == EntryKind::file ? 0644 : 0755;
}

TarType type_of(EntryKind kind) {
    if (is_folder(kind)) {
        return TarType::directory;
    }
    return kind == EntryKind::symlink ? TarType::symlink : TarType::file;
}

/// What no system could make a link to.
bool is_broken_target(std::string_view target) {
    return target.empty() || target.contains('\0');
}

}  // namespace

ContextTar::ContextTar(git::SourceTree& tree, ContextList list, std::int64_t mtime)
    : tree_(tree), list_(std::move(list)), mtime_(mtime) {}

Result<std::string> ContextTar::next() {
    while (piece_.size() < piece_size && !ended_) {
        if (blob_offset_ < blob_.size()) {
            append_content();
        } else if (next_entry_ < list_.entries.size()) {
            const auto begun = begin(list_.entries[next_entry_]);
            if (!begun) {
                return fail_within("packing the build context", begun.error());
            }
            ++next_entry_;
        } else {
            piece_.append(2 * tar_block, '\0');
            ended_ = true;
        }
    }
    return std::exchange(piece_, {});
}

Result<void> ContextTar::begin(const ContextEntry& entry) {
    blob_offset_ = 0;
    blob_.clear();
    if (has_content(entry.kind)) {
        auto content = read(entry);
        if (!content) {
            return fail_within("'" + entry.path + "'", content.error());
        }
        blob_ = *std::move(content);
    }
    if (entry.kind != EntryKind::symlink) {
        append_header(entry, blob_.size(), {});
        return {};
    }
    const std::string target = std::exchange(blob_, {});
    if (is_broken_target(target)) {
        return fail(
            ErrorCode::invalid, "'" + entry.path + "' is a symbolic link to nothing: commit it anew"
        );
    }
    append_header(entry, 0, target);
    return {};
}

/// git has no way to read a part of a file, so a large one would be in memory as a whole.
Result<std::string> ContextTar::read(const ContextEntry& entry) {
    const bool is_link = entry.kind == EntryKind::symlink;
    auto content = git::small_blob(tree_, entry.id, is_link ? longest_link : largest_file);
    if (!content) {
        return std::unexpected(std::move(content).error());
    }
    if (!*content) {
        return fail(
            ErrorCode::too_large,
            is_link
                ? "a symbolic link longer than 4,095 bytes, which no system could make"
                : "a file larger than 512 MiB: have the Dockerfile fetch it instead, or name it "
                  "in .dockerignore"
        );
    }
    return **std::move(content);
}

void ContextTar::append_header(
    const ContextEntry& entry, std::uint64_t size, std::string_view link
) {
    const std::string path = is_folder(entry.kind) ? entry.path + "/" : entry.path;
    append_tar_header(
        piece_,
        {.path = path,
         .type = type_of(entry.kind),
         .mode = mode_of(entry.kind),
         .size = size,
         .mtime = mtime_,
         .link = link}
    );
}

void ContextTar::append_content() {
    const std::size_t room = piece_size - piece_.size();
    const std::size_t taken = std::min(room, blob_.size() - blob_offset_);
    piece_.append(blob_, blob_offset_, taken);
    blob_offset_ += taken;
    if (blob_offset_ == blob_.size()) {
        append_tar_padding(piece_, blob_.size());
    }
}

}  // namespace slipway::context
