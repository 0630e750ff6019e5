#include "server/app/engines.hpp"

#include "core/base/result.hpp"
#include "server/app/stores.hpp"
#include "server/config/config.hpp"
#include "server/engine/docker_engine.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"

#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace slipway::app {

factory::SeatSettings seat_settings(const config::Engine& configured) {
    factory::SeatSettings settings{
        .builds = static_cast<std::size_t>(configured.builds),
        .weight = configured.weight,
        .labels = configured.labels,
        .draining = configured.drain,
        .network = configured.network,
        .memory_bytes = configured.memory_bytes,
        .cpu_millis = configured.cpu_millis,
        .shm_bytes = configured.shm_bytes,
        .prune_after = configured.prune.after,
        .disk_bytes = configured.prune.disk_bytes,
    };
    if (configured.builder != config::Builder::automatic) {
        const bool classic = configured.builder == config::Builder::classic;
        settings.builder = classic ? engine::Builder::classic : engine::Builder::buildkit;
    }
    return settings;
}

std::string seat_name(const config::Config& config, const config::Engine& engine) {
    return is_shared(config) ? worker_name(config) + "/" + engine.name : engine.name;
}

Result<std::vector<factory::EngineSeat>> make_seats(
    const config::Config& config, boost::asio::thread_pool& blocking
) {
    std::vector<factory::EngineSeat> seats;
    for (const config::Engine& configured : config.engines) {
        auto engine =
            engine::make_docker_engine(blocking, configured.address, configured.certificates);
        if (!engine) {
            return fail_within("engine " + configured.name, engine.error());
        }
        seats.push_back(
            {.name = seat_name(config, configured),
             .engine = std::move(*engine),
             .settings = seat_settings(configured)}
        );
    }
    return seats;
}

bool same_places(const config::Config& one, const config::Config& other) {
    return std::ranges::equal(
        one.engines,
        other.engines,
        [](const config::Engine& a, const config::Engine& b) {
            return a.name == b.name && a.address == b.address && a.certificates == b.certificates;
        }
    );
}

}  // namespace slipway::app
