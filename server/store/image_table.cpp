#include "server/store/image_table.hpp"

#include "server/store/store.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

bool is_before(const std::shared_ptr<const ImageRow>& a, const std::shared_ptr<const ImageRow>& b) {
    return std::tie(a->status.repository, a->status.folder) <
           std::tie(b->status.repository, b->status.folder);
}

std::vector<StepKey> steps_of(const ImageRows& rows) {
    std::vector<StepKey> steps;
    steps.reserve(rows.size());
    for (const auto& row : rows) {
        steps.push_back(row->step);
    }
    std::ranges::sort(steps);
    return steps;
}

}  // namespace

void add(ImageRows& rows, ImageRows more) {
    std::ranges::sort(more, is_before);
    ImageRows all;
    all.reserve(rows.size() + more.size());
    std::ranges::merge(rows, more, std::back_inserter(all), is_before);
    rows = std::move(all);
}

ImageRows ImageTable::find(std::vector<StepKey>& steps) const {
    ImageRows found = rows();
    std::erase_if(found, [&steps](const auto& row) {
        return !std::ranges::binary_search(steps, row->step);
    });
    std::vector<StepKey> left;
    std::ranges::set_difference(steps, steps_of(found), std::back_inserter(left));
    steps = std::move(left);
    return found;
}

void ImageTable::keep(ImageRows rows) {
    std::erase_if(rows, [](const auto& row) { return !row->status.finished; });
    const std::scoped_lock lock(mutex_);
    rows_.swap(rows);
}

void ImageTable::forget() {
    keep({});
}

ImageRows ImageTable::rows() const {
    const std::scoped_lock lock(mutex_);
    return rows_;
}

}  // namespace slipway::store
