#pragma once

#include "core/base/result.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <vector>

namespace slipway::factory {

/// How a build's steps came out.
enum class Outcome : std::uint8_t {
    succeeded,
    failed,   ///< at least one step failed or was skipped
    stopped,  ///< Workshop::stop was requested: what is not done goes on at the next start
};

/// Does the steps of one build that are not done yet, in dependency order, as many at the same time
/// as the engines have places. Every change of a step goes through `observer.record` before
/// anything is built on it. Goes on with steps that a stopped process left `built`.
///
/// Errors: those of `observer.record`; all children have ended by then.
[[nodiscard]] net::awaitable<Result<Outcome>> run_build(
    Workshop& workshop, const Source& source, std::vector<store::Step> steps, Observer observer
);

}  // namespace slipway::factory
