#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/base/trace_context.hpp"
#include "server/factory/bases.hpp"
#include "server/factory/branch_debts.hpp"
#include "server/factory/breakers.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/prepare.hpp"
#include "server/factory/shops.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace slipway::factory {

/// What the steps of one build share in this process.
struct Site {
    store::Build build;
    Source source;
    Workshop workshop;
    Bases bases;
};

/// A build as it was planned, not stored yet.
struct PlannedSite {
    std::shared_ptr<Site> site;
    store::PlanRecord record;
};

/// The builds of the configured repositories that are open here. All on one thread.
class Sites {
public:
    /// `parts` and `breakers` outlive it.
    Sites(net::any_io_executor executor, Parts& parts, Breakers& breakers);
    Sites(const Sites&) = delete;
    Sites& operator=(const Sites&) = delete;
    Sites(Sites&&) = delete;
    Sites& operator=(Sites&&) = delete;
    ~Sites();

    /// Brings the mirror up to date and plans, with what the store says that the branch owes.
    /// Errors: those of plan_build() and of the store; `invalid`: the repository is not configured.
    [[nodiscard]] net::awaitable<Result<PlannedSite>> plan(store::Build build);

    /// The site of a build that is planned. Errors: those of open_build().
    [[nodiscard]] net::awaitable<Result<std::shared_ptr<Site>>> open(store::Build build);

    /// What merging would build: no build, and nothing of it is stored. Errors: those of
    /// plan_merge() and of the store.
    [[nodiscard]] net::awaitable<Result<MergePlan>> plan_merge(
        std::string repository, MergeRequest request
    );

    /// The build is over.
    void close(BuildId build) { sites_.erase(build); }

private:
    [[nodiscard]] net::awaitable<Result<BranchDebts>> find_debts(store::Build build);
    std::shared_ptr<Site> make_site(const store::Build& build, Shop& shop, Source source);
    net::awaitable<void> look_for_references(MergePlan& plan, std::optional<TraceContext> trace);
    net::awaitable<std::optional<bool>> is_held(
        std::string reference, std::optional<TraceContext> trace
    );
    net::awaitable<Result<void>> look_up_durations(std::string repository, MergePlan& plan);
    net::awaitable<std::optional<store::LedgerEntry>> find_pushed(
        std::string repository, std::string ref, std::string folder
    );

    net::any_io_executor executor_;
    Parts& parts_;
    Breakers& breakers_;
    Shops shops_;
    std::map<BuildId, std::shared_ptr<Site>> sites_;
};

}  // namespace slipway::factory
