#include "server/factory/store_care.hpp"

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/log.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/jitter.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <expected>

namespace slipway::factory {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::chrono::hours between_prunings{1};
constexpr std::chrono::milliseconds between_pieces{50};

}  // namespace

StoreCare::StoreCare(
    const net::any_io_executor& executor,
    const config::LiveConfig& config,
    store::Store& store,
    const Clock& clock
)
    : config_(config), store_(store), clock_(clock), next_(executor) {}

net::awaitable<void> StoreCare::run() {
    while (true) {
        co_await prune_and_tell();
        next_.expires_after(about(between_prunings));
        co_await next_.async_wait(token);
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
    }
}

net::awaitable<void> StoreCare::prune_and_tell() {
    const auto pruned = co_await prune();
    if (!pruned) {
        log::warning("the store can't be pruned", {{"reason", pruned.error().message}});
    } else if (*pruned != store::Pruned{}) {
        log::info(
            "removed from the store what is old",
            {{"builds", pruned->builds},
             {"log_pieces", pruned->logs},
             {"deliveries", pruned->deliveries},
             {"reports", pruned->reports}}
        );
    }
}

net::awaitable<Result<store::Pruned>> StoreCare::prune() {
    store::Pruned sum;
    const auto leads = co_await store_.lead();
    if (!leads) {
        co_return std::unexpected(leads.error());
    }
    const config::Retention& retention = config_.current().retention;
    const store::Time now = clock_.now();
    store::Keep keep;
    keep.builds_from = now - retention.builds;
    keep.logs_from = now - retention.logs;
    keep.deliveries_from = now - retention.deliveries;
    keep.reports_from = now - retention.deliveries;
    while (*leads) {
        const auto piece = co_await store_.prune(keep);
        if (!piece) {
            co_return std::unexpected(piece.error());
        }
        if (*piece == store::Pruned{}) {
            break;
        }
        sum.builds += piece->builds;
        sum.logs += piece->logs;
        sum.deliveries += piece->deliveries;
        sum.reports += piece->reports;
        next_.expires_after(between_pieces);
        co_await next_.async_wait(token);
    }
    co_return sum;
}

}  // namespace slipway::factory
