#include "server/store/wal_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::store {
namespace {

/// With one page more it stays below the 128 KiB that SQLite's own files take at once: of a larger
/// write they take a part, and call the disk full at the rest.
constexpr std::size_t most_gathered = 65536;

/// https://www.sqlite.org/fileformat2.html#the_write_ahead_log: before each page; nothing else that
/// SQLite writes has this size.
constexpr std::size_t frame_header_bytes = 24;

/// Its second number is the database's size after a commit, and 0 before the last page of one.
bool ends_transaction(std::string_view frame_header) {
    constexpr std::size_t number_bytes = 4;
    return frame_header.substr(number_bytes, number_bytes).find_first_not_of('\0') !=
           std::string_view::npos;
}

/// A flush of a file that has grown takes its new size and blocks along, which costs more than the
/// pages do: it grows by so much at a time. Nothing of it is read as a page, for zeros are no
/// frame.
constexpr sqlite3_int64 growth = 1 << 20;

sqlite3_vfs* base_vfs = nullptr;  // set once, before the VFS is registered

/// Writes that continue one another, on their way to the file behind. What ends a transaction goes
/// on at once: readers look for it there next, also where it is not flushed to the disk.
class WalFile {
public:
    WalFile(sqlite3_file* real, sqlite3_int64 size) : real_(real), size_(size) {}

    [[nodiscard]] sqlite3_file* real() const { return real_; }

    int write(std::string_view bytes, sqlite3_int64 at) {
        if (bytes.size() == frame_header_bytes) {
            is_at_commit_ = ends_transaction(bytes);
        }
        if (at != start_ + static_cast<sqlite3_int64>(gathered_.size())) {
            if (const int result = flush(); result != SQLITE_OK) {
                return result;
            }
            start_ = at;
        }
        gathered_ += bytes;
        return gathered_.size() < most_gathered && !is_at_commit_ ? SQLITE_OK : flush();
    }

    /// What can't be written is dropped: SQLite gives up the transaction that it is of.
    int flush() {
        if (gathered_.empty()) {
            return SQLITE_OK;
        }
        const int result = real_->pMethods->xWrite(
            real_, gathered_.data(), static_cast<int>(gathered_.size()), start_
        );
        start_ += static_cast<sqlite3_int64>(gathered_.size());
        gathered_.clear();
        if (result == SQLITE_OK && start_ > size_) {
            grow();
        }
        return result;
    }

    void truncated(sqlite3_int64 size) { size_ = size; }

private:
    /// Where the disk is too full for it, the pages may still fit.
    void grow() {
        static const std::string zeros(most_gathered, '\0');
        size_ = start_;
        for (const sqlite3_int64 end = (start_ / growth + 1) * growth; size_ < end;) {
            const int piece = static_cast<int>(std::min<sqlite3_int64>(most_gathered, end - size_));
            if (real_->pMethods->xWrite(real_, zeros.data(), piece, size_) != SQLITE_OK) {
                return;
            }
            size_ += piece;
        }
    }

    sqlite3_file* real_;
    sqlite3_int64 size_;
    sqlite3_int64 start_ = 0;
    std::string gathered_;
    bool is_at_commit_ = false;
};

/// What SQLite allocates: its own part, then ours; the file behind follows it.
struct OpenFile {
    sqlite3_file shown;
    WalFile* wal;
};

constexpr std::size_t real_file_at =
    (sizeof(OpenFile) + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);

WalFile& wal_of(sqlite3_file* file) {
    return *reinterpret_cast<OpenFile*>(file)->wal;  // NOLINT(*-reinterpret-cast): SQLite's C form
}

sqlite3_file* real_of(sqlite3_file* file) {
    return wal_of(file).real();
}

int close_file(sqlite3_file* file) {
    const std::unique_ptr<WalFile> wal(&wal_of(file));
    const int flushed = wal->flush();
    const int closed = wal->real()->pMethods->xClose(wal->real());
    return flushed != SQLITE_OK ? flushed : closed;
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    try {
        return wal_of(file).write(
            {static_cast<const char*>(bytes), static_cast<std::size_t>(size)}, at
        );
    } catch (const std::exception&) {
        return SQLITE_IOERR_NOMEM;
    }
}

/// Everything but a write sees the file as if there were no gathering. What could not be written is
/// no error of that call alone: of a read that finds the disk full SQLite would give up one
/// statement, and commit the rest over the hole; an input/output error ends the transaction.
template <class Call>
int after_flush(sqlite3_file* file, const Call& call) {
    const int flushed = wal_of(file).flush();
    return flushed != SQLITE_OK ? SQLITE_IOERR_WRITE : call(real_of(file));
}

int read_file(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
    return after_flush(file, [&](sqlite3_file* real) {
        return real->pMethods->xRead(real, bytes, size, at);
    });
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    return after_flush(file, [&](sqlite3_file* real) {
        wal_of(file).truncated(size);
        return real->pMethods->xTruncate(real, size);
    });
}

int sync_file(sqlite3_file* file, int flags) {
    return after_flush(file, [&](sqlite3_file* real) {
        return real->pMethods->xSync(real, flags);
    });
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
    return after_flush(file, [&](sqlite3_file* real) {
        return real->pMethods->xFileSize(real, size);
    });
}

int lock_file(sqlite3_file* file, int level) {
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

int unlock_file(sqlite3_file* file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

int check_reserved_lock(sqlite3_file* file, int* held) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}

int control_file(sqlite3_file* file, int operation, void* argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

int sector_size(sqlite3_file* file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

int device_characteristics(sqlite3_file* file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(
    sqlite3_vfs* /*own*/, const char* name, sqlite3_file* file, int flags, int* given_flags
) {
    if ((flags & SQLITE_OPEN_WAL) == 0) {
        return base_vfs->xOpen(base_vfs, name, file, flags, given_flags);
    }
    auto* const open = reinterpret_cast<OpenFile*>(file);  // NOLINT(*-reinterpret-cast)
    auto* const real =
        reinterpret_cast<sqlite3_file*>(  // NOLINT(*-reinterpret-cast): SQLite's C form
            reinterpret_cast<std::byte*>(file) + real_file_at  // NOLINT(*-reinterpret-cast)
        );
    file->pMethods = nullptr;  // SQLite then closes nothing
    int result = base_vfs->xOpen(base_vfs, name, real, flags, given_flags);
    if (result != SQLITE_OK) {
        return result;
    }
    sqlite3_int64 size = 0;
    result = real->pMethods->xFileSize(real, &size);
    if (result != SQLITE_OK) {
        real->pMethods->xClose(real);
        return result;
    }
    try {
        open->wal = std::make_unique<WalFile>(real, size).release();
    } catch (const std::exception&) {
        real->pMethods->xClose(real);
        return SQLITE_NOMEM;
    }
    file->pMethods = &wal_methods;
    return SQLITE_OK;
}

/// All but opening is the default's own.
const char* register_vfs() {
    base_vfs = sqlite3_vfs_find(nullptr);
    if (base_vfs == nullptr) {
        return nullptr;
    }
    static sqlite3_vfs own = *base_vfs;
    own.pNext = nullptr;
    own.zName = "slipway";
    own.szOsFile = static_cast<int>(real_file_at) + base_vfs->szOsFile;
    own.xOpen = open_file;
    return sqlite3_vfs_register(&own, 0) == SQLITE_OK ? own.zName : nullptr;
}

}  // namespace

const char* gathering_vfs() {
    static const char* const name = register_vfs();
    return name;
}

}  // namespace slipway::store
