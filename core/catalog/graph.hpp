#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace slipway::catalog {

/// Edges between numbered images, one run of memory for all of them. Images are added in order.
class Graph {
public:
    /// The next image and what its edges go to.
    void add(std::span<const std::uint32_t> targets) {
        targets_.insert(targets_.end(), targets.begin(), targets.end());
        starts_.push_back(targets_.size());
    }

    [[nodiscard]] std::size_t size() const { return starts_.size() - 1; }

    [[nodiscard]] std::size_t edges() const { return targets_.size(); }

    [[nodiscard]] std::span<const std::uint32_t> operator[](std::size_t image) const {
        return std::span(targets_).subspan(starts_[image], starts_[image + 1] - starts_[image]);
    }

    /// The same edges the other way round; the targets of each image ascend.
    [[nodiscard]] Graph reversed() const;

private:
    std::vector<std::size_t> starts_{0};  // of each image's targets; one more than images
    std::vector<std::uint32_t> targets_;
};

}  // namespace slipway::catalog
