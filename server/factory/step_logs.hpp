#pragma once

#include "core/base/strong_id.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace slipway::factory {

/// Collects the log lines of one build and writes them to the store in few pieces. All on the
/// build's executor. A step's log ends with a note at 16 MiB: a build that prints for ever must not
/// fill the disk.
class StepLogs {
public:
    StepLogs(store::Store& store, BuildId build) : store_(store), build_(build) {}

    void add(int position, const wire::LogLine& line);

    /// Writes what is pending. What can't be written is dropped: a log never holds a build up.
    boost::asio::awaitable<void> flush();

    /// Flushes twice a second until it is cancelled.
    boost::asio::awaitable<void> flush_for_ever();

private:
    store::Store& store_;
    BuildId build_;
    std::map<int, std::string> pending_;
    std::map<int, std::size_t> written_;
};

}  // namespace slipway::factory
