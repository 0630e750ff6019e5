#include "server/store/writer.hpp"

#include "core/base/result.hpp"
#include "server/store/durability.hpp"
#include "server/store/sqlite.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

namespace net = boost::asio;

constexpr std::chrono::milliseconds idle_time{100};

constexpr std::uintmax_t page_bytes = 4096;
constexpr int least_most = 16384;  // 64 MiB

/// On a connection of its own, on which others may write meanwhile. What fails here fails the next
/// commit too, which tells somebody.
void copy_log(const std::filesystem::path& file) {
    try {
        Database database(file, Database::Access::read_write);
        static_cast<void>(database.integer("PRAGMA schema_version"));  // else it knows of no log
        database.checkpoint();
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace

LogLimits limits_on_disk(std::uintmax_t free_bytes) {
    LogLimits limits;
    const auto whole = static_cast<std::uintmax_t>(limits.most);
    const auto room = static_cast<int>(std::min(free_bytes / page_bytes / 8, whole));
    limits.most = std::max(room, least_most);
    limits.many = std::min(limits.many, limits.most / 4 * 3);
    return limits;
}

Writer::Writer(
    Database& database, std::uint64_t first_version, std::size_t capacity, LogLimits limits
)
    : database_(database),
      savepoint_(database, "SAVEPOINT one"),
      undo_(database, "ROLLBACK TO one"),
      release_(database, "RELEASE one"),
      capacity_(capacity),
      limits_(limits),
      version_(first_version),
      thread_([this] { run(); }) {}

Writer::~Writer() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

net::awaitable<Result<void>> Writer::commit(Change change, Durability durability) {
    return net::async_initiate<const net::use_awaitable_t<>, void(Result<void>)>(
        [this, durability](auto handler, Change accepted) {
            const net::any_io_executor executor = net::get_associated_executor(handler);
            enqueue({
                .change = std::move(accepted),
                .durability = durability,
                .work = net::make_work_guard(executor),
                .answer = std::move(handler),
                .outcome = {},
            });
        },
        net::use_awaitable,
        std::move(change)
    );
}

void Writer::enqueue(Job job) {
    if (add(job)) {
        changed_.notify_one();
        return;
    }
    job.outcome = fail(
        ErrorCode::unavailable,
        std::to_string(capacity_) + " writes wait for the disk already; try again later"
    );
    std::vector<Job> refused;
    refused.push_back(std::move(job));
    answer(std::move(refused));
}

/// False where too many wait: the job stays the caller's.
bool Writer::add(Job& job) {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= capacity_) {
        return false;
    }
    waiting_.push_back(std::move(job));
    return true;
}

std::vector<Writer::Job> Writer::take() {
    std::unique_lock lock(mutex_);
    const auto is_work = [this] { return stopping_ || !waiting_.empty(); };
    if (!changed_.wait_for(lock, idle_time, is_work)) {
        lock.unlock();
        if (copying_.valid()) {
            copying_.get();
        }
        checkpoint_from(limits_.idle);
        lock.lock();
        changed_.wait(lock, is_work);
    }
    return std::exchange(waiting_, {});
}

/// Where there are so many. What fails here fails the next commit too, which tells somebody.
void Writer::checkpoint_from(int pages) {
    if (database_.log_pages() < pages) {
        return;
    }
    try {
        database_.checkpoint();
    } catch (const SqliteFailure&) {
        return;
    }
}

void Writer::run() {
    while (true) {
        std::vector<Job> group = take();
        if (group.empty()) {
            return;
        }
        write(group);
        answer(std::move(group));
        shorten_log();
    }
}

/// Leaves those that wait on the first one's executor. All do in a daemon: then nothing is
/// allocated, for that might fail after the commit.
std::vector<Writer::Job> Writer::take_others(std::vector<Job>& group) {
    const net::any_io_executor executor = group.front().work.get_executor();
    const auto is_there = [&](const Job& job) { return job.work.get_executor() == executor; };
    std::vector<Job> others;
    if (std::ranges::all_of(group, is_there)) {
        return others;
    }
    std::vector<Job> left;
    for (Job& job : group) {
        (is_there(job) ? left : others).push_back(std::move(job));
    }
    group.swap(left);
    return others;
}

/// Together where they wait on one executor: its thread is woken once. What is posted keeps that
/// executor at work until the last one is answered.
void Writer::answer(std::vector<Job> group) {
    while (!group.empty()) {
        std::vector<Job> others = take_others(group);
        const net::any_io_executor executor = group.front().work.get_executor();
        net::post(executor, [answered = std::move(group)]() mutable {
            for (Job& job : answered) {
                job.answer(std::move(job.outcome));
            }
        });
        group = std::move(others);
    }
}

/// For who is never idle. A log begins anew only when all of it is copied, so the last of it, which
/// was written during a copy, is copied here.
void Writer::shorten_log() {
    const int pages = database_.log_pages();
    if (!copying_.valid()) {
        if (pages >= limits_.many) {
            begin_to_copy();
        }
        return;
    }
    const bool is_copied = copying_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    if (!is_copied && pages < limits_.most) {
        return;
    }
    copying_.get();
    if (pages < limits_.most && pages - copied_pages_ > limits_.rest) {
        begin_to_copy();
    } else {
        checkpoint_from(1);
    }
}

void Writer::begin_to_copy() {
    copied_pages_ = database_.log_pages();
    try {
        const std::string file = database_.text("SELECT file FROM pragma_database_list");
        copying_ = std::async(std::launch::async, copy_log, file);
    } catch (const std::exception&) {
        checkpoint_from(limits_.most);  // no thread is to be had
    }
}

void Writer::write(std::vector<Job>& group) {
    try {
        const auto is_later = [](const Job& job) { return job.durability == Durability::later; };
        const bool all_later = std::ranges::all_of(group, is_later);
        database_.promise(all_later ? Durability::later : Durability::now);
        if (!write_together(group)) {
            write_apart(group);
        }
    } catch (const SqliteFailure& failure) {
        for (Job& job : group) {
            job.outcome = fail(ErrorCode::unavailable, failure.what());
        }
    }
}

/// The usual case, that nothing fails, without a savepoint a change: SQLite would copy every page
/// that a change touches, so that it could be undone alone. False where one failed, and nothing was
/// written.
bool Writer::write_together(std::vector<Job>& group) {
    Transaction transaction(database_, Transaction::Kind::write);
    bool visible = false;
    for (Job& job : group) {
        const Effect effect = attempt(job);
        if (effect == Effect::none) {
            return false;
        }
        visible = visible || effect == Effect::visible;
    }
    transaction.commit();
    version_ += visible ? 1 : 0;
    return true;
}

void Writer::write_apart(std::vector<Job>& group) {
    Transaction transaction(database_, Transaction::Kind::write);
    bool visible = false;
    for (Job& job : group) {
        job.outcome = {};
        visible = apply(job) || visible;
    }
    transaction.commit();
    version_ += visible ? 1 : 0;
}

/// Whether a snapshot shows what it did.
bool Writer::apply(Job& job) {
    savepoint_.run();
    const Effect effect = attempt(job);
    if (effect == Effect::none) {
        undo_.run();
    }
    release_.run();
    return effect == Effect::visible;
}

Writer::Effect Writer::attempt(Job& job) {
    try {
        return job.change();
    } catch (const SqliteFailure& failure) {
        if (!database_.in_transaction()) {
            throw;  // SQLite has given up the whole group
        }
        job.outcome = std::unexpected(failure.error());
    } catch (const std::exception& exception) {
        job.outcome = fail(ErrorCode::internal, exception.what());
    }
    return Effect::none;
}

}  // namespace slipway::store
