#include "tests/bench/queue/figures.hpp"

#include "core/base/strong_id.hpp"
#include "server/store/store.hpp"
#include "tests/bench/queue/place.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace slipway::bench {
namespace {

constexpr std::size_t held_at_a_time = 8;

template <class Call>
Times::value_type time_of(const Call& call) {
    const auto began = std::chrono::steady_clock::now();
    call();
    return std::chrono::steady_clock::now() - began;
}

store::ClaimedStep claim_one(Place& place, WorkerId worker) {
    std::vector<store::ClaimedStep> claimed = place.get(place.store().claim_steps(worker, 1));
    if (claimed.empty()) {
        throw std::runtime_error("there is no step to claim");
    }
    return std::move(claimed.front());
}

void give_back(Place& place, WorkerId worker, const store::ClaimedStep& claimed) {
    place.get(place.store().release_step(worker, claimed.build.id, claimed.step));
}

}  // namespace

Times measure_start(const std::string& place) {
    return {time_of([&place] {
        Place opened(place);
        const WorkerId worker = opened.get(opened.store().register_worker("first"));
        opened.get(opened.store().claim_build(worker));
        give_back(opened, worker, claim_one(opened, worker));
    })};
}

Times measure_claims(Place& place, int claims) {
    const WorkerId worker = place.get(place.store().register_worker("claimant"));
    std::deque<store::ClaimedStep> held;
    Times times;
    for (int number = 0; number < claims; ++number) {
        times.push_back(time_of([&] { held.push_back(claim_one(place, worker)); }));
        if (held.size() > held_at_a_time) {
            give_back(place, worker, held.front());
            held.pop_front();
        }
    }
    for (const store::ClaimedStep& claimed : held) {
        give_back(place, worker, claimed);
    }
    return times;
}

Times measure_snapshots(Place& place, int snapshots) {
    Times times;
    for (int number = 0; number < snapshots; ++number) {
        times.push_back(time_of([&place] { place.get(place.store().snapshot()); }));
    }
    return times;
}

}  // namespace slipway::bench
