#include "server/store/postgres_store.hpp"

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/run_blocking.hpp"
#include "server/store/advisory_lock.hpp"
#include "server/store/announcer.hpp"
#include "server/store/connection_pool.hpp"
#include "server/store/dialects.hpp"
#include "server/store/durability.hpp"
#include "server/store/image_table.hpp"
#include "server/store/listener.hpp"
#include "server/store/postgres.hpp"
#include "server/store/postgres_connect.hpp"
#include "server/store/postgres_failure.hpp"
#include "server/store/postgres_migrations.hpp"
#include "server/store/reads.hpp"
#include "server/store/records.hpp"
#include "server/store/sql_store.hpp"
#include "server/store/store.hpp"
#include "server/store/writes.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace slipway::store {
namespace {

using postgres::Database;
using postgres::Transaction;

constexpr std::int64_t leader_key = 730833206;
constexpr int most_attempts = 5;

/// One connection with all that is said on it.
struct Session {
    Session(const std::string& url, const postgres::ConnectOptions& options, ImageTable& table)
        : database(url, options), writes(database), reads(database, table) {}

    [[nodiscard]] bool is_broken() { return database.is_broken(); }

    Database database;
    Writes<Postgres> writes;
    Reads<Postgres> reads;
};

/// What those who share the store say and lock, which others in the database must not hear.
struct Names {
    std::string channel;
    std::int64_t leader = 0;
};

Names names_of(Database& database) {
    constexpr unsigned int bits = 32;
    const std::int64_t schema = database.integer("SELECT hashtext(current_schema())");
    const auto number = static_cast<std::uint32_t>(schema);
    return {
        .channel = "slipway_" + std::to_string(number),
        .leader = static_cast<std::int64_t>(
            (static_cast<std::uint64_t>(leader_key) << bits) | std::uint64_t{number}
        ),
    };
}

/// What this process's own notifications say, so that it does not hear itself.
std::string random_name() {
    std::random_device random;
    return std::to_string((std::uint64_t{random()} << 32U) + random());
}

std::uint64_t first_version() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count()
    );
}

class PostgresBackend {
public:
    using Dialect = Postgres;

    PostgresBackend(const PostgresOptions& options, const Names& names)
        : clock_(options.clock),
          url_(options.url),
          connect_{.password = options.password},
          channel_(names.channel),
          name_(random_name()),
          pool_(
              [this] { return open_session(); },
              {.most = options.connections, .most_idle = options.connections}
          ),
          leader_(url_, connect_, names.leader),
          version_(first_version()),
          announcer_(url_, connect_, channel_, name_),
          threads_(options.connections),
          listener_(url_, connect_, channel_, [this](std::string_view by) { hear(by); }) {}

    PostgresBackend(const PostgresBackend&) = delete;
    PostgresBackend& operator=(const PostgresBackend&) = delete;
    PostgresBackend(PostgresBackend&&) = delete;
    PostgresBackend& operator=(PostgresBackend&&) = delete;

    ~PostgresBackend() { threads_.join(); }

    template <class Value, class Change, class Shows>
    net::awaitable<Result<Value>> write(
        Change change, Shows shows, Durability durability = Durability::now
    ) {
        std::function<Result<Value>()> job = [this, &change, &shows, durability] {
            return attempt<Value>("writing to the store", [&](Session& session) {
                return write_once<Value>(session, change, shows, durability);
            });
        };
        Result<Value> result = co_await run_blocking(threads_, std::move(job));
        co_return result;
    }

    template <class Value, class Work>
    net::awaitable<Result<Value>> read(Work work) {
        std::function<Result<Value>()> job = [this, &work] {
            return read_again_if_cut<Value>(work);
        };
        Result<Value> result = co_await run_blocking(threads_, std::move(job));
        co_return result;
    }

    net::awaitable<Result<bool>> lead() {
        std::function<Result<bool>()> job = [this]() -> Result<bool> {
            const std::scoped_lock lock(leading_);
            try {
                return leader_.try_lock();
            } catch (const PostgresFailure& failure) {
                return fail_within("asking who leads", failure.error());
            }
        };
        Result<bool> result = co_await run_blocking(threads_, std::move(job));
        co_return result;
    }

    void on_change(std::function<void()> call) {
        const std::scoped_lock lock(hearing_);
        on_change_ = std::move(call);
    }

    [[nodiscard]] std::uint64_t version() const { return version_.load(); }

private:
    /// A server that was away may have come back without what it had not flushed, or with an older
    /// backup, and gives ids anew.
    std::unique_ptr<Session> open_session() {
        auto session = std::make_unique<Session>(url_, connect_, table_);
        table_.forget();
        return session;
    }

    /// A key that another transaction took meanwhile is found the next time.
    static bool is_worth_retrying(const PostgresFailure& failure) {
        return failure.worth_retrying() || failure.error().code == ErrorCode::conflict;
    }

    /// What is in conflict for good has no code of its own: we never write it.
    static std::unexpected<Error> failed(std::string_view doing, const PostgresFailure& failure) {
        Error error = failure.error();
        error.code = error.code == ErrorCode::conflict ? ErrorCode::internal : error.code;
        return fail_within(doing, error);
    }

    /// That the server cut a connection while it was idle is found by using it: then all idle ones
    /// are suspect, and the read is made once more, on a new one. What a write did before its
    /// connection went nobody knows, so that is left to who asked for it.
    template <class Value, class Work>
    Result<Value> read_again_if_cut(const Work& work) {
        constexpr std::string_view doing = "reading the store";
        bool is_cut = false;
        const auto read_once = [&work, &is_cut](Session& session) {
            try {
                const Transaction transaction(session.database, Transaction::Kind::read);
                return Result<Value>(work(session.reads));
            } catch (const PostgresFailure&) {
                is_cut = session.is_broken();
                throw;
            }
        };
        Result<Value> result = attempt<Value>(doing, read_once);
        if (!result && is_cut) {
            pool_.close_idle();
            result = attempt<Value>(doing, read_once);
        }
        return result;
    }

    /// Again where another transaction was in the way.
    template <class Value, class Work>
    Result<Value> attempt(std::string_view doing, const Work& work) {
        for (int number = 1;; ++number) {
            try {
                auto session = pool_.borrow();
                if (!session) {
                    return fail_within(doing, session.error());
                }
                return work(**session);
            } catch (const PostgresFailure& failure) {
                if (!is_worth_retrying(failure) || number == most_attempts) {
                    return failed(doing, failure);
                }
            } catch (const std::exception& exception) {
                return fail(ErrorCode::internal, std::string(doing) + ": " + exception.what());
            }
        }
    }

    template <class Value, class Change, class Shows>
    Result<Value> write_once(
        Session& session, const Change& change, const Shows& shows, Durability durability
    ) {
        Transaction transaction(session.database, Transaction::Kind::write, durability);
        const Time now = clock_ != nullptr ? clock_->now() : time_of(transaction.began());
        Result<Value> result = change(session.writes, now);
        if (!result) {
            return result;
        }
        bool visible = false;
        if constexpr (std::is_void_v<Value>) {
            visible = shows(result);
        } else {
            visible = shows(*result);
        }
        transaction.commit();
        if (visible) {
            ++version_;
            announcer_.announce();
        }
        return result;
    }

    /// On the listener's thread. `by` is empty where it begins to listen; the first time nothing
    /// was missed.
    void hear(std::string_view by) {
        if (by == name_ || (by.empty() && !std::exchange(has_listened_, true))) {
            return;
        }
        ++version_;
        const std::scoped_lock lock(hearing_);
        if (on_change_) {
            on_change_();
        }
    }

    const Clock* const clock_;
    const std::string url_;
    const postgres::ConnectOptions connect_;
    const std::string channel_;
    const std::string name_;
    ImageTable table_;
    ConnectionPool<Session> pool_;
    std::mutex leading_;  // guards the next one
    postgres::AdvisoryLock leader_;
    std::atomic<std::uint64_t> version_;
    std::mutex hearing_;  // guards the next one
    std::function<void()> on_change_;
    postgres::Announcer announcer_;
    net::thread_pool threads_;
    bool has_listened_ = false;    // the listener's thread's own
    postgres::Listener listener_;  // last: its thread uses the others
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(PostgresOptions options) {
    const std::string doing = "opening the store in PostgreSQL";
    try {
        postgres::Database database(options.url, {.password = options.password});
        postgres::migrate(database);
        const Names names = names_of(database);
        return std::make_unique<SqlStore<PostgresBackend>>(options, names);
    } catch (const PostgresFailure& failure) {
        return fail_within(doing, failure.error());
    } catch (const std::exception& exception) {
        return fail(ErrorCode::internal, doing + ": " + exception.what());
    }
}

}  // namespace slipway::store
