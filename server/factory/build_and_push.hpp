#pragma once

#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/step_progress.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace slipway::factory {

/// One attempt of a step to be built or pushed, on an engine where it has a place; what comes of it
/// is in its StepProgress. It knows over several attempts whether the engine has the image. What is
/// answered is the recorder's error. All on one thread.
class BuildAndPush {
public:
    /// All outlive it.
    BuildAndPush(Workshop& workshop, const Source& source, Parents& parents, StepProgress& progress)

        : workshop_(workshop),
          source_(source),
          parents_(parents),
          progress_(progress),
          step_(progress.step()) {}

    [[nodiscard]] net::awaitable<Result<void>> build(EngineSeat& seat);
    [[nodiscard]] net::awaitable<Result<void>> push(EngineSeat& seat);

    /// What was built is gone: the step is ready once more, and has pushed nothing.
    [[nodiscard]] net::awaitable<Result<void>> build_again(const std::string& why);

private:
    [[nodiscard]] engine::LogSink log();
    net::awaitable<Result<std::string>> build_with_parents(EngineSeat& seat);
    void look_at_disk(const EngineSeat& seat, Error& error);
    static net::awaitable<void> look_at_engine(EngineSeat& seat, Error& error);
    void ask_if_away(const EngineSeat& seat, const Error& error);
    net::awaitable<bool> is_still_there(EngineSeat& seat);
    void tell_breaker(const std::optional<Error>& error);

    Workshop& workshop_;
    const Source& source_;
    Parents& parents_;
    StepProgress& progress_;
    store::Step& step_;
    bool said_disk_full_ = false;
    bool is_known_there_ = false;  // a step from before a restart may have lost its image
};

}  // namespace slipway::factory
