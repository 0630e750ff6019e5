#pragma once

#include "core/base/result.hpp"

#include <filesystem>

namespace slipway::store {

/// Keeps a second slipway away from a store: an exclusive lock on a file beside it, given up with
/// the process at the latest. The file stays, for removing it would let a third one lock a file
/// that has no name any more.
class LockFile {
public:
    /// Errors: `unavailable` where another one holds it, or it can't be made.
    [[nodiscard]] static Result<LockFile> take(const std::filesystem::path& file);

    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;
    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&&) = delete;
    ~LockFile();

private:
    explicit LockFile(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace slipway::store
