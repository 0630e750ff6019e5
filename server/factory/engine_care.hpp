#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace slipway::factory {

/// Keeps room on the engines' disks: removes the names that builds gave long ago, with their
/// images, and what of the build cache was unused for as long. Images that others built, pulled or
/// tagged are never touched: what is ours is known from the store, and a name counts only while it
/// is the image that was built. A container's image stays. On one thread.
class EngineCare {
public:
    /// All outlive it.
    EngineCare(
        const net::any_io_executor& executor,
        const EnginePool& engines,
        store::Store& store,
        const Clock& clock
    );

    /// Looks after all engines every hour, and at once after disk_is_full(). Until it is cancelled.
    [[nodiscard]] net::awaitable<void> run();

    /// A build found no room: what is older than an hour goes, now.
    void disk_is_full(const std::string& engine);

    /// Looks after one engine once. Answers how many names were removed.
    [[nodiscard]] net::awaitable<Result<std::size_t>> tend(const EngineSeat& seat, bool is_full);

private:
    net::awaitable<Result<std::size_t>> remove_older_than(
        const EngineSeat& seat, std::chrono::seconds age
    );
    net::awaitable<Result<bool>> remove_image(const EngineSeat& seat, store::LeftImage image);
    net::awaitable<Result<bool>> is_above_bound(const EngineSeat& seat);
    net::awaitable<void> tend_and_tell(const EngineSeat& seat);

    const EnginePool& engines_;
    store::Store& store_;
    const Clock& clock_;
    net::steady_timer next_;
    std::set<std::string> full_;  ///< engines
};

/// Whether an engine or a RUN says that there is no room.
[[nodiscard]] bool says_disk_full(std::string_view text);

}  // namespace slipway::factory
