#pragma once

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/git/source_tree.hpp"
#include "core/model/object_id.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::context {

/// One entry of a build context, after .dockerignore.
struct ContextEntry {
    std::string path;  ///< from the context's root, `/` between names, no leading or trailing `/`
    git::EntryKind kind = git::EntryKind::file;
    model::ObjectId id;  ///< zero for a directory: what .dockerignore hides in it does not count

    bool operator==(const ContextEntry&) const = default;
};

struct ContextList {
    std::vector<ContextEntry>
        entries;  ///< in the order of the tar: parents before what is in them, byte order of names
    /// The Dockerfile's path inside the tar: its own, or an unguessable one where .dockerignore
    /// hides the Dockerfile (docker.md §6: the engine needs it, `COPY .` must not bring it in).
    std::string dockerfile;
    std::vector<SourceError> errors;  ///< a bad .dockerignore; then there are no entries
};

/// Lists what a folder's tree sends to the engine. `<dockerfile>.dockerignore` beside the
/// Dockerfile replaces `.dockerignore`. A submodule is an empty directory, as in a clone without
/// them. Folders that hold nothing that is sent are listed unless they are ignored themselves.
/// Errors: `not_found` (no such Dockerfile), `too_large` (above a million files), `invalid` (a name
/// or link that can't be), those of `tree`.
///
/// `folder` is the image folder's path, for the errors.
[[nodiscard]] Result<ContextList> list_context(
    git::SourceTree& tree,
    const model::ObjectId& folder_tree,
    std::string_view folder,
    std::string_view dockerfile
);

/// A context as a POSIX tar in pieces: same entries, same bytes. Owner 0:0, modes 0644, 0755 and
/// 0777 for links, times of `mtime`, names above 100 bytes or beyond ASCII as pax records.
///
/// Memory: one blob, twice while it is read, and one piece, whatever the size of the context. One
/// thread at a time. `tree` must outlive it.
class ContextTar {
public:
    /// `mtime`: seconds since 1970 of every entry: the commit's own time, so that equal commits
    /// give equal layers.
    ContextTar(git::SourceTree& tree, ContextList list, std::int64_t mtime);

    /// The next piece, about 256 KiB; empty at the end. Errors: `too_large` (a file above 512 MiB,
    /// a link above 4,095 bytes), `invalid` (a link to nothing), those of `tree`.
    [[nodiscard]] Result<std::string> next();

private:
    Result<void> begin(const ContextEntry& entry);
    Result<std::string> read(const ContextEntry& entry);
    void append_header(const ContextEntry& entry, std::uint64_t size, std::string_view link);
    void append_content();

    git::SourceTree& tree_;
    ContextList list_;
    std::int64_t mtime_;
    std::size_t next_entry_ = 0;
    std::string blob_;  // the content that is being sent
    std::size_t blob_offset_ = 0;
    std::string piece_;
    bool ended_ = false;
};

}  // namespace slipway::context
