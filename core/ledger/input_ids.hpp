#pragma once

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/source_tree.hpp"
#include "core/ledger/input_id.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::ledger {

/// What external bases are now: normalised reference (as catalog::Image::parent_refs) → `sha256:…`.
using BaseDigests = std::map<std::string, std::string>;

/// The input ids of one commit's images. Every image is read once, however many are built on it.
/// One thread at a time; `tree` and `catalog` must outlive it.
class InputIds {
public:
    InputIds(git::SourceTree& tree, const catalog::Catalog& catalog, BaseDigests digests);

    /// Nothing where it can't be said: the image or one that it is built on is broken, its
    /// .dockerignore is, or an external base's digest is not known. Errors: those of
    /// context::list_context(), also for an image that it is built on.
    [[nodiscard]] Result<std::optional<std::string>> of(std::size_t image);

private:
    [[nodiscard]] bool open_parents(std::size_t image, std::vector<std::size_t>& open) const;
    [[nodiscard]] Result<std::optional<std::string>> compute(std::size_t index) const;
    [[nodiscard]] std::optional<std::vector<ParentInput>> parent_inputs(
        std::size_t index, const catalog::Image& image
    ) const;

    git::SourceTree& tree_;
    const catalog::Catalog& catalog_;
    BaseDigests digests_;
    std::map<std::size_t, std::optional<std::string>> known_;
};

}  // namespace slipway::ledger
