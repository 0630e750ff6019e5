#include "server/factory/worker.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/base/log.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/sites.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <utility>

namespace slipway::factory {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);

}  // namespace

Worker::Worker(net::any_io_executor executor, Parts& parts, Sites& sites)
    : executor_(std::move(executor)), parts_(parts), sites_(sites) {}

net::awaitable<bool> Worker::enlist() {
    if (id_) {
        co_return true;
    }
    const auto worker = co_await parts_.store.register_worker(parts_.worker);
    if (!worker) {
        log::error("the store takes no worker", {{"reason", worker.error().message}});
        co_return false;
    }
    id_ = *worker;
    co_return true;
}

net::awaitable<void> Worker::pause(std::chrono::milliseconds wait) {
    const auto timer = pauses_.emplace(pauses_.end(), executor_, wait);
    co_await timer->async_wait(token);
    pauses_.erase(timer);
}

void Worker::end_pauses() {
    for (net::steady_timer& pause : pauses_) {
        pause.cancel();
    }
}

net::awaitable<bool> Worker::may_write_again(Error error) {
    if (error.code != ErrorCode::unavailable || parts_.stop.requested()) {
        co_return false;
    }
    co_await pause(write_again_after);
    co_return !parts_.stop.requested();
}

void Worker::tell_end(const store::Build& build, const store::BuildEnd& end) {
    if (!end.ended) {
        return;
    }
    sites_.close(build.id);
    const auto took = parts_.clock.now() - build.started.value_or(build.created);
    parts_.metrics.build_finished(to_string(*end.ended), took);
    log::info(
        "build finished",
        {{"build", build.id.value},
         {"state", to_string(*end.ended)},
         {"trace_id", trace_id_of(build)}}
    );
}

}  // namespace slipway::factory
