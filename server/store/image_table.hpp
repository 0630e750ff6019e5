#pragma once

#include "server/store/store.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace slipway::store {

/// What came of the step that an image names.
struct ImageRow {
    StepKey step;
    ImageStatus status;
};

/// By repository and folder.
using ImageRows = std::vector<std::shared_ptr<const ImageRow>>;

/// Adds rows, in any order, where they belong.
void add(ImageRows& rows, ImageRows more);

/// The rows of a store's last snapshot whose steps are over. Those never change, whoever else
/// writes to the database: only a new name of an image leads to another row. To read them anew
/// would be most of a snapshot, for they lie apart among all steps that ever were. Holds as many as
/// there are images. Thread-safe.
class ImageTable {
public:
    /// Rows of these steps, which are sorted; those that it has none of are left in `steps`.
    [[nodiscard]] ImageRows find(std::vector<StepKey>& steps) const;

    /// Holds those of `rows` whose steps are over, and no others.
    void keep(ImageRows rows);

    void forget();

private:
    [[nodiscard]] ImageRows rows() const;

    mutable std::mutex mutex_;  // guards the next one
    ImageRows rows_;
};

}  // namespace slipway::store
