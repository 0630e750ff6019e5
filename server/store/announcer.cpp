#include "server/store/announcer.hpp"

#include "server/base/log.hpp"
#include "server/store/postgres_connect.hpp"

#include <chrono>
#include <exception>
#include <mutex>
#include <string>

namespace slipway::store::postgres {
namespace {

/// A burst of writes wakes the others that often, and not at each of them.
constexpr std::chrono::milliseconds between{20};
constexpr std::chrono::seconds after_failure{1};

/// A hint is not worth a long wait.
ConnectOptions impatient(ConnectOptions options) {
    options.statement_timeout = options.connect_timeout;
    return options;
}

}  // namespace

Announcer::Announcer(
    const std::string& url,
    const ConnectOptions& options,
    const std::string& channel,
    const std::string& payload
)
    : url_(url),
      options_(impatient(options)),
      notify_("NOTIFY \"" + channel + "\", '" + payload + "'"),
      thread_([this] { run(); }) {}

Announcer::~Announcer() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Announcer::announce() {
    {
        const std::scoped_lock lock(mutex_);
        due_ = true;
    }
    changed_.notify_one();
}

void Announcer::run() {
    bool said = true;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return due_ || stopping_; });
        if (stopping_ && (!due_ || !said)) {
            return;
        }
        due_ = false;
        lock.unlock();
        said = say();
        lock.lock();
        due_ = due_ || !said;
        const std::chrono::milliseconds pause = said ? between : after_failure;
        changed_.wait_for(lock, pause, [this] { return stopping_; });
    }
}

bool Announcer::say() {
    try {
        if (!database_) {
            database_.emplace(url_, options_);
            database_->execute("SET synchronous_commit = off");
        }
        database_->execute(notify_);
        return true;
    } catch (const std::exception& exception) {
        database_.reset();
        log::warning("notifying others in PostgreSQL failed", {{"error", exception.what()}});
        return false;
    }
}

}  // namespace slipway::store::postgres
