#pragma once

#include "core/base/result.hpp"
#include "server/base/caught.hpp"
#include "server/base/gate.hpp"
#include "server/base/run_blocking.hpp"
#include "server/config/config.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/work.hpp"
#include "server/planning/catalog_cache.hpp"
#include "server/planning/planner.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace slipway::factory {

/// A configured repository, with its mirror and what plans it.
struct Shop {
    Shop(
        const config::Repository& configured,
        std::filesystem::path its_mirror,
        std::shared_ptr<Gate> its_gate,
        planning::CatalogCache cache
    );

    const config::Repository& repository;
    std::filesystem::path mirror;
    std::shared_ptr<Gate> gate;  ///< to the mirror's refreshes and the planner
    planning::Planner planner;
};

/// The configured repositories. What brings a mirror up to date or plans takes turns, a mirror at a
/// time, and takes no thread while it waits: however many ask for a repository whose remote hangs,
/// they have one. All on one thread.
class Shops {
public:
    /// `parts` outlives it.
    Shops(net::any_io_executor executor, Parts& parts)
        : executor_(std::move(executor)), parts_(parts) {}

    /// Lives as long as this. Error: `invalid`: there is none of this name in the configuration.
    [[nodiscard]] Result<Shop*> find(const std::string& repository);

    /// Calls `work`, which answers a Result, on a thread for fetches when it is the shop's turn.
    /// Who was asked to end meanwhile does not begin (`cancelled`): where the remote hangs, each
    /// would wait for it again.
    template <class Work>
    net::awaitable<std::invoke_result_t<Work>> in_turn(std::shared_ptr<Gate> gate, Work work) {
        const auto pass = co_await Gate::enter(std::move(gate));
        if (!pass) {
            co_return std::unexpected(pass.error());
        }
        if (parts_.stop.requested()) {
            co_return fail_cancelled();
        }
        co_return co_await run_blocking(parts_.fetching, std::move(work));
    }

private:
    net::any_io_executor executor_;
    Parts& parts_;
    std::map<const config::Repository*, std::unique_ptr<Shop>>
        shops_;  // of old configurations too: builds may still use them
    std::map<std::filesystem::path, std::shared_ptr<Gate>>
        gates_;  // by mirror, which repositories of old and new configurations share
};

}  // namespace slipway::factory
