#include "server/factory/step_logs.hpp"

#include "core/wire/engine_progress.hpp"
#include "server/base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::factory {
namespace {

std::string_view prefix_of(wire::LogLine::Kind kind) {
    switch (kind) {
        case wire::LogLine::Kind::warning:
            return "WARNING: ";
        case wire::LogLine::Kind::error:
            return "ERROR: ";
        default:
            return "";
    }
}

}  // namespace

void StepLogs::add(int position, const wire::LogLine& line) {
    constexpr std::size_t most_bytes = std::size_t{16} << 20U;
    std::size_t& written = written_[position];
    if (written > most_bytes) {
        return;
    }
    std::string& pending = pending_[position];
    const std::size_t before = pending.size();
    pending.append(prefix_of(line.kind)).append(line.text).append("\n");
    written += pending.size() - before;
    if (written > most_bytes) {
        pending += "WARNING: the log ends here: it is longer than 16 MiB\n";
    }
}

boost::asio::awaitable<void> StepLogs::flush() {
    const std::map<int, std::string> pieces = std::exchange(pending_, {});
    for (const auto& [position, text] : pieces) {
        if (auto written = co_await store_.append_log(build_, position, text); !written) {
            log::warning(
                "a step's log is not stored",
                {{"build", build_.value}, {"reason", written.error().message}}
            );
        }
    }
}

boost::asio::awaitable<void> StepLogs::flush_for_ever() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (true) {
        timer.expires_after(std::chrono::milliseconds(500));
        const auto [error] =
            co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error) {
            co_return;
        }
        co_await flush();
    }
}

}  // namespace slipway::factory
