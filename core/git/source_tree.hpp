#pragma once

#include "core/base/result.hpp"
#include "core/model/object_id.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::git {

enum class EntryKind : std::uint8_t { file, executable, symlink, directory, submodule };

struct TreeEntry {
    std::string name;
    EntryKind kind = EntryKind::file;
    model::ObjectId id;

    bool operator==(const TreeEntry&) const = default;
};

/// Reads git objects by id: the seam between the decisions and libgit2. The real one is Repository;
/// tests use MemoryTree.
///
/// One thread at a time. Errors: `not_found` (no such object), `internal` (a damaged or wrong
/// object), `too_large` (a tree of more than 64 MiB).
class SourceTree {
public:
    SourceTree() = default;
    SourceTree(const SourceTree&) = delete;
    SourceTree& operator=(const SourceTree&) = delete;
    SourceTree(SourceTree&&) = delete;
    SourceTree& operator=(SourceTree&&) = delete;
    virtual ~SourceTree() = default;

    /// The entries of a tree in git's order (a folder sorts as if its name ended in `/`). The
    /// all-zero id is the empty tree.
    [[nodiscard]] virtual Result<std::vector<TreeEntry>> entries(const model::ObjectId& tree) = 0;

    /// The whole content of a blob; a symbolic link's content is its target.
    [[nodiscard]] virtual Result<std::string> blob(const model::ObjectId& id) = 0;

    /// The size of a blob in bytes, without reading its content where the store knows it.
    [[nodiscard]] virtual Result<std::uint64_t> blob_size(const model::ObjectId& id) = 0;
};

}  // namespace slipway::git
