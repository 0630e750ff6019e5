#pragma once

#include "core/base/bytes.hpp"
#include "core/catalog/image.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::catalog {

/// The record of an image inside a catalog: everything but its folder and tree. What the graph
/// needs stands first, so that edges are found without decoding the rest.
[[nodiscard]] std::string encode_image(const Image& image);

/// The other way; an image with an error where the record is damaged.
[[nodiscard]] Image decode_image(std::string_view record);

/// The first part of a record: texts point into it.
struct ImageNames {
    std::vector<std::string_view> produces;
    std::vector<std::string_view> parent_refs;
};

[[nodiscard]] ImageNames decode_names(std::string_view record);

void write_error(ByteWriter& out, const SourceError& error);
[[nodiscard]] SourceError read_error(ByteReader& in);

}  // namespace slipway::catalog
