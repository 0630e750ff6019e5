#pragma once

#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/work.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace slipway::factory {

/// An image to have before the build, and for which platform.
struct Base {
    std::string reference;
    std::string platform;
    /// The folder that makes it, where only its registry can say which content it has: by its name
    /// an engine has what any branch built last. Empty: where it can't be pulled, what the engine
    /// has will do.
    std::string made_by{};

    auto operator<=>(const Base&) const = default;
};

/// What the steps of one build share: the digests of bases that the build does not make, which they
/// have for the whole build, however long it runs, and bases on their way into an engine. On one
/// thread.
class Bases {
public:
    explicit Bases(net::any_io_executor executor) : executor_(std::move(executor)) {}

    /// As other processes that work on the build have pinned them.
    void pin(const std::map<std::string, std::string>& digests) {
        digests_.insert(digests.begin(), digests.end());
    }

    /// The engine of images that are not pushed: none can be moved, so one has all of a build.
    /// Empty: none is chosen yet.
    [[nodiscard]] const std::string& home() const { return home_; }

    void set_home(std::string engine) { home_ = std::move(engine); }

    /// The digest of a base as it was when the build first needed it; empty where its registry
    /// can't be asked from here: the engine may still reach it.
    [[nodiscard]] net::awaitable<std::string> find_digest(
        Workshop& workshop, std::string reference, engine::LogSink log
    );

    /// Puts a base into an engine, under the name that its Dockerfile has. Those that need one at
    /// the same time get it together. Each time it is looked for anew: another build may have moved
    /// its name, and an engine may have lost it.
    [[nodiscard]] net::awaitable<Result<void>> provide(
        Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
    );

private:
    /// A base on its way into an engine.
    struct Pull {
        net::steady_timer done;
        std::optional<Result<void>> outcome{};
    };

    net::awaitable<Result<void>> pull(
        Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
    );

    net::any_io_executor executor_;
    std::map<std::string, std::string> digests_;  ///< by normalised reference
    std::map<std::pair<std::string, Base>, std::shared_ptr<Pull>> pulls_;  ///< under way, by engine
    std::string home_;
};

}  // namespace slipway::factory
