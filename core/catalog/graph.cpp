#include "core/catalog/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace slipway::catalog {

Graph Graph::reversed() const {
    Graph other;
    other.starts_.assign(size() + 1, 0);
    other.targets_.resize(targets_.size());
    for (const std::uint32_t target : targets_) {
        ++other.starts_[target + 1];
    }
    for (std::size_t image = 0; image < size(); ++image) {
        other.starts_[image + 1] += other.starts_[image];
    }
    std::vector<std::size_t> next = other.starts_;
    for (std::uint32_t image = 0; image < size(); ++image) {
        for (const std::uint32_t target : (*this)[image]) {
            other.targets_[next[target]++] = image;
        }
    }
    return other;
}

}  // namespace slipway::catalog
