#include "core/ledger/input_ids.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/context/context.hpp"
#include "core/git/source_tree.hpp"
#include "core/ledger/input_id.hpp"
#include "core/model/image_ref.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::ledger {
namespace {

/// A parent that is named with its digest is that digest.
std::optional<ParentInput> pinned(const std::string& written) {
    const auto reference = model::parse_image_ref(written);
    if (!reference || reference->digest.empty()) {
        return std::nullopt;
    }
    return ParentInput{to_string(*reference), reference->digest};
}

std::optional<ParentInput> find_input(
    const std::map<std::string, std::string>& ids, const std::string& reference
) {
    const auto found = ids.find(reference);
    if (found == ids.end()) {
        return std::nullopt;
    }
    return ParentInput{reference, found->second};
}

}  // namespace

InputIds::InputIds(git::SourceTree& tree, const catalog::Catalog& catalog, BaseDigests digests)
    : tree_(tree), catalog_(catalog), digests_(std::move(digests)) {}

Result<std::optional<std::string>> InputIds::of(std::size_t image) {
    // Without recursion: nothing bounds how many images stand on each other.
    std::vector<std::size_t> open{image};
    while (!open.empty()) {
        const std::size_t index = open.back();
        if (!known_.contains(index)) {
            if (open_parents(index, open)) {
                continue;
            }
            auto id = compute(index);
            if (!id) {
                return std::unexpected(std::move(id).error());
            }
            known_.emplace(index, std::move(*id));
        }
        open.pop_back();
    }
    return known_.at(image);
}

/// Whether there are parents to compute first. All images of a cycle are broken, so none is walked.
bool InputIds::open_parents(std::size_t image, std::vector<std::size_t>& open) const {
    const std::size_t before = open.size();
    if (!catalog_.is_broken(image)) {
        for (const std::uint32_t parent : catalog_.parents(image)) {
            if (!known_.contains(parent)) {
                open.push_back(parent);
            }
        }
    }
    return open.size() > before;
}

Result<std::optional<std::string>> InputIds::compute(std::size_t index) const {
    if (catalog_.is_broken(index)) {
        return std::nullopt;
    }
    const catalog::Image image = catalog_.image(index);
    const auto parents = parent_inputs(index, image);
    if (!parents) {
        return std::nullopt;
    }
    const auto list =
        context::list_context(tree_, image.tree, image.folder, image.manifest->dockerfile);
    if (!list) {
        return std::unexpected(list.error());
    }
    if (!list->errors.empty()) {
        return std::nullopt;
    }
    return input_id(*list, image.dockerfile_blob, *image.manifest, *parents);
}

std::optional<std::vector<ParentInput>> InputIds::parent_inputs(
    std::size_t index, const catalog::Image& image
) const {
    std::map<std::string, std::string> made_here;
    for (const std::uint32_t parent : catalog_.parents(index)) {
        const std::optional<std::string>& id = known_.at(parent);
        if (!id) {
            return std::nullopt;
        }
        for (const std::string& reference : catalog_.image(parent).produces) {
            made_here.emplace(reference, *id);
        }
    }
    std::vector<ParentInput> inputs;
    for (std::size_t i = 0; i < image.parents.size(); ++i) {
        const std::string& reference = image.parent_refs[i];
        const auto input = reference.empty() ? pinned(image.parents[i].reference)
                                             : find_input(made_here, reference).or_else([&] {
                                                   return find_input(digests_, reference);
                                               });
        if (!input) {
            return std::nullopt;
        }
        inputs.push_back(*input);
    }
    return inputs;
}

}  // namespace slipway::ledger
