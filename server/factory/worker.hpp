#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/sites.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <list>
#include <optional>

namespace slipway::factory {

/// What the store did not take is written again then.
inline constexpr std::chrono::seconds write_again_after{2};

/// This process as one of the store's workers: what planning a build and working on a step share.
/// All on one thread, its executor's.
class Worker {
public:
    /// `parts` and `sites` outlive it.
    Worker(net::any_io_executor executor, Parts& parts, Sites& sites);

    /// Registers with the store, where it has no id. Whether it has one then.
    [[nodiscard]] net::awaitable<bool> enlist();

    /// Nothing: what it had claimed, if anything, is free for others.
    [[nodiscard]] const std::optional<WorkerId>& id() const { return id_; }

    /// Its claims have lapsed.
    void lapse() { id_.reset(); }

    [[nodiscard]] net::awaitable<void> pause(std::chrono::milliseconds wait);

    /// The process stops: what pauses goes on.
    void end_pauses();

    /// What is not given back stays this process's as long as it lives, and nobody works on it: so
    /// it is written until the store takes it. Waits where it may be written again, and answers
    /// whether that still holds.
    [[nodiscard]] net::awaitable<bool> may_write_again(Error error);

    /// How a write left its build: one that has ended is logged and counted, and its site closed.
    void tell_end(const store::Build& build, const store::BuildEnd& end);

private:
    net::any_io_executor executor_;
    Parts& parts_;
    Sites& sites_;
    std::optional<WorkerId> id_;
    std::list<net::steady_timer> pauses_;
};

}  // namespace slipway::factory
