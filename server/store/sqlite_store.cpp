#include "server/store/sqlite_store.hpp"

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/run_blocking.hpp"
#include "server/store/dialects.hpp"
#include "server/store/durability.hpp"
#include "server/store/lock_file.hpp"
#include "server/store/migrations.hpp"
#include "server/store/read_pool.hpp"
#include "server/store/sql_store.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"
#include "server/store/writer.hpp"
#include "server/store/writes.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace slipway::store {
namespace {

// The journal, which the writer copies into the file when it has nothing else to do, keeps the size
// that a burst gives it (LogLimits): to write over it costs an fsync far less than to make it grow
// again. Savepoints keep their undo pages in memory, not in temporary files.
constexpr const char* writer_settings = R"sql(
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = 570425344;
PRAGMA cache_size = -8192;
PRAGMA temp_store = MEMORY;
)sql";

Database open_for_writing(const std::filesystem::path& file) {
    Database database(file, Database::Access::read_write);
    check_is_ours(database);
    if (database.text("PRAGMA journal_mode = WAL") != "wal") {
        throw SqliteFailure(
            {.code = ErrorCode::unavailable,
             .message = "its file system can't hold a write-ahead log; use a local disk"}
        );
    }
    database.execute(writer_settings);
    database.keep_log();
    migrate(database);
    return database;
}

LogLimits log_limits(const std::filesystem::path& file) {
    std::error_code error;
    const std::filesystem::space_info disk = std::filesystem::space(file, error);
    return error ? LogLimits{} : limits_on_disk(disk.available);
}

/// Versions of two runs must not meet, for an ETag lives longer than the process: each run begins
/// where the clock is, and commits are slower than one a microsecond.
std::uint64_t first_version(const Clock& clock) {
    const std::chrono::microseconds since_1970 = clock.now().time_since_epoch();
    return static_cast<std::uint64_t>(since_1970.count());
}

/// One file: one thread that writes, and connections of their own that read.
class SqliteBackend {
public:
    using Dialect = Sqlite;

    SqliteBackend(
        LockFile lock,
        const std::filesystem::path& file,
        net::thread_pool& reading,
        const Clock& clock
    )
        : lock_(std::move(lock)),
          file_(file),
          reading_(reading),
          clock_(clock),
          database_(open_for_writing(file)),
          writes_(database_),
          readers_(file),
          writer_(database_, first_version(clock), Writer::default_capacity, log_limits(file)) {}

    template <class Value, class Change, class Shows>
    net::awaitable<Result<Value>> write(
        Change change, Shows shows, Durability durability = Durability::now
    ) {
        Result<Value> result;
        const auto write = [this, &result, &change, &shows] {
            result = change(writes_, clock_.now());
            return effect_of(result, shows);
        };
        const Result<void> committed = co_await writer_.commit(write, durability);
        if (!committed) {
            co_return fail_within(
                "writing to the store '" + file_.string() + "'", committed.error()
            );
        }
        co_return result;
    }

    template <class Value, class Work>
    net::awaitable<Result<Value>> read(Work work) {
        // With a type of its own: GCC 12 takes the lambdas of a template for types without linkage.
        std::function<Result<Value>()> job = [this, &work] { return readers_.read<Value>(work); };
        Result<Value> result = co_await run_blocking(reading_, std::move(job));
        co_return result;
    }

    /// There is no other.
    static net::awaitable<Result<bool>> lead() { co_return true; }

    static void on_change(const std::function<void()>& /*call*/) {}

    [[nodiscard]] std::uint64_t version() const { return writer_.version(); }

private:
    template <class Value, class Shows>
    static Writer::Effect effect_of(const Result<Value>& result, const Shows& shows) {
        if (!result) {
            return Writer::Effect::none;
        }
        bool visible = false;
        if constexpr (std::is_void_v<Value>) {
            visible = shows(result);
        } else {
            visible = shows(*result);
        }
        return visible ? Writer::Effect::visible : Writer::Effect::hidden;
    }

    const LockFile lock_;  // first: given up after the file is closed
    const std::filesystem::path file_;
    net::thread_pool& reading_;
    const Clock& clock_;
    Database database_;
    Writes<Sqlite> writes_;
    ReadPool readers_;
    Writer writer_;  // last: its thread uses the others until it is joined
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(
    const std::filesystem::path& file, net::thread_pool& reading, const Clock& clock
) {
    const std::string doing = "opening the store '" + file.string() + "'";
    Result<LockFile> lock = LockFile::take(file.string() + ".lock");
    if (!lock) {
        return fail_within(doing, lock.error());
    }
    try {
        return std::make_unique<SqlStore<SqliteBackend>>(*std::move(lock), file, reading, clock);
    } catch (const SqliteFailure& failure) {
        return fail_within(doing, failure.error());
    } catch (const std::exception& exception) {
        return fail(ErrorCode::internal, doing + ": " + exception.what());
    }
}

}  // namespace slipway::store
