#pragma once

#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::test {

/// An engine that is up, for so many steps.
inline factory::EngineSeat make_seat(
    std::string name, std::unique_ptr<engine::EngineApi> engine, std::size_t builds = 8
) {
    factory::EngineSeat seat;
    seat.name = std::move(name);
    seat.engine = std::move(engine);
    seat.settings.builds = builds;
    seat.up = true;
    seat.reason.clear();
    return seat;
}

inline std::vector<factory::EngineSeat> one_seat(std::unique_ptr<engine::EngineApi> engine) {
    std::vector<factory::EngineSeat> seats;
    seats.push_back(make_seat("one", std::move(engine)));
    return seats;
}

}  // namespace slipway::test
