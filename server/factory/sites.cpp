#include "server/factory/sites.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/image_ref.hpp"
#include "core/plan/plan.hpp"
#include "server/base/log.hpp"
#include "server/base/run_blocking.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/factory/bases.hpp"
#include "server/factory/branch_debts.hpp"
#include "server/factory/breakers.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/factory/parts.hpp"
#include "server/factory/policy.hpp"
#include "server/factory/prepare.hpp"
#include "server/factory/shops.hpp"
#include "server/factory/wanted_reports.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

/// Of builds that nothing of is at work here; each holds an open commit.
constexpr std::size_t most_sites = 32;
constexpr int most_debts = 100000;

BuildOffer offer_of(const config::Repository& repository, const store::Build& build) {
    BuildOffer offer;
    offer.no_cache = build.no_cache;
    for (const config::BuildSecret& secret : repository.secrets) {
        offer.secrets[secret.id] = secret.value.reveal();
    }
    for (const config::SshAgent& agent : repository.ssh) {
        offer.ssh_agents[agent.id] = agent.socket;
    }
    offer.cache_from = repository.cache_from;
    return offer;
}

AttestOrder attest_order_of(
    const config::Config& config,
    const config::Repository& repository,
    const store::Build& build,
    const std::string& ruling_ref
) {
    AttestOrder order{
        .folder = config.data / "attest",
        .docker_config = config.docker_config,
        .build = build.id,
        .ref = build.ref
    };
    const auto policy = find_policy(repository, ruling_ref);
    if (policy && policy->attest) {
        order.wanted = repository.attest;
    }
    return order;
}

}  // namespace

Sites::Sites(net::any_io_executor executor, Parts& parts, Breakers& breakers)
    : executor_(std::move(executor)),
      parts_(parts),
      breakers_(breakers),
      shops_(executor_, parts) {}

Sites::~Sites() = default;

net::awaitable<Result<PlannedSite>> Sites::plan(store::Build build) {
    const auto shop = shops_.find(build.repository);
    if (!shop) {
        co_return std::unexpected(shop.error());
    }
    const auto debts = co_await find_debts(build);
    if (!debts) {
        co_return std::unexpected(debts.error());
    }
    const auto refresh_and_plan = [&shop = **shop, &build, &debts] {
        return plan_build(shop.repository, shop.mirror, shop.planner, build, *debts);
    };
    auto prepared = co_await shops_.in_turn((*shop)->gate, refresh_and_plan);
    parts_.metrics.fetched(prepared.has_value());
    if (!prepared) {
        co_return std::unexpected(prepared.error());
    }
    parts_.metrics.planned(prepared->planning);
    log::info(
        "build planned",
        {{"build", build.id.value},
         {"steps", std::int64_t(prepared->record.steps.size())},
         {"took_us", std::int64_t{prepared->planning.count()}},
         {"trace_id", trace_id_of(build)}}
    );
    build.before = prepared->record.before;
    build.after = prepared->record.after;
    PlannedSite planned;
    planned.site = make_site(build, **shop, std::move(prepared->source));
    planned.record = std::move(prepared->record);
    planned.record.reports = wanted_reports(parts_.config.current(), build.repository);
    co_return planned;
}

net::awaitable<Result<BranchDebts>> Sites::find_debts(store::Build build) {
    BranchDebts debts;
    if (build.ref.empty()) {
        co_return debts;
    }
    auto last = co_await parts_.store.branch(build.repository, build.ref);
    if (!last) {
        co_return std::unexpected(last.error());
    }
    store::LedgerQuery query;
    query.repository = build.repository;
    query.ref = build.ref;
    query.owed_only = true;
    query.limit = most_debts;
    auto owed = co_await parts_.store.ledger(std::move(query));
    if (!owed) {
        co_return std::unexpected(owed.error());
    }
    debts.last = std::move(*last);
    debts.owed = std::move(*owed);
    co_return debts;
}

std::shared_ptr<Site> Sites::make_site(const store::Build& build, Shop& shop, Source source) {
    const config::Repository& repository = shop.repository;
    AttestOrder attest = attest_order_of(parts_.config.current(), repository, build, source.ref);
    auto site = std::make_shared<Site>(Site{
        .build = build,
        .source = std::move(source),
        .workshop =
            {.engines = parts_.engines,
             .engine_labels = repository.engine_labels,
             .blocking = parts_.blocking,
             .clock = parts_.clock,
             .metrics = parts_.metrics,
             .stop = parts_.stop,
             .credentials = parts_.credentials,
             .registries = &parts_.registries,
             .refuse_overwrite = repository.overwrite_refuse,
             .offer = offer_of(repository, build),
             .attest = std::move(attest),
             .care = &parts_.care,
             .breakers = &breakers_,
             .gives_back = true,
             .limits =
                 {.total = parts_.config.current().limits.step_timeout,
                  .silent = parts_.config.current().limits.max_silent},
             .retry = parts_.retry,
             .trace = build.trace},
        .bases = Bases(executor_),
    });
    site->workshop.pin_base = [this, id = build.id](std::string reference, std::string digest) {
        return parts_.store.pin_base(id, std::move(reference), std::move(digest));
    };
    // Who asks for a build by hand wants one.
    site->workshop.always_builds = build.trigger == store::Trigger::manual;
    if (build.ref.starts_with("refs/heads/")) {
        site->workshop.find_pushed = [this, repository = build.repository, ref = build.ref](
                                         std::string folder
                                     ) { return find_pushed(repository, ref, std::move(folder)); };
    }
    for (auto old = sites_.begin(); old != sites_.end() && sites_.size() >= most_sites;) {
        old = old->second.use_count() == 1 ? sites_.erase(old) : std::next(old);
    }
    sites_[build.id] = site;
    return site;
}

net::awaitable<std::optional<store::LedgerEntry>> Sites::find_pushed(
    std::string repository, std::string ref, std::string folder
) {
    store::LedgerQuery query;
    query.repository = std::move(repository);
    query.ref = std::move(ref);
    query.folder = std::move(folder);
    query.limit = 1;
    const auto entries = co_await parts_.store.ledger(std::move(query));
    if (!entries || entries->empty() || entries->front().commit.empty()) {
        co_return std::nullopt;
    }
    co_return entries->front();
}

net::awaitable<Result<MergePlan>> Sites::plan_merge(std::string repository, MergeRequest request) {
    const auto shop = shops_.find(repository);
    if (!shop) {
        co_return std::unexpected(shop.error());
    }
    const auto refresh_and_plan = [&shop = **shop, &request] {
        return factory::plan_merge(shop.repository, shop.mirror, shop.planner, request);
    };
    auto plan = co_await shops_.in_turn((*shop)->gate, refresh_and_plan);
    parts_.metrics.fetched(plan.has_value());
    if (!plan) {
        co_return std::unexpected(plan.error());
    }
    if (plan->conflicts.empty()) {
        parts_.metrics.planned(plan->planning);
    }
    if (plan->is_pushed) {
        co_await look_for_references(*plan, request.trace);
    }
    const auto looked_up = co_await look_up_durations(repository, *plan);
    if (!looked_up) {
        co_return std::unexpected(looked_up.error());
    }
    co_return plan;
}

/// After the first registry that does not answer no further one is asked: a plan must not take
/// long.
net::awaitable<void> Sites::look_for_references(
    MergePlan& plan, std::optional<TraceContext> trace
) {
    std::vector<std::string> references;
    for (const plan::Step& step : plan.plan.steps) {
        if (step.push) {
            references.insert(references.end(), step.references.begin(), step.references.end());
        }
    }
    plan.asked_all = references.size() <= most_references_asked;
    references.resize(std::min(references.size(), most_references_asked));
    for (const std::string& reference : references) {
        const std::optional<bool> held = co_await is_held(reference, trace);
        if (!held) {
            plan.asked_all = false;
            co_return;
        }
        if (*held) {
            plan.held.insert(reference);
        }
    }
}

/// Nothing where it can't be said.
net::awaitable<std::optional<bool>> Sites::is_held(
    std::string reference, std::optional<TraceContext> trace
) {
    auto parsed = model::parse_image_ref(reference);
    if (!parsed) {
        co_return std::nullopt;
    }
    const std::string domain = parsed->domain;
    const auto find = [this, &domain] { return parts_.credentials.find(domain); };
    auto credentials = co_await run_blocking(parts_.blocking, find);
    if (!credentials) {
        co_return std::nullopt;
    }
    const auto digest = co_await parts_.registries.find_digest(
        *std::move(parsed), *std::move(credentials), std::move(trace)
    );
    if (!digest) {
        log::info("a registry can't be asked for a plan", {{"reason", digest.error().message}});
        co_return std::nullopt;
    }
    co_return digest->has_value();
}

net::awaitable<Result<void>> Sites::look_up_durations(std::string repository, MergePlan& plan) {
    for (const plan::Step& step : plan.plan.steps) {
        auto durations = co_await parts_.store.durations(repository, step.folder);
        if (!durations) {
            co_return std::unexpected(durations.error());
        }
        if (!durations->empty()) {
            std::ranges::sort(*durations);
            plan.durations[step.folder] = (*durations)[durations->size() / 2];
        }
    }
    co_return Result<void>{};
}

net::awaitable<Result<std::shared_ptr<Site>>> Sites::open(store::Build build) {
    if (const auto found = sites_.find(build.id); found != sites_.end()) {
        co_return found->second;
    }
    const auto shop = shops_.find(build.repository);
    if (!shop) {
        co_return std::unexpected(shop.error());
    }
    const auto open_it = [&shop = **shop, &build] {
        return open_build(shop.repository, shop.mirror, shop.planner, build);
    };
    auto source = co_await shops_.in_turn((*shop)->gate, open_it);
    if (!source) {
        co_return std::unexpected(source.error());
    }
    if (const auto found = sites_.find(build.id); found != sites_.end()) {
        co_return found->second;  // another step was faster
    }
    co_return make_site(build, **shop, std::move(*source));
}

}  // namespace slipway::factory
