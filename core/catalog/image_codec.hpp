#pragma once

#include "core/base/bytes.hpp"
#include "core/catalog/image.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::catalog {

/// The record of an image inside a catalog: everything but its folder and tree. What the graph
/// needs stands first, so that edges are found without decoding the rest.
[[nodiscard]] std::string encode_image(const Image& image);

/// The other way; an image with an error where the record is damaged.
[[nodiscard]] Image decode_image(std::string_view record);

/// The names at the beginning of a record, without decoding the rest: first all that the image
/// produces, then the references of its parents. The views point into the record.
class NameReader {
public:
    explicit NameReader(std::string_view record) : in_(record) {}

    /// Visits the next of the two lists.
    template <class Visit>
    void each(const Visit& visit) {
        for (std::uint64_t left = in_.number(); left > 0 && !in_.failed(); --left) {
            visit(in_.text());
        }
    }

private:
    ByteReader in_;
};

void write_error(ByteWriter& out, const SourceError& error);
[[nodiscard]] SourceError read_error(ByteReader& in);

}  // namespace slipway::catalog
