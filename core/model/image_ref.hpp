#pragma once

#include "core/base/result.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace slipway::model {

/// An image reference, normalised as Docker does it (github.com/distribution/reference 0.6).
///
/// - `domain` is never empty: `docker.io` where none was written; `index.docker.io` is folded into
/// it.
/// - `path` is never empty, at most 255 characters; on docker.io one component gets `library/`
/// before it.
/// - `tag` and `digest` are empty where they were not written; there is no implied `latest` here.
struct ImageRef {
    std::string domain;
    std::string path;
    std::string tag;
    std::string digest;

    auto operator<=>(const ImageRef&) const = default;

    /// `domain/path`.
    [[nodiscard]] std::string name() const { return domain + "/" + path; }
};

/// Parses what may stand in a `FROM` or a manifest: `[domain/]path[:tag][@digest]`.
/// Errors: `invalid`, in the words of distribution/reference where it has some.
[[nodiscard]] Result<ImageRef> parse_image_ref(std::string_view text);

/// `domain/path[:tag][@digest]`.
[[nodiscard]] std::string to_string(const ImageRef& ref);

/// As people write it: without `docker.io/` and `library/`. To be shown, not parsed: as with
/// Docker, what is left of `docker.io/a.b/c` is another registry's.
[[nodiscard]] std::string familiar(const ImageRef& ref);

/// The same, with the tag `latest` if it has neither tag nor digest.
[[nodiscard]] ImageRef with_default_tag(ImageRef ref);

/// Whether `text` may be a tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`.
[[nodiscard]] bool is_valid_tag(std::string_view text);

}  // namespace slipway::model
