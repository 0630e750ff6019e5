#include "server/factory/engine_care.hpp"

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/log.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::factory {
namespace {

constexpr std::chrono::hours between_looks{1};
/// What a running build may still need: longer than a build of many steps usually takes.
constexpr std::chrono::hours youngest{1};

}  // namespace

bool says_disk_full(std::string_view text) {
    constexpr std::array<std::string_view, 2> words = {
        "no space left on device", "disk quota exceeded"
    };
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
    return std::ranges::any_of(words, [&](std::string_view phrase) {
        return !std::ranges::search(text, phrase, same).empty();
    });
}

EngineCare::EngineCare(
    const net::any_io_executor& executor,
    const EnginePool& engines,
    store::Store& store,
    const Clock& clock
)
    : engines_(engines), store_(store), clock_(clock), next_(executor) {}

net::awaitable<void> EngineCare::run() {
    while (true) {
        next_.expires_after(full_.empty() ? between_looks : std::chrono::hours(0));
        co_await next_.async_wait(net::as_tuple(net::use_awaitable));
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
        for (const EngineSeat& seat : engines_.seats()) {
            co_await tend_and_tell(seat);
        }
    }
}

void EngineCare::disk_is_full(const std::string& engine) {
    full_.insert(engine);
    next_.cancel();
}

net::awaitable<void> EngineCare::tend_and_tell(const EngineSeat& seat) {
    const bool is_full = full_.erase(seat.name) > 0;
    if (!seat.up) {
        co_return;
    }
    const auto removed = co_await tend(seat, is_full);
    if (!removed) {
        log::warning(
            "an engine's disk can't be looked after",
            {{"engine", seat.name}, {"reason", removed.error().message}}
        );
    } else if (is_full || *removed > 0) {
        log::info(
            is_full ? "an engine's disk was full: removed what is old" : "removed what is old",
            {{"engine", seat.name}, {"images", static_cast<std::int64_t>(*removed)}}
        );
    }
}

net::awaitable<Result<std::size_t>> EngineCare::tend(const EngineSeat& seat, bool is_full) {
    if (seat.settings.prune_after.count() == 0) {
        co_return std::size_t{0};
    }
    const std::chrono::seconds age =
        is_full ? std::min<std::chrono::seconds>(youngest, seat.settings.prune_after)
                : seat.settings.prune_after;
    auto removed = co_await remove_older_than(seat, age);
    if (!removed) {
        co_return removed;
    }
    engine::CachePrune cache{.unused_for = is_full ? std::chrono::seconds(0) : age};
    auto freed = co_await seat.engine->prune_cache(cache);
    if (!freed) {
        co_return std::unexpected(freed.error());
    }
    auto above = co_await is_above_bound(seat);
    if (above && *above) {
        // Half of the bound, so that it is not reached again the next hour.
        cache = {.unused_for = {}, .keep_bytes = seat.settings.disk_bytes / 2};
        freed = co_await seat.engine->prune_cache(cache);
        above = co_await is_above_bound(seat);
    }
    if (above && *above) {
        const auto more = co_await remove_older_than(seat, youngest);
        co_return more ? Result<std::size_t>(*removed + *more) : more;
    }
    if (!above) {
        co_return std::unexpected(above.error());
    }
    co_return removed;
}

net::awaitable<Result<bool>> EngineCare::is_above_bound(const EngineSeat& seat) {
    if (seat.settings.disk_bytes == 0) {
        co_return false;
    }
    const auto used = co_await seat.engine->disk_usage();
    if (!used) {
        co_return std::unexpected(used.error());
    }
    co_return *used > seat.settings.disk_bytes;
}

net::awaitable<Result<std::size_t>> EngineCare::remove_older_than(
    const EngineSeat& seat, std::chrono::seconds age
) {
    std::size_t removed = 0;
    auto left = co_await store_.left_images(seat.name, clock_.now() - age);
    if (!left) {
        co_return std::unexpected(left.error());
    }
    for (store::LeftImage& image : *left) {
        const auto gone = co_await remove_image(seat, std::move(image));
        if (!gone) {
            co_return std::unexpected(gone.error());
        }
        removed += *gone ? 1 : 0;
    }
    co_return removed;
}

/// Whether it was there to be removed.
net::awaitable<Result<bool>> EngineCare::remove_image(
    const EngineSeat& seat, store::LeftImage image
) {
    const auto found = co_await seat.engine->inspect(image.reference);
    if (!found) {
        co_return std::unexpected(found.error());
    }
    const bool is_ours = *found && (*found)->id == image.image_id;
    if (is_ours) {
        const auto removed = co_await seat.engine->remove(image.reference);
        if (!removed && removed.error().code == ErrorCode::conflict) {
            co_return false;  // a container uses it: another time
        }
        if (!removed) {
            co_return std::unexpected(removed.error());
        }
    }
    const auto forgotten = co_await store_.forget_image(std::move(image));
    if (!forgotten) {
        co_return std::unexpected(forgotten.error());
    }
    co_return is_ours;
}

}  // namespace slipway::factory
