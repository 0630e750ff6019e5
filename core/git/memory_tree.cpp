#include "core/git/memory_tree.hpp"

#include "core/base/result.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <map>
#include <openssl/evp.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::git {
namespace {

/// A folder that is being put together: its own files, and the folders in it.
struct Folder {
    std::map<std::string, const MemoryTree::File*> files;
    std::map<std::string, Folder> folders;
};

Folder to_folders(const std::map<std::string, MemoryTree::File>& files) {
    Folder root;
    for (const auto& [path, file] : files) {
        Folder* folder = &root;
        std::string_view rest = path;
        for (auto end = rest.find('/'); end != std::string_view::npos; end = rest.find('/')) {
            folder = &folder->folders[std::string(rest.substr(0, end))];
            rest.remove_prefix(end + 1);
        }
        folder->files.emplace(rest, &file);
    }
    return root;
}

model::ObjectId hash_object(std::string_view type, std::string_view content) {
    std::string object = std::string(type) + " " + std::to_string(content.size()) + '\0';
    object += content;
    model::ObjectId id;
    ::EVP_Digest(object.data(), object.size(), id.bytes.data(), nullptr, ::EVP_sha1(), nullptr);
    return id;
}

std::string_view mode_of(EntryKind kind) {
    switch (kind) {
        case EntryKind::file:
            return "100644";
        case EntryKind::executable:
            return "100755";
        case EntryKind::symlink:
            return "120000";
        case EntryKind::directory:
            return "40000";
        case EntryKind::submodule:
            return "160000";
    }
    return "";
}

std::string sort_key(const TreeEntry& entry) {
    return entry.kind == EntryKind::directory ? entry.name + "/" : entry.name;
}

std::string serialise(const std::vector<TreeEntry>& entries) {
    std::string content;
    for (const TreeEntry& entry : entries) {
        content += std::string(mode_of(entry.kind)) + " " + entry.name + '\0';
        content.append(entry.id.bytes.begin(), entry.id.bytes.end());
    }
    return content;
}

/// Stores what is hashed, and says under which id.
class Writer {
public:
    Writer(
        std::map<model::ObjectId, std::vector<TreeEntry>>& trees,
        std::map<model::ObjectId, std::string>& blobs
    )
        : trees_(trees), blobs_(blobs) {}

    model::ObjectId write(const Folder& folder) {
        std::vector<TreeEntry> entries;
        entries.reserve(folder.files.size() + folder.folders.size());
        for (const auto& [name, file] : folder.files) {
            entries.push_back({.name = name, .kind = file->kind, .id = write(*file)});
        }
        for (const auto& [name, below] : folder.folders) {
            entries.push_back({.name = name, .kind = EntryKind::directory, .id = write(below)});
        }
        std::ranges::sort(entries, {}, sort_key);
        const auto id = hash_object("tree", serialise(entries));
        trees_.emplace(id, std::move(entries));
        return id;
    }

private:
    model::ObjectId write(const MemoryTree::File& file) {
        if (file.kind == EntryKind::submodule) {
            return hash_object(
                "commit", file.content
            );  // a commit of another repository: not stored here
        }
        const auto id = hash_object("blob", file.content);
        blobs_.emplace(id, file.content);
        return id;
    }

    std::map<model::ObjectId, std::vector<TreeEntry>>& trees_;
    std::map<model::ObjectId, std::string>& blobs_;
};

std::unexpected<Error> no_object(std::string_view kind, const model::ObjectId& id) {
    return fail(
        ErrorCode::not_found,
        "reading " + std::string(kind) + " " + to_string(id) + ": no such object in memory"
    );
}

}  // namespace

model::ObjectId MemoryTree::add(const std::map<std::string, File>& files) {
    return Writer(trees_, blobs_).write(to_folders(files));
}

Result<std::vector<TreeEntry>> MemoryTree::entries(const model::ObjectId& tree) {
    if (tree.is_zero()) {
        return std::vector<TreeEntry>();
    }
    const auto found = trees_.find(tree);
    if (found == trees_.end()) {
        return no_object("tree", tree);
    }
    ++trees_read;
    return found->second;
}

Result<std::string> MemoryTree::blob(const model::ObjectId& id) {
    const auto found = blobs_.find(id);
    if (found == blobs_.end()) {
        return no_object("blob", id);
    }
    ++blobs_read;
    return found->second;
}

Result<std::uint64_t> MemoryTree::blob_size(const model::ObjectId& id) {
    const auto found = blobs_.find(id);
    if (found == blobs_.end()) {
        return no_object("blob", id);
    }
    return found->second.size();
}

}  // namespace slipway::git
