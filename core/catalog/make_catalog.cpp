#include "core/base/bytes.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/catalog_format.hpp"
#include "core/catalog/cycles.hpp"
#include "core/catalog/graph.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/image_codec.hpp"
#include "core/manifest/manifest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace slipway::catalog {
namespace {

struct Conflict {
    std::uint32_t image = 0;
    SourceError error;
};

/// Who produces a reference: the first folder that claims it, and whether another one does too.
struct Producer {
    std::uint32_t image = 0;
    bool disputed = false;
};

/// Ten thousand images are put together anew where a name may have changed: the tables live in one
/// piece of memory that is given back as a whole, and the bytes are written where they stay.
class Builder {
public:
    explicit Builder(const std::vector<CatalogEntry>& entries) : entries_(entries) {}

    Catalog build() {
        find_producers();
        find_parents();
        dependents_ = parents_.reversed();
        report_cycles();
        std::ranges::stable_sort(conflicts_, {}, &Conflict::image);
        return assemble();
    }

private:
    void find_producers() {
        producers_.reserve(entries_.size() * 2);
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            NameReader names(entries_[i].record);
            names.each([&](std::string_view reference) {
                const auto [found, fresh] = producers_.try_emplace(reference, Producer{i, false});
                if (!fresh && found->second.image != i) {
                    dispute(found->second, i, reference);
                }
            });
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

    void find_parents() {
        std::vector<std::uint32_t> found;
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            found.clear();
            NameReader names(entries_[i].record);
            names.each([](std::string_view /*produced*/) {});
            names.each([&](std::string_view reference) {
                const auto producer = producers_.find(reference);
                // An image that names itself is built on what was pushed before, not on itself.
                if (producer != producers_.end() && !producer->second.disputed &&
                    producer->second.image != i) {
                    found.push_back(producer->second.image);
                }
            });
            std::ranges::sort(found);
            found.erase(std::unique(found.begin(), found.end()), found.end());
            parents_.add(found);
        }
    }

    void report_cycles() {
        for (const Cycle& cycle : find_cycles(parents_, dependents_)) {
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
                  std::string(cycle_words) + describe(cycle) + "; none of them is built"}}
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

    std::string encode_conflicts() {
        ByteWriter out;
        out.list(conflicts_, [&](const Conflict& conflict) {
            out.number(conflict.image);
            write_error(out, conflict.error);
        });
        return out.take();
    }

    Catalog assemble() {
        const std::string conflicts = encode_conflicts();
        Header header;
        header.magic = format_magic;
        header.images = static_cast<std::uint32_t>(entries_.size());
        header.edges = static_cast<std::uint32_t>(parents_.edges() + dependents_.edges());
        header.conflicts_size = static_cast<std::uint32_t>(conflicts.size());
        std::vector<Catalog::IndexEntry> index;
        index.reserve(entries_.size());
        std::uint32_t edges = 0;
        std::uint32_t folders = 0;
        header.texts_size = std::accumulate(
            entries_.begin(),
            entries_.end(),
            0U,
            [](std::uint32_t size, const CatalogEntry& entry) {
                return size + static_cast<std::uint32_t>(entry.folder.size());
            }
        );
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            index.push_back(place(i, folders, header.texts_size, edges));
            header.any_watch |= (entries_[i].flags & Catalog::flag_watch);
        }
        for (const Conflict& conflict : conflicts_) {
            index[conflict.image].flags |= Catalog::flag_conflict;
        }
        return write(header, index, conflicts);
    }

    /// Where an image's parts go; counts the three on.
    Catalog::IndexEntry place(
        std::uint32_t image, std::uint32_t& folders, std::uint32_t& records, std::uint32_t& edges
    ) {
        const CatalogEntry& entry = entries_[image];
        const auto take = [](std::uint32_t& at, std::size_t size) {
            return std::exchange(at, at + static_cast<std::uint32_t>(size));
        };
        Catalog::IndexEntry placed;
        placed.tree = entry.tree;
        placed.flags = entry.flags;
        placed.folder_size = static_cast<std::uint32_t>(entry.folder.size());
        placed.folder_at = take(folders, entry.folder.size());
        placed.record_size = static_cast<std::uint32_t>(entry.record.size());
        placed.record_at = take(records, entry.record.size());
        placed.parents_at = take(edges, parents_[image].size());
        placed.dependents_at = take(edges, dependents_[image].size());
        placed.edges_end = edges;
        return placed;
    }

    Catalog write(
        Header header, const std::vector<Catalog::IndexEntry>& index, const std::string& conflicts
    ) {
        const auto raw = [](const auto& values) {
            return std::string_view(
                reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]
            );
        };
        auto bytes = std::make_shared<std::string>();
        bytes->reserve(
            sizeof header + raw(index).size() + header.edges * sizeof(std::uint32_t) +
            header.texts_size + conflicts.size()
        );
        bytes->resize(sizeof header);
        *bytes += raw(index);
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            *bytes += raw(parents_[i]);
            *bytes += raw(dependents_[i]);
        }
        for (const CatalogEntry& entry : entries_) {
            *bytes += entry.folder;
        }
        for (const CatalogEntry& entry : entries_) {
            *bytes += entry.record;
        }
        *bytes += conflicts;
        std::memcpy(bytes->data(), &header, sizeof header);
        header.checksum = checksum(std::string_view(*bytes).substr(checksum_from));
        std::memcpy(bytes->data(), &header, sizeof header);
        const std::string_view all = *bytes;
        return Catalog::from_bytes(all, std::move(bytes)).value();
    }

    const std::vector<CatalogEntry>& entries_;
    std::pmr::monotonic_buffer_resource memory_;
    std::pmr::unordered_map<std::string_view, Producer> producers_{&memory_};
    std::vector<Conflict> conflicts_;
    Graph parents_;
    Graph dependents_;
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
