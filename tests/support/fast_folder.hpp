#pragma once

#include <filesystem>

namespace slipway::test {

/// Where a test's files may be that need not outlive a power cut: most of the time of what writes
/// to a disk is waiting for it.
inline std::filesystem::path fast_folder() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

}  // namespace slipway::test
