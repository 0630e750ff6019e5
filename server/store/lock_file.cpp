#include "server/store/lock_file.hpp"

#include "core/base/result.hpp"

#include <cerrno>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace slipway::store {
namespace {

constexpr int closed = -1;
constexpr int owner_only = 0600;

std::unexpected<Error> refused(const std::filesystem::path& file, int error) {
    const std::string doing = "locking '" + file.string() + "': ";
    if (error == EWOULDBLOCK) {
        return fail(
            ErrorCode::unavailable,
            doing + "another slipway uses this store; stop it, or give this one a store of its own"
        );
    }
    return fail(
        ErrorCode::unavailable,
        doing + std::generic_category().message(error) +
            "; the folder must exist and be writable for slipway"
    );
}

}  // namespace

Result<LockFile> LockFile::take(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
    if (descriptor < 0) {
        return refused(file, errno);
    }
    LockFile lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return refused(file, errno);
    }
    return lock;
}

LockFile::LockFile(LockFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, closed)) {}

LockFile::~LockFile() {
    if (descriptor_ != closed) {
        ::close(descriptor_);
    }
}

}  // namespace slipway::store
