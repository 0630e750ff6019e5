#pragma once

#include "core/base/result.hpp"
#include "server/store/durability.hpp"
#include "server/store/sqlite.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace slipway::store {

/// When the write-ahead log is copied into the file, in pages of it. A copy takes the disk from the
/// commits beside it, so the log is to hold a whole burst: 20,000 deliveries take 310 MiB.
struct LogLimits {
    int idle = 1000;    ///< where nothing waits
    int many = 98304;   ///< (384 MiB) beside the writes, and again what was written meanwhile
    int rest = 4096;    ///< (16 MiB) the writes wait for that much, so that the log begins anew
    int most = 131072;  ///< (512 MiB) the writes wait until all is copied
};

/// The default, or less where the disk is small: at most an eighth of what is free on it, but 64
/// MiB at least. `free_bytes`: on the file's disk.
[[nodiscard]] LogLimits limits_on_disk(std::uintmax_t free_bytes);

/// The one thread that writes. It takes all changes that wait, makes them in one transaction, so
/// that they share one fsync, if any, and answers them after its commit. While nothing waits it
/// copies the write-ahead log into the file: a burst of deliveries does not wait for that, and the
/// indexes that they hit at random are written once for many commits.
class Writer {
public:
    /// What a change did; `visible`: a snapshot shows it.
    enum class Effect : std::uint8_t { none, hidden, visible };

    /// Runs on the writer's thread. `none` and an exception undo what it did and nothing else: the
    /// others of its group keep theirs. May be called twice, when another one of the group fails;
    /// what it did the first time is then undone. What it refers to must live until it is answered,
    /// as the frame of the coroutine that awaits it does.
    using Change = std::move_only_function<Effect()>;

    static constexpr std::size_t default_capacity = 4096;

    /// `database` must outlive it and is the writer's own from here on. Versions count up from
    /// `first_version`.
    Writer(
        Database& database,
        std::uint64_t first_version,
        std::size_t capacity = default_capacity,
        LogLimits limits = {}
    );
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    Writer(Writer&&) = delete;
    Writer& operator=(Writer&&) = delete;

    /// Writes what waits, then ends the thread.
    ~Writer();

    /// Answers once `change` is committed, on the caller's executor; its group is flushed to the
    /// disk where one of it is to be `now`. Errors: `unavailable` (too many wait, or the commit
    /// failed: then for everybody in the group), or what the change threw.
    [[nodiscard]] boost::asio::awaitable<Result<void>> commit(
        Change change, Durability durability = Durability::now
    );

    /// Grows with every commit that holds a visible change, before that is answered.
    [[nodiscard]] std::uint64_t version() const { return version_.load(); }

private:
    struct Job {
        Change change;
        Durability durability;
        boost::asio::executor_work_guard<boost::asio::any_io_executor> work;  ///< who awaits it
        std::move_only_function<void(Result<void>)> answer;                   ///< on that executor
        Result<void> outcome;
    };

    void enqueue(Job job);
    bool add(Job& job);
    static std::vector<Job> take_others(std::vector<Job>& group);
    static void answer(std::vector<Job> group);
    std::vector<Job> take();
    void checkpoint_from(int pages);
    void shorten_log();
    void begin_to_copy();
    void run();
    void write(std::vector<Job>& group);
    bool write_together(std::vector<Job>& group);
    void write_apart(std::vector<Job>& group);
    bool apply(Job& job);
    Effect attempt(Job& job);

    Database& database_;
    Statement savepoint_;
    Statement undo_;
    Statement release_;
    const std::size_t capacity_;
    const LogLimits limits_;
    std::future<void> copying_;  // of the log, beside the writes; the writer's thread alone asks
    int copied_pages_ = 0;       // of the log, when that began
    std::atomic<std::uint64_t> version_;

    std::mutex mutex_;  // guards the next two
    std::vector<Job> waiting_;
    bool stopping_ = false;
    std::condition_variable changed_;

    std::thread thread_;  // last: it uses all the others
};

}  // namespace slipway::store
