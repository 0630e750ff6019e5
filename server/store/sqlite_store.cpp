#include "server/store/sqlite_store.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/clock.hpp"
#include "server/base/run_blocking.hpp"
#include "server/store/intake.hpp"
#include "server/store/lock_file.hpp"
#include "server/store/migrations.hpp"
#include "server/store/progress.hpp"
#include "server/store/queries.hpp"
#include "server/store/read_pool.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"
#include "server/store/writer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

// The journal, which the writer copies into the file when it has nothing else to do, keeps the size
// that a burst gives it (the writer's most_pages): to write over it costs an fsync far less than to
// make it grow again. Savepoints keep their undo pages in memory, not in temporary files.
constexpr const char* writer_settings = R"sql(
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = 285212672;
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

/// Versions of two runs must not meet, for an ETag lives longer than the process: each run begins
/// where the clock is, and commits are slower than one a microsecond.
std::uint64_t first_version(const Clock& clock) {
    const std::chrono::microseconds since_1970 = clock.now().time_since_epoch();
    return static_cast<std::uint64_t>(since_1970.count());
}

/// For what a snapshot shows whenever it succeeds, and what it never shows.
constexpr auto always = [](const auto& /*result*/) { return true; };
constexpr auto never = [](const auto& /*result*/) { return false; };

class SqliteStore final : public Store {
public:
    SqliteStore(
        LockFile lock,
        const std::filesystem::path& file,
        net::thread_pool& blocking,
        const Clock& clock
    )
        : lock_(std::move(lock)),
          file_(file),
          blocking_(blocking),
          clock_(clock),
          database_(open_for_writing(file)),
          intake_(database_),
          progress_(database_),
          readers_(file),
          writer_(database_, first_version(clock)) {}

    net::awaitable<Result<Accepted>> accept(NewDelivery delivery) override {
        return write<Accepted>(
            [this, delivery = std::move(delivery)] {
                return intake_.accept(delivery, clock_.now());
            },
            [](const Accepted& accepted) { return accepted.build && !accepted.duplicate; }
        );
    }

    net::awaitable<Result<Accepted>> request(NewBuild build, std::string key) override {
        return write<Accepted>(
            [this, build = std::move(build), key = std::move(key)] {
                return intake_.request(build, key, clock_.now());
            },
            [](const Accepted& accepted) { return !accepted.duplicate; }
        );
    }

    net::awaitable<Result<std::optional<Build>>> claim() override {
        return write<std::optional<Build>>(
            [this] { return progress_.claim(clock_.now()); },
            [](const std::optional<Build>& claimed) { return claimed.has_value(); }
        );
    }

    net::awaitable<Result<std::vector<Build>>> recover() override {
        return write<std::vector<Build>>([this] { return progress_.recover(); }, always);
    }

    net::awaitable<Result<void>> record_plan(BuildId build, PlanRecord plan) override {
        return write<void>(
            [this, build, plan = std::move(plan)] { return progress_.record_plan(build, plan); },
            always
        );
    }

    net::awaitable<Result<void>> update_step(BuildId build, Step step) override {
        return write<void>(
            [this, build, step = std::move(step)] { return progress_.update_step(build, step); },
            always
        );
    }

    net::awaitable<Result<void>> finish(BuildId build, model::BuildState state, std::string error)
        override {
        return write<void>(
            [this, build, state, error = std::move(error)] {
                return progress_.finish(build, state, error, clock_.now());
            },
            always
        );
    }

    net::awaitable<Result<void>> append_log(BuildId build, int position, std::string text)
        override {
        return write<void>(
            [this, build, position, text = std::move(text)] {
                return progress_.append_log(build, position, text);
            },
            never
        );
    }

    net::awaitable<Result<Build>> build(BuildId id) override {
        return read<Build>([id](Queries& queries) { return queries.build(id); });
    }

    net::awaitable<Result<std::vector<Build>>> builds(BuildQuery query) override {
        return read<std::vector<Build>>([query = std::move(query)](Queries& queries) {
            return queries.builds(query);
        });
    }

    net::awaitable<Result<std::string>> log(BuildId build, int position, std::int64_t offset)
        override {
        return read<std::string>([build, position, offset](Queries& queries) {
            return queries.log(build, position, offset);
        });
    }

    net::awaitable<Result<Snapshot>> snapshot() override {
        return read<Snapshot>([](Queries& queries) { return queries.snapshot(); });
    }

    net::awaitable<Result<std::vector<LeftImage>>> left_images(std::string engine, Time built)
        override {
        return read<std::vector<LeftImage>>([engine = std::move(engine), built](Queries& queries) {
            return queries.left_images(engine, built);
        });
    }

    net::awaitable<Result<void>> forget_image(LeftImage image) override {
        return write<void>(
            [this, image = std::move(image)] { return progress_.forget_image(image); }, never
        );
    }

    [[nodiscard]] std::uint64_t version() const override { return writer_.version(); }

private:
    /// Makes `change()` in the next group; `shows` says of its value whether a snapshot shows what
    /// it did.
    template <class Value, class Change, class Shows>
    net::awaitable<Result<Value>> write(Change change, Shows shows) {
        Result<Value> result;
        const Result<void> committed = co_await writer_.commit([&result, &change, &shows] {
            result = change();
            return effect_of(result, shows);
        });
        if (!committed) {
            co_return fail_within(
                "writing to the store '" + file_.string() + "'", committed.error()
            );
        }
        co_return result;
    }

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

    template <class Value, class Work>
    net::awaitable<Result<Value>> read(Work work) {
        Result<Value> result =
            co_await run_blocking(blocking_, [this, &work] { return readers_.read<Value>(work); });
        co_return result;
    }

    const LockFile lock_;  // first: given up after the file is closed
    const std::filesystem::path file_;
    net::thread_pool& blocking_;
    const Clock& clock_;
    Database database_;
    Intake intake_;
    Progress progress_;
    ReadPool readers_;
    Writer writer_;  // last: its thread uses the others until it is joined
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(
    const std::filesystem::path& file, net::thread_pool& blocking, const Clock& clock
) {
    const std::string doing = "opening the store '" + file.string() + "'";
    Result<LockFile> lock = LockFile::take(file.string() + ".lock");
    if (!lock) {
        return fail_within(doing, lock.error());
    }
    try {
        return std::make_unique<SqliteStore>(*std::move(lock), file, blocking, clock);
    } catch (const SqliteFailure& failure) {
        return fail_within(doing, failure.error());
    } catch (const std::exception& exception) {
        return fail(ErrorCode::internal, doing + ": " + exception.what());
    }
}

}  // namespace slipway::store
