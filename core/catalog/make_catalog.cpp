#include "core/base/bytes.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/catalog_format.hpp"
#include "core/catalog/cycles.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/image_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace slipway::catalog {
namespace {

using Edges = std::vector<std::vector<std::uint32_t>>;

struct Conflict {
    std::uint32_t image = 0;
    SourceError error;
};

/// Who produces a reference: the first folder that claims it, and whether another one does too.
struct Producer {
    std::uint32_t image = 0;
    bool disputed = false;
};

class Builder {
public:
    explicit Builder(const std::vector<CatalogEntry>& entries) : entries_(entries) {}

    Catalog build() {
        names_.reserve(entries_.size());
        for (const CatalogEntry& entry : entries_) {
            names_.push_back(decode_names(entry.record));
        }
        find_producers();
        find_edges();
        report_cycles();
        std::ranges::stable_sort(conflicts_, {}, &Conflict::image);
        return assemble();
    }

private:
    void find_producers() {
        producers_.reserve(entries_.size() * 2);
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            for (const std::string_view reference : names_[i].produces) {
                const auto [found, fresh] = producers_.try_emplace(reference, Producer{i, false});
                if (!fresh && found->second.image != i) {
                    dispute(found->second, i, reference);
                }
            }
        }
    }

    /// Neither folder is built: whichever were pushed last would win, and nobody could tell which
    /// content the name holds.
    void dispute(Producer& producer, std::uint32_t other, std::string_view reference) {
        if (!producer.disputed) {
            producer.disputed = true;
            add_conflict(producer.image, other, reference);
        }
        add_conflict(other, producer.image, reference);
    }

    void add_conflict(std::uint32_t image, std::uint32_t rival, std::string_view reference) {
        const Image decoded = decode_image(entries_[image].record);
        const manifest::Position at =
            decoded.manifest ? decoded.manifest->image_at : manifest::Position{};
        conflicts_.push_back(
            {image,
             {path_in(entries_[image].folder, manifest_name),
              at.line,
              at.column,
              "the reference " + std::string(reference) + " is also claimed by " +
                  path_in(entries_[rival].folder, manifest_name) +
                  "; neither is built until one of them takes another image, version or tag"}}
        );
    }

    void find_edges() {
        parents_.resize(entries_.size());
        dependents_.resize(entries_.size());
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            std::vector<std::uint32_t>& parents = parents_[i];
            for (const std::string_view reference : names_[i].parent_refs) {
                const auto found = producers_.find(reference);
                // An image that names itself is built on what was pushed before, not on itself.
                if (found != producers_.end() && !found->second.disputed &&
                    found->second.image != i) {
                    parents.push_back(found->second.image);
                }
            }
            std::ranges::sort(parents);
            parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
            for (const std::uint32_t parent : parents) {
                dependents_[parent].push_back(i);
            }
        }
    }

    void report_cycles() {
        for (const Cycle& cycle : find_cycles(parents_)) {
            const std::uint32_t image = cycle.path.front();
            const Image decoded = decode_image(entries_[image].record);
            const std::uint32_t parent = cycle.path.size() > 1 ? cycle.path[1] : image;
            const auto names =
                std::ranges::find_if(decoded.parent_refs, [&](const std::string& reference) {
                    const auto found = producers_.find(reference);
                    return found != producers_.end() && found->second.image == parent;
                });
            const auto at = static_cast<std::size_t>(names - decoded.parent_refs.begin());
            conflicts_.push_back(
                {image,
                 {path_in(entries_[image].folder, decoded.manifest->dockerfile),
                  decoded.parents[at].line,
                  decoded.parents[at].column,
                  "built on itself: " + describe(cycle) + "; none of them is built"}}
            );
        }
    }

    std::string describe(const Cycle& cycle) const {
        constexpr std::size_t shown = 20;
        std::string text;
        for (std::size_t i = 0; i < std::min(cycle.path.size(), shown); ++i) {
            text += shown_folder(entries_[cycle.path[i]].folder) + " → ";
        }
        if (cycle.path.size() > shown) {
            text += "… → ";
        }
        return text + shown_folder(entries_[cycle.path.front()].folder);
    }

    Catalog assemble() {
        Header header;
        header.magic = format_magic;
        header.images = static_cast<std::uint32_t>(entries_.size());
        std::vector<Catalog::IndexEntry> index;
        std::vector<std::uint32_t> edges;
        std::string texts;
        index.reserve(entries_.size());
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            index.push_back(add_image(i, edges, texts));
            header.any_watch |= (entries_[i].flags & Catalog::flag_watch);
        }
        for (const Conflict& conflict : conflicts_) {
            index[conflict.image].flags |= Catalog::flag_conflict;
        }
        const std::string conflicts = encode_conflicts();
        header.edges = static_cast<std::uint32_t>(edges.size());
        header.texts_size = static_cast<std::uint32_t>(texts.size());
        header.conflicts_size = static_cast<std::uint32_t>(conflicts.size());
        return join(header, index, edges, texts, conflicts);
    }

    Catalog::IndexEntry add_image(
        std::uint32_t image, std::vector<std::uint32_t>& edges, std::string& texts
    ) {
        const CatalogEntry& entry = entries_[image];
        Catalog::IndexEntry stored;
        stored.tree = entry.tree;
        stored.flags = entry.flags;
        stored.folder_at = static_cast<std::uint32_t>(texts.size());
        stored.folder_size = static_cast<std::uint32_t>(entry.folder.size());
        texts += entry.folder;
        stored.record_at = static_cast<std::uint32_t>(texts.size());
        stored.record_size = static_cast<std::uint32_t>(entry.record.size());
        texts += entry.record;
        stored.parents_at = static_cast<std::uint32_t>(edges.size());
        edges.insert(edges.end(), parents_[image].begin(), parents_[image].end());
        stored.dependents_at = static_cast<std::uint32_t>(edges.size());
        edges.insert(edges.end(), dependents_[image].begin(), dependents_[image].end());
        stored.edges_end = static_cast<std::uint32_t>(edges.size());
        return stored;
    }

    std::string encode_conflicts() {
        ByteWriter out;
        out.list(conflicts_, [&](const Conflict& conflict) {
            out.number(conflict.image);
            write_error(out, conflict.error);
        });
        return out.take();
    }

    static Catalog join(
        Header header,
        const std::vector<Catalog::IndexEntry>& index,
        const std::vector<std::uint32_t>& edges,
        const std::string& texts,
        const std::string& conflicts
    ) {
        const auto raw = [](const auto* data, std::size_t count) {
            return std::string_view(reinterpret_cast<const char*>(data), count * sizeof *data);
        };
        auto bytes = std::make_shared<std::string>();
        bytes->reserve(
            sizeof header + index.size() * sizeof index[0] + edges.size() * 4 + texts.size() +
            conflicts.size()
        );
        bytes->resize(sizeof header);
        *bytes += raw(index.data(), index.size());
        *bytes += raw(edges.data(), edges.size());
        *bytes += texts;
        *bytes += conflicts;
        std::memcpy(bytes->data(), &header, sizeof header);
        header.checksum = checksum(std::string_view(*bytes).substr(checksum_from));
        std::memcpy(bytes->data(), &header, sizeof header);
        const std::string_view all = *bytes;
        return Catalog::from_bytes(all, std::move(bytes)).value();
    }

    const std::vector<CatalogEntry>& entries_;
    std::vector<ImageNames> names_;
    std::unordered_map<std::string_view, Producer> producers_;
    std::vector<Conflict> conflicts_;
    Edges parents_;
    Edges dependents_;
};

}  // namespace

std::uint32_t flags_of(const Image& image) {
    const std::uint32_t own_errors = image.errors.empty() ? 0 : Catalog::flag_own_errors;
    const bool watches = image.manifest && !image.manifest->watch.empty();
    return own_errors | (watches ? Catalog::flag_watch : 0);
}

Catalog make_catalog(const std::vector<CatalogEntry>& entries) {
    return Builder(entries).build();
}

}  // namespace slipway::catalog
