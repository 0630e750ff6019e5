#pragma once

#include <algorithm>
#include <chrono>
#include <string>

namespace slipway::api {

/// As long as it must be for the time of a comparison to stand out.
inline const std::string long_secret(4'000'000, 'x');

/// Whether `compare`, which takes a text for `long_secret`, takes about as long for one that is
/// wrong from its first byte on as for one that is wrong in its last. The shortest of several times
/// counts: a busy machine makes some longer, none shorter. A comparison that stops at the first
/// difference is thousands of times faster for one of them.
template <class Compare>
bool takes_the_same_time_for_every_guess(const Compare& compare) {
    const auto shortest = [&](const std::string& guess) {
        auto best = std::chrono::steady_clock::duration::max();
        for (int round = 0; round < 7; ++round) {
            const auto began = std::chrono::steady_clock::now();
            compare(guess);
            best = std::min(best, std::chrono::steady_clock::now() - began);
        }
        return best;
    };
    std::string first = long_secret;
    first.front() = 'y';
    std::string last = long_secret;
    last.back() = 'y';
    return shortest(first) > shortest(last) / 10;
}

}  // namespace slipway::api
