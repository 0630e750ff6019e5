#pragma once

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/bases.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::factory {

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
    [[nodiscard]] const store::Step& at(int position) const;
    net::awaitable<Result<void>> pull_parent(
        Workshop& workshop, EngineSeat& seat, std::string reference, engine::LogSink log
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
