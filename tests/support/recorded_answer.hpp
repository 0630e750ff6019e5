#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace slipway::test {

/// `folder/name.http`, an engine's answer, as bytes for the wire. A recording of a chunked answer
/// holds the body without its chunks: it is chunked anew, `chunk_size` bytes each, which has
/// nothing to do with its lines. Throws std::runtime_error.
[[nodiscard]] std::string recorded_answer(
    const std::filesystem::path& folder, std::string_view name, std::size_t chunk_size = 512
);

/// An answer of our own with a Content-Length.
[[nodiscard]] std::string http_answer(int status, std::string_view headers, std::string_view body);

/// A chunked 200 of our own, as engines answer a build, a push or a pull.
[[nodiscard]] std::string stream_answer(std::string_view body, std::size_t chunk_size = 512);

}  // namespace slipway::test
