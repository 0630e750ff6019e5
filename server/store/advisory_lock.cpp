#include "server/store/advisory_lock.hpp"

#include "server/store/postgres.hpp"
#include "server/store/postgres_connect.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace slipway::store::postgres {

AdvisoryLock::AdvisoryLock(std::string url, ConnectOptions options, std::int64_t key)
    : url_(std::move(url)), options_(std::move(options)), key_(key) {}

bool AdvisoryLock::try_lock() {
    try {
        return ask();
    } catch (...) {
        database_.reset();
        held_ = false;
        throw;
    }
}

bool AdvisoryLock::ask() {
    if (!database_) {
        database_.emplace(url_, options_);
    }
    if (held_) {
        return database_->integer("SELECT 1") == 1;
    }
    Statement lock(*database_, "SELECT pg_try_advisory_lock(?)");
    Rows rows = lock.query(key_);
    held_ = rows.next() && rows.integer() != 0;
    return held_;
}

}  // namespace slipway::store::postgres
