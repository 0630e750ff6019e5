#pragma once

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {

/// What the steps of one build share: the digests of external bases, which they have for the whole
/// build, however long it runs, and bases on their way into an engine. On one thread.
class Bases {
public:
    explicit Bases(net::any_io_executor executor) : executor_(std::move(executor)) {}

    /// As other processes that work on the build have pinned them.
    void pin(const std::map<std::string, std::string>& digests) {
        digests_.insert(digests.begin(), digests.end());
    }

    /// The digest of an external base as it was when the build first needed it; empty where its
    /// registry can't be asked from here: the engine may still reach it.
    [[nodiscard]] net::awaitable<std::string> find_digest(
        Workshop& workshop, std::string reference, engine::LogSink log
    );

private:
    friend class Parents;

    /// An image to have before the build, and for which platform.
    struct Base {
        std::string reference;
        std::string platform;
        bool needs_registry = false;  ///< what the engine has by that name will not do

        auto operator<=>(const Base&) const = default;
    };

    /// A base on its way into an engine.
    struct Pull {
        net::steady_timer done;
        std::optional<Result<void>> outcome{};
    };

    net::any_io_executor executor_;
    std::map<std::string, std::string> digests_;  ///< by normalised reference
    std::map<std::pair<std::string, Base>, std::shared_ptr<Pull>> pulls_;  ///< under way, by engine
    std::string home_;  ///< the engine of what is not pushed
};

/// What images stand on: images of their build, and external bases. On one thread.
class Parents {
public:
    /// `steps`: those that are asked for may stand on, by position, as they are when a call is
    /// made. All outlive this.
    Parents(Bases& bases, const Source& source, const std::vector<store::Step>& steps);

    [[nodiscard]] Bases& bases() const { return bases_; }

    /// Whether none of the images of its build that a step stands on was made anew.
    [[nodiscard]] bool are_unchanged(const store::Step& step) const;

    /// The engine that is best for a step: where its image or its parents are.
    [[nodiscard]] Wish wish(const Workshop& workshop, const store::Step& step) const;

    /// Images that are not pushed can't be moved, so that all of a build are on one engine. False:
    /// it is another one than `seat`.
    [[nodiscard]] bool settle(const store::Step& step, const EngineSeat& seat);

    /// Puts all parents of an image into an engine, under the names that its Dockerfile has.
    ///
    /// External bases are pulled with credentials, since BuildKit without a session can't fetch
    /// private ones (and older engines no public ones either). Where a pull fails and the engine
    /// has a copy, the copy is used and the log says so; not that of an image of the repository for
    /// one that is pushed, since any branch may have built it. Parents of this build that were made
    /// on another engine are pulled by their digests.
    [[nodiscard]] net::awaitable<Result<void>> provide(
        Workshop& workshop,
        EngineSeat& seat,
        const catalog::Image& image,
        bool is_pushed,
        engine::LogSink log
    );

private:
    using Base = Bases::Base;
    using Pull = Bases::Pull;

    [[nodiscard]] const store::Step& at(int position) const;
    net::awaitable<Result<void>> provide_base(
        Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
    );
    net::awaitable<Result<void>> pull_base(
        Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
    );
    net::awaitable<Result<void>> pull_parent(
        Workshop& workshop, EngineSeat& seat, std::string reference, engine::LogSink log
    );
    net::awaitable<Result<void>> pull_pinned(
        Workshop& workshop,
        EngineSeat& seat,
        std::string reference,
        std::string digest,
        std::string why,
        engine::LogSink log
    );
    /// The folder of the image of the repository that `reference` names and `image` stands on.
    [[nodiscard]] std::optional<std::string> find_maker(
        const catalog::Image& image, const std::string& reference
    ) const;
    /// The digest that the branch has pushed of an image of the repository that is not built now;
    /// empty: nothing is known of one.
    static net::awaitable<std::string> find_pushed(
        Workshop& workshop, std::string folder, std::string reference
    );

    Bases& bases_;
    const Source& source_;
    const std::vector<store::Step>& steps_;
    std::map<std::string, int> made_here_;  ///< normalised reference → position
};

}  // namespace slipway::factory
