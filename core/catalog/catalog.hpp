#pragma once

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/image.hpp"
#include "core/model/object_id.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::catalog {

/// All image folders of one commit with the edges between them, as one flat run of bytes: what is
/// kept on disk, mapped into memory and asked without being decoded. Immutable; copies share the
/// bytes; any thread may read.
///
/// - Images are numbered 0 … size()-1 in byte order of their folders.
/// - An edge goes from an image to one that its Dockerfile is built on; references that two folders
/// claim make no edge.
class Catalog {
public:
    /// The catalog of the empty tree.
    Catalog();

    /// Takes bytes that make_catalog() or a file of them gave; `owner` keeps them alive.
    /// Errors: `invalid`: not a catalog of this version, or damaged.
    [[nodiscard]] static Result<Catalog> from_bytes(
        std::string_view bytes, std::shared_ptr<const void> owner
    );

    [[nodiscard]] std::string_view bytes() const { return bytes_; }

    [[nodiscard]] std::size_t size() const { return index_.size(); }

    [[nodiscard]] std::string_view folder(std::size_t image) const;

    [[nodiscard]] const model::ObjectId& tree(std::size_t image) const {
        return index_[image].tree;
    }

    [[nodiscard]] std::optional<std::size_t> find(std::string_view folder) const;

    /// Images that it is built on, ascending, each once.
    [[nodiscard]] std::span<const std::uint32_t> parents(std::size_t image) const;
    /// Images that are built on it, ascending, each once.
    [[nodiscard]] std::span<const std::uint32_t> dependents(std::size_t image) const;

    /// Whether it can't be built: see its errors.
    [[nodiscard]] bool is_broken(std::size_t image) const;
    [[nodiscard]] bool has_watch(std::size_t image) const;
    [[nodiscard]] bool any_watch() const;

    /// The flags that depend on the image alone, not on its neighbours: what a catalog made from
    /// this one takes over.
    [[nodiscard]] std::uint32_t own_flags(std::size_t image) const {
        return index_[image].flags & ~flag_conflict;
    }

    /// The record as it is stored, see image_codec.hpp.
    [[nodiscard]] std::string_view record(std::size_t image) const;

    /// Decodes one image; its errors include the references that it shares with another folder.
    [[nodiscard]] Image image(std::size_t image) const;

    /// Of all images, sorted by path and position.
    [[nodiscard]] std::vector<SourceError> errors() const;

    /// One image as it is stored. Fixed layout: part of the format.
    struct IndexEntry {
        model::ObjectId tree;
        std::uint32_t folder_at = 0;
        std::uint32_t folder_size = 0;
        std::uint32_t record_at = 0;
        std::uint32_t record_size = 0;
        std::uint32_t parents_at = 0;  ///< into the edges; dependents follow the parents
        std::uint32_t dependents_at = 0;
        std::uint32_t edges_end = 0;
        std::uint32_t flags = 0;
    };

    /// Flags of an IndexEntry. Part of the format.
    static constexpr std::uint32_t flag_own_errors = 1;
    static constexpr std::uint32_t flag_watch = 2;
    static constexpr std::uint32_t flag_conflict = 4;

private:
    std::shared_ptr<const void> owner_;
    std::string_view bytes_;
    std::span<const IndexEntry> index_;
    std::span<const std::uint32_t> edges_;
    std::string_view texts_;
    std::string_view conflicts_;  // a list of (image, error), see make_catalog()
    bool any_watch_ = false;
};

/// One image on its way into a catalog: a new one, or the record of an older catalog taken over as
/// it is.
struct CatalogEntry {
    std::string_view folder;  ///< the views must live until make_catalog() returns
    model::ObjectId tree;
    std::string_view record;
    std::uint32_t flags = 0;  ///< own_errors and watch
};

[[nodiscard]] std::uint32_t flags_of(const Image& image);

/// Builds the graph and the flat form. `entries` in byte order of folders, each folder once.
[[nodiscard]] Catalog make_catalog(const std::vector<CatalogEntry>& entries);

}  // namespace slipway::catalog
