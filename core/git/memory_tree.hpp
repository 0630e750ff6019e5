#pragma once

#include "core/git/source_tree.hpp"

#include <map>
#include <string>
#include <vector>

namespace slipway::git {

/// A SourceTree in memory, for tests and for plans of what is not committed. Equal content has
/// equal ids (they are git's own object ids). Counts what was read, so that a test can assert on
/// it.
class MemoryTree final : public SourceTree {
public:
    struct File {
        std::string content;
        EntryKind kind = EntryKind::file;
    };

    /// Stores the files under their paths (`a/b/c`) and returns the root's tree id.
    model::ObjectId add(const std::map<std::string, File>& files);

    [[nodiscard]] Result<std::vector<TreeEntry>> entries(const model::ObjectId& tree) override;
    [[nodiscard]] Result<std::string> blob(const model::ObjectId& id) override;
    [[nodiscard]] Result<std::uint64_t> blob_size(const model::ObjectId& id) override;

    std::size_t trees_read = 0;
    std::size_t blobs_read = 0;

private:
    std::map<model::ObjectId, std::vector<TreeEntry>> trees_;
    std::map<model::ObjectId, std::string> blobs_;
};

}  // namespace slipway::git
