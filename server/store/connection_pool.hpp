#pragma once

#include "core/base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {

struct PoolLimits {
    std::size_t most = 8;       ///< connections at a time
    std::size_t most_idle = 4;  ///< those above are closed when they are given back
    std::chrono::milliseconds longest_wait{5000};  ///< for somebody to give one back
};

/// Connections, or sessions that hold one, each lent to one thread at a time. One that
/// `is_broken()` is dropped, when it is given back as when it would be lent again. Thread-safe; all
/// must be given back before it ends.
template <class T>
class ConnectionPool {
public:
    using Open = std::function<std::unique_ptr<T>()>;

    /// A connection that goes back to the pool by itself.
    class Loan {
    public:
        Loan(ConnectionPool& pool, std::unique_ptr<T> lent)
            : pool_(&pool), lent_(std::move(lent)) {}

        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        Loan(Loan&&) noexcept = default;
        Loan& operator=(Loan&&) = delete;

        ~Loan() {
            if (lent_ != nullptr) {
                pool_->give_back(std::move(lent_));
            }
        }

        T& operator*() const { return *lent_; }

        T* operator->() const { return lent_.get(); }

    private:
        ConnectionPool* pool_;
        std::unique_ptr<T> lent_;
    };

    /// `open` makes a new one, on the thread that borrows; what it throws, borrow() throws.
    explicit ConnectionPool(Open open, const PoolLimits& limits = {})
        : open_(std::move(open)), limits_(limits) {}

    /// The one used last, or a new one. Errors: `unavailable` (all are lent for too long).
    [[nodiscard]] Result<Loan> borrow() {
        if (!take_place()) {
            return fail(
                ErrorCode::unavailable,
                "all " + std::to_string(limits_.most) +
                    " connections to the database are in use; try again later"
            );
        }
        try {
            std::unique_ptr<T> connection = take_idle();
            return Loan(*this, connection == nullptr ? open_() : std::move(connection));
        } catch (...) {
            free_place();
            throw;
        }
    }

    /// Closes what nobody uses: the next loans are of new connections.
    void close_idle() {
        std::vector<std::unique_ptr<T>> closed;
        const std::scoped_lock lock(mutex_);
        closed.swap(idle_);
    }

private:
    bool take_place() {
        std::unique_lock lock(mutex_);
        const auto is_free = [this] { return lent_ < limits_.most; };
        if (!given_back_.wait_for(lock, limits_.longest_wait, is_free)) {
            return false;
        }
        ++lent_;
        return true;
    }

    void free_place() {
        {
            const std::scoped_lock lock(mutex_);
            --lent_;
        }
        given_back_.notify_one();
    }

    /// Null where none is left that works.
    std::unique_ptr<T> take_idle() {
        while (true) {
            std::unique_ptr<T> connection = pop_idle();
            if (connection == nullptr || !connection->is_broken()) {
                return connection;
            }
        }
    }

    std::unique_ptr<T> pop_idle() {
        const std::scoped_lock lock(mutex_);
        if (idle_.empty()) {
            return nullptr;
        }
        std::unique_ptr<T> connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
    }

    /// Closed outside of the lock, as that talks to the server.
    void give_back(std::unique_ptr<T> connection) {
        if (!connection->is_broken()) {
            const std::scoped_lock lock(mutex_);
            if (idle_.size() < limits_.most_idle) {
                idle_.push_back(std::move(connection));
            }
        }
        connection.reset();
        free_place();
    }

    const Open open_;
    const PoolLimits limits_;
    std::mutex mutex_;  // guards the next two
    std::vector<std::unique_ptr<T>> idle_;
    std::size_t lent_ = 0;
    std::condition_variable given_back_;
};

}  // namespace slipway::store
