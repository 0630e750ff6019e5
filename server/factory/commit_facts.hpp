#pragma once

#include "core/base/result.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/plan.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::factory {

namespace net = boost::asio;

/// What the commits of a repository tell of an image, read from its mirror as it is: nothing is
/// fetched, and nobody who plans or fetches is waited for. On one thread; git is read on the
/// blocking pool, a question a repository at a time.
class CommitFacts {
public:
    /// Both outlive it.
    CommitFacts(const config::LiveConfig& config, net::thread_pool& blocking);
    CommitFacts(const CommitFacts&) = delete;
    CommitFacts& operator=(const CommitFacts&) = delete;
    CommitFacts(CommitFacts&&) = delete;
    CommitFacts& operator=(CommitFacts&&) = delete;
    ~CommitFacts();

    /// Of a folder (as shown) between the plan's `base_commit` (empty: the empty tree) and `after`.
    /// Errors: `not_found`: the repository is not configured, or the mirror has not these commits;
    /// `invalid` and others of reading git.
    [[nodiscard]] net::awaitable<Result<plan::ExplainInput>> of(
        std::string repository, plan::Plan plan, std::string folder
    );

    /// The place of the last in `afters` (the newest commit first, as builds of a branch are) that
    /// has `commit` in its history; nothing where none has. Errors: as of().
    [[nodiscard]] net::awaitable<Result<std::optional<std::size_t>>> find_first_with(
        std::string repository, std::string commit, std::vector<std::string> afters
    );

private:
    struct Shelf;  // a configured repository, and the catalogs of it that were read

    [[nodiscard]] Result<Shelf*> find_shelf(const std::string& repository);

    const config::LiveConfig& config_;
    net::thread_pool& blocking_;
    std::map<const config::Repository*, std::unique_ptr<Shelf>> shelves_;  // as Sites has shops
};

}  // namespace slipway::factory
