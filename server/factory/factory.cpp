#include "server/factory/factory.hpp"

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/model/build_state.hpp"
#include "core/model/retry.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/log.hpp"
#include "server/base/run_blocking.hpp"
#include "server/config/config.hpp"
#include "server/factory/prepare.hpp"
#include "server/factory/run_build.hpp"
#include "server/factory/step_logs.hpp"
#include "server/factory/work.hpp"
#include "server/planning/catalog_cache.hpp"
#include "server/planning/planner.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <expected>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);

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

}  // namespace

struct Factory::Shop {
    const config::Repository& repository;
    std::filesystem::path mirror;
    planning::Planner planner;

    Shop(
        const config::Repository& configured,
        const std::filesystem::path& data,
        const catalog::CatalogOptions& options
    )
        : repository(configured),
          mirror(data / "mirrors" / (configured.name + ".git")),
          planner(options, planning::CatalogCache(data / "catalogs", configured.name, options)) {}
};

Factory::Factory(net::any_io_executor executor, Parts parts)
    : executor_(executor), parts_(parts), idle_(executor) {}

Factory::Shop* Factory::find_shop(const std::string& name) {
    const config::Config& config = parts_.config.current();
    const auto repository = std::ranges::find(config.repositories, name, &config::Repository::name);
    if (repository == config.repositories.end()) {
        return nullptr;
    }
    std::unique_ptr<Shop>& shop = shops_[&*repository];
    if (!shop) {
        shop = std::make_unique<Shop>(*repository, config.data, catalog_options(*repository));
    }
    return shop.get();
}

Factory::~Factory() = default;

void Factory::wake() {
    idle_.cancel();
}

net::awaitable<void> Factory::run() {
    auto left_running = co_await parts_.store.recover();
    if (!left_running) {
        log::error(
            "builds of the last run can't be read", {{"reason", left_running.error().message}}
        );
    } else {
        for (store::Build& build : *left_running) {
            log::info(
                "going on with a build",
                {{"build", build.id.value}, {"repository", build.repository}}
            );
            launch(std::move(build));
        }
    }
    while (!parts_.stop.requested() || active_ > 0) {
        while (!parts_.stop.requested()) {
            auto build = co_await parts_.store.claim();
            if (!build) {
                log::error("no build can be claimed", {{"reason", build.error().message}});
            }
            if (!build || !*build) {
                break;
            }
            launch(std::move(**build));
        }
        idle_.expires_after(std::chrono::seconds(2));
        co_await idle_.async_wait(token);
    }
}

void Factory::launch(store::Build build) {
    ++active_;
    net::co_spawn(executor_, work(std::move(build)), [this](std::exception_ptr thrown) {
        --active_;
        if (thrown) {
            // The build stays running in the store and is gone on with at the next start.
            log::error("a build ended by an exception", {});
        }
        wake();
    });
}

net::awaitable<void> Factory::work(store::Build build) {
    log::info(
        "build started",
        {{"build", build.id.value},
         {"repository", build.repository},
         {"ref", build.ref},
         {"after", build.after}}
    );
    Shop* const shop = find_shop(build.repository);
    if (shop == nullptr) {
        const Result<Outcome> unknown = fail(
            ErrorCode::invalid, "repository " + build.repository + " is not configured any more"
        );
        co_await conclude(build, unknown);
        co_return;
    }
    auto source = co_await prepare_with_retries(build, *shop);
    if (!source) {
        const Result<Outcome> unprepared = std::unexpected(source.error());
        co_await conclude(build, unprepared);
        co_return;
    }
    const Result<Outcome> outcome = co_await execute(build, *source);
    co_await conclude(build, outcome);
}

net::awaitable<Result<Source>> Factory::prepare_with_retries(store::Build& build, Shop& shop) {
    std::minstd_rand random{std::random_device{}()};
    for (int attempt = 1;; ++attempt) {
        auto source = co_await prepare(build, shop);
        parts_.metrics.fetched(source.has_value());
        if (source || source.error().code != ErrorCode::unavailable || parts_.stop.requested()) {
            co_return source;
        }
        const auto wait = model::next_wait(
            parts_.retry, attempt, std::uniform_real_distribution<>(0.0, 1.0)(random)
        );
        if (!wait) {
            co_return source;
        }
        log::warning(
            "a build waits and tries again",
            {{"build", build.id.value}, {"reason", source.error().message}}
        );
        parts_.metrics.retried("fetch");
        net::steady_timer timer(executor_, *wait);
        co_await timer.async_wait(token);
    }
}

net::awaitable<Result<Source>> Factory::prepare(store::Build& build, Shop& shop) {
    auto prepared = co_await run_blocking(parts_.blocking, [&] {
        return prepare_build(shop.repository, shop.mirror, shop.planner, build);
    });
    if (!prepared) {
        co_return std::unexpected(prepared.error());
    }
    if (prepared->record) {
        parts_.metrics.planned(prepared->planning);
        log::info(
            "build planned",
            {{"build", build.id.value},
             {"steps", std::int64_t(prepared->record->steps.size())},
             {"took_us", std::int64_t{prepared->planning.count()}}}
        );
        build.before = prepared->record->before;
        build.after = prepared->record->after;
        build.plan = prepared->record->plan;
        build.steps = prepared->record->steps;
        if (auto recorded =
                co_await parts_.store.record_plan(build.id, std::move(*prepared->record));
            !recorded) {
            co_return std::unexpected(recorded.error());
        }
    }
    co_return std::move(prepared->source);
}

net::awaitable<Result<Outcome>> Factory::execute(const store::Build& build, const Source& source) {
    using net::experimental::awaitable_operators::operator||;
    const Shop* const shop = find_shop(build.repository);
    Workshop workshop{
        .engines = parts_.engines,
        .engine_labels =
            shop != nullptr ? shop->repository.engine_labels : std::vector<std::string>(),
        .blocking = parts_.blocking,
        .clock = parts_.clock,
        .metrics = parts_.metrics,
        .stop = parts_.stop,
        .credentials = parts_.credentials,
        .registries = &parts_.registries,
        .refuse_overwrite = shop != nullptr && shop->repository.overwrite_refuse,
        .offer = shop != nullptr ? offer_of(shop->repository, build) : BuildOffer{},
        .care = &parts_.care,
        .limits =
            {.total = parts_.config.current().limits.step_timeout,
             .silent = parts_.config.current().limits.max_silent},
        .retry = parts_.retry,
    };
    StepLogs logs(parts_.store, build.id);
    Observer observer;
    observer.log = [&logs](int position, const wire::LogLine& line) { logs.add(position, line); };
    observer.record = [this, &logs, id = build.id](store::Step step
                      ) -> net::awaitable<Result<void>> {
        co_await logs.flush();
        co_return co_await parts_.store.update_step(id, std::move(step));
    };
    auto outcome =
        co_await (run_build(workshop, source, build.steps, observer) || logs.flush_for_ever());
    co_await logs.flush();
    co_return std::get<0>(std::move(outcome));
}

net::awaitable<void> Factory::conclude(const store::Build& build, const Result<Outcome>& outcome) {
    const bool stopped = outcome ? *outcome == Outcome::stopped : parts_.stop.requested();
    if (stopped) {
        log::info("build interrupted; it goes on at the next start", {{"build", build.id.value}});
        co_return;
    }
    const bool succeeded = outcome && *outcome == Outcome::succeeded;
    const auto state = succeeded ? model::BuildState::succeeded : model::BuildState::failed;
    const std::string error =
        outcome ? (succeeded ? "" : "a step failed") : outcome.error().message;
    auto finished = co_await parts_.store.finish(build.id, state, error);
    if (!finished) {
        log::error(
            "a build's end is not stored",
            {{"build", build.id.value}, {"reason", finished.error().message}}
        );
    }
    const auto took = parts_.clock.now() - build.started.value_or(build.created);
    parts_.metrics.build_finished(to_string(state), took);
    log::info(
        "build finished",
        {{"build", build.id.value}, {"state", to_string(state)}, {"reason", error}}
    );
}

}  // namespace slipway::factory
