#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::store::postgres {

/// What was heard, in its order.
class Heard {
public:
    void add(std::string_view payload) {
        {
            const std::scoped_lock lock(mutex_);
            payloads_.emplace_back(payload);
        }
        changed_.notify_one();
    }

    /// Nothing: none came in time.
    std::optional<std::string> next() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(30), [this] {
                return !payloads_.empty();
            })) {
            return std::nullopt;
        }
        std::string payload = std::move(payloads_.front());
        payloads_.pop_front();
        return payload;
    }

private:
    std::mutex mutex_;  // guards the next one
    std::deque<std::string> payloads_;
    std::condition_variable changed_;
};

}  // namespace slipway::store::postgres
