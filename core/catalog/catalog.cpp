#include "core/catalog/catalog.hpp"

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/catalog_format.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/image_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::catalog {
namespace {

template <class Value>
std::span<const Value> view(std::string_view bytes, std::size_t at, std::size_t count) {
    return {reinterpret_cast<const Value*>(bytes.data() + at), count};
}

/// Whether every offset of the index stays inside its part. Checked once, so that reading needs no
/// checks.
bool is_sound(const Catalog::IndexEntry& entry, const Header& header) {
    const auto fits = [&](std::uint64_t at, std::uint64_t size) {
        return at + size <= header.texts_size;
    };
    return fits(entry.folder_at, entry.folder_size) && fits(entry.record_at, entry.record_size) &&
           entry.parents_at <= entry.dependents_at && entry.dependents_at <= entry.edges_end &&
           entry.edges_end <= header.edges;
}

}  // namespace

std::uint64_t checksum(std::string_view bytes) {
    constexpr std::uint64_t prime = 0x9e3779b97f4a7c15U;
    std::array<std::uint64_t, 4> lanes = {1, 2, 3, bytes.size()};
    std::array<std::uint64_t, 4> words{};
    const auto mix = [&] {
// As a loop GCC 12 keeps the lanes in memory.
#pragma GCC unroll 4
        for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
            lanes[lane] = std::rotl((lanes[lane] ^ words[lane]) * prime, 29);
        }
    };
    for (; bytes.size() >= sizeof words; bytes.remove_prefix(sizeof words)) {
        std::memcpy(words.data(), bytes.data(), sizeof words);
        mix();
    }
    words.fill(0);
    std::memcpy(words.data(), bytes.data(), bytes.size());
    mix();
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : lanes) {
        sum = std::rotl((sum ^ lane) * prime, 31);
    }
    return sum;
}

Catalog::Catalog() = default;

Result<Catalog> Catalog::from_bytes(std::string_view bytes, std::shared_ptr<const void> owner) {
    const auto refuse = [] {
        return fail(ErrorCode::invalid, "not a catalog of this version of slipway");
    };
    Header header;
    if (bytes.size() < sizeof header) {
        return refuse();
    }
    std::memcpy(&header, bytes.data(), sizeof header);
    const std::uint64_t index_size = std::uint64_t{header.images} * sizeof(IndexEntry);
    const std::uint64_t edges_size = std::uint64_t{header.edges} * sizeof(std::uint32_t);
    const std::uint64_t whole =
        sizeof header + index_size + edges_size + header.texts_size + header.conflicts_size;
    if (header.magic != format_magic || whole != bytes.size() ||
        header.checksum != checksum(bytes.substr(checksum_from))) {
        return refuse();
    }
    Catalog catalog;
    catalog.owner_ = std::move(owner);
    catalog.bytes_ = bytes;
    catalog.index_ = view<IndexEntry>(bytes, sizeof header, header.images);
    catalog.edges_ = view<std::uint32_t>(bytes, sizeof header + index_size, header.edges);
    catalog.texts_ = bytes.substr(sizeof header + index_size + edges_size, header.texts_size);
    catalog.conflicts_ = bytes.substr(bytes.size() - header.conflicts_size);
    catalog.any_watch_ = header.any_watch != 0;
    const bool sound =
        std::ranges::all_of(
            catalog.index_, [&](const IndexEntry& entry) { return is_sound(entry, header); }
        ) &&
        std::ranges::all_of(catalog.edges_, [&](std::uint32_t image) {
            return image < header.images;
        });
    if (!sound) {
        return refuse();
    }
    return catalog;
}

std::string_view Catalog::folder(std::size_t image) const {
    return texts_.substr(index_[image].folder_at, index_[image].folder_size);
}

std::optional<std::size_t> Catalog::find(std::string_view folder_path) const {
    const auto found =
        std::ranges::lower_bound(index_, folder_path, {}, [&](const IndexEntry& entry) {
            return texts_.substr(entry.folder_at, entry.folder_size);
        });
    const auto image = static_cast<std::size_t>(found - index_.begin());
    if (image == size() || folder(image) != folder_path) {
        return std::nullopt;
    }
    return image;
}

std::span<const std::uint32_t> Catalog::parents(std::size_t image) const {
    const IndexEntry& entry = index_[image];
    return edges_.subspan(entry.parents_at, entry.dependents_at - entry.parents_at);
}

std::span<const std::uint32_t> Catalog::dependents(std::size_t image) const {
    const IndexEntry& entry = index_[image];
    return edges_.subspan(entry.dependents_at, entry.edges_end - entry.dependents_at);
}

bool Catalog::is_broken(std::size_t image) const {
    return (index_[image].flags & (flag_own_errors | flag_conflict)) != 0;
}

bool Catalog::has_watch(std::size_t image) const {
    return (index_[image].flags & flag_watch) != 0;
}

bool Catalog::any_watch() const {
    return any_watch_;
}

std::string_view Catalog::record(std::size_t image) const {
    return texts_.substr(index_[image].record_at, index_[image].record_size);
}

Image Catalog::image(std::size_t image) const {
    Image decoded = decode_image(record(image));
    decoded.folder = folder(image);
    decoded.tree = tree(image);
    if ((index_[image].flags & flag_conflict) != 0) {
        ByteReader in(conflicts_);
        for (std::uint64_t left = in.number(); left > 0 && !in.failed(); --left) {
            const std::uint64_t owner = in.number();
            SourceError error = read_error(in);
            if (owner == image) {
                decoded.errors.push_back(std::move(error));
            }
        }
    }
    return decoded;
}

std::vector<SourceError> Catalog::errors() const {
    std::vector<SourceError> errors;
    for (std::size_t i = 0; i < size(); ++i) {
        if (is_broken(i)) {
            const Image broken = image(i);
            errors.insert(errors.end(), broken.errors.begin(), broken.errors.end());
        }
    }
    std::ranges::sort(errors);
    return errors;
}

}  // namespace slipway::catalog
