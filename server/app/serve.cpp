#include "server/app/serve.hpp"

#include "core/base/result.hpp"
#include "core/model/retry.hpp"
#include "server/api/api.hpp"
#include "server/api/board.hpp"
#include "server/app/engines.hpp"
#include "server/app/keep_running.hpp"
#include "server/app/pools.hpp"
#include "server/app/process.hpp"
#include "server/app/registries.hpp"
#include "server/app/reload.hpp"
#include "server/app/service_manager.hpp"
#include "server/app/shutdown.hpp"
#include "server/app/stores.hpp"
#include "server/base/clock.hpp"
#include "server/base/environment.hpp"
#include "server/base/log.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/commit_facts.hpp"
#include "server/factory/engine_care.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/factory.hpp"
#include "server/factory/follow_bases.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/factory/reconcile.hpp"
#include "server/factory/store_care.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/http/limits.hpp"
#include "server/http/router.hpp"
#include "server/http/server.hpp"
#include "server/registry/credentials.hpp"
#include "server/registry/registry_client.hpp"
#include "server/reports/hook_watch.hpp"
#include "server/reports/reporter.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::app {
namespace {

namespace net = boost::asio;
constexpr std::chrono::seconds answer_time{3};

/// What other replicas did and this one did not hear of is shown a little later.
api::BoardOptions board_options(const config::Config& config) {
    api::BoardOptions options;
    if (is_shared(config)) {
        options.oldest = std::chrono::seconds(5);
    }
    return options;
}

http::ServerLimits server_limits(const config::Config& config) {
    http::ServerLimits limits;
    limits.body_bytes = config.limits.body_bytes;
    limits.bodies_bytes = std::max(limits.bodies_bytes, 4 * limits.body_bytes);
    limits.connections = allow_connections();
    return limits;
}

/// Every part of the daemon, in the order in which they are built; they end in the reverse order.
class App {
public:
    App(config::Config config,
        LoadConfig reload,
        std::unique_ptr<store::Store> store,
        std::vector<factory::EngineSeat> engines,
        SystemClock& clock,
        Pools& pools)
        : reload_(std::move(reload)),
          config_(std::move(config)),
          store_(std::move(store)),
          engines_(
              context_.get_executor(),
              std::move(engines),
              static_cast<std::size_t>(config_.current().limits.builds),
              metrics_
          ),
          care_(context_.get_executor(), engines_, *store_, clock),
          credentials_(
              config_.current().docker_config, clock, configured_credentials(config_.current())
          ),
          registries_(registry_access(config_.current())),
          factory_(
              context_.get_executor(),
              {config_,
               *store_,
               engines_,
               care_,
               credentials_,
               registries_,
               pools.blocking,
               pools.fetching,
               clock,
               metrics_,
               stop_,
               model::RetryPolicy{},
               worker_name(config_.current()),
               is_shared(config_.current())}
          ),
          reconciler_(
              context_.get_executor(),
              config_,
              *store_,
              pools.fetching,
              clock,
              metrics_,
              [this] {
                  factory_.wake();
                  hooks_.look_soon();
              }
          ),
          follower_(
              context_.get_executor(),
              config_,
              *store_,
              credentials_,
              registries_,
              pools.blocking,
              clock,
              [this] { factory_.wake(); }
          ),
          store_care_(context_.get_executor(), config_, *store_, clock),
          commits_(config_, pools.blocking),
          board_(
              context_.get_executor(),
              config_,
              *store_,
              engines_,
              metrics_,
              board_options(config_.current())
          ),
          reporter_(
              context_.get_executor(),
              {config_,
               *store_,
               gitlab_,
               clock,
               metrics_,
               [this](std::string repository, factory::MergeRequest request) {
                   return factory_.plan_merge(std::move(repository), std::move(request));
               },
               worker_name(config_.current())}
          ),
          hooks_(context_.get_executor(), config_, *store_, gitlab_, clock, metrics_),
          api_{
              config_,
              *store_,
              engines_,
              commits_,
              clock,
              metrics_,
              stop_,
              board_,
              [this] { factory_.wake(); },
              [this] { factory_.ask_for_orders(); },
              [this](const std::string& registry) {
                  return factory_.breakers().blocked_until(registry);
              },
              [this] { return factory_.breakers().seen(); },
              &hooks_
          } {
        store_->on_change([this] { net::post(context_, [this] { factory_.wake(); }); });
        api::add_routes(router_, api_);
    }

    int run() {
        const config::Config& config = config_.current();
        auto server =
            http::Server::bind(context_.get_executor(), config.listen, server_limits(config));
        if (!server) {
            log::error(
                "can't listen", {{"address", config.listen}, {"reason", server.error().message}}
            );
            return 3;
        }
        server_ = std::move(*server);
        const auto endpoint = server_->endpoint();
        log::info(
            "slipway is up",
            {{"version", SLIPWAY_VERSION},
             {"address", endpoint.address().to_string()},
             {"port", std::int64_t{endpoint.port()}}}
        );
        start_all();
        context_.run();
        log::info("slipway has stopped");
        return 0;
    }

private:
    static void rethrow(const std::exception_ptr& thrown) {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    }

    void start_all() {
        net::co_spawn(context_, serve(), [](std::exception_ptr thrown) { rethrow(thrown); });
        net::co_spawn(context_, shutdown_.run(), [](std::exception_ptr thrown) {
            rethrow(thrown);
        });
        watch("reload", [this] { return reload_on_signal(reload_, config_, engines_, manager_); });
        watch("engine care", [this] { return care_.run(); });
        watch("reconcile", [this] { return reconciler_.run(); });
        watch("follow bases", [this] { return follower_.run(); });
        watch("store care", [this] { return store_care_.run(); });
        watch("reports", [this] { return reporter_.run(); });
        watch("webhooks of GitLab", [this] { return hooks_.run(); });
        watch("service manager", [this] { return manager_.watch(); });
        for (std::size_t seat = 0; seat < engines_.seats().size(); ++seat) {
            const std::string& engine = engines_.seats()[seat].name;
            watch("health of engine " + engine, [this, seat] { return engines_.watch(seat); });
            watch("disk of engine " + engine, [this, seat] { return engines_.measure(seat); });
        }
        net::co_spawn(context_, factory_.run(), [this](std::exception_ptr thrown) {
            rethrow(thrown);
            stop_all();
        });
        net::post(context_, [this] { manager_.tell("READY=1"); });
    }

    /// Runs until everything is stopped, again where it threw.
    void watch(std::string name, std::function<net::awaitable<void>()> begin) {
        net::co_spawn(
            context_,
            keep_running(std::move(name), std::move(begin)),
            net::bind_cancellation_slot(watching_.emplace_back().slot(), [](std::exception_ptr) {})
        );
    }

    net::awaitable<void> serve() {
        co_await server_->serve(
            router_,
            [this](
                std::string_view method,
                std::string_view pattern,
                unsigned status,
                std::chrono::microseconds took
            ) { metrics_.http_request(method, pattern, status, took); }
        );
    }

    /// The factory has ended: the last deliveries are answered, then everything that waits is woken
    /// to end.
    void stop_all() {
        shutdown_.end();
        for (net::cancellation_signal& watch : watching_) {
            watch.emit(net::cancellation_type::terminal);
        }
        board_.close();
        server_->stop(answer_time);
    }

    LoadConfig reload_;
    ServiceManager manager_{variable};
    config::LiveConfig config_;
    Metrics metrics_;
    Stop stop_;
    net::io_context context_{1};
    Shutdown shutdown_{context_.get_executor(), manager_, stop_, [this] { factory_.wake(); }};
    std::list<net::cancellation_signal> watching_;
    std::unique_ptr<store::Store> store_;
    factory::EnginePool engines_;
    factory::EngineCare care_;
    registry::CredentialSource credentials_;
    registry::RegistryClient registries_;
    factory::Factory factory_;
    factory::Reconciler reconciler_;
    factory::BaseFollower follower_;
    factory::StoreCare store_care_;
    factory::CommitFacts commits_;
    api::Board board_;
    gitlab::GitlabClient gitlab_;
    reports::Reporter reporter_;
    reports::HookWatch hooks_;
    api::Context api_;
    http::Router router_;
    std::unique_ptr<http::Server> server_;
};

int refuse_start(const Error& error) {
    std::fprintf(stderr, "slipway: %s\n", error.message.c_str());
    return error.code == ErrorCode::invalid ? 2 : 3;
}

}  // namespace

int serve(config::Config config, LoadConfig reload) {
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT(misc-include-cleaner)
    configure_log(config.log);
    keep_memory_private();
    SystemClock clock;
    Pools pools;
    auto engines = make_seats(config, pools.blocking);
    if (!engines) {
        return refuse_start(engines.error());
    }
    auto store = open_store(config, pools.reading, clock);
    if (!store) {
        return refuse_start(store.error());
    }
    App app(
        std::move(config), std::move(reload), std::move(*store), std::move(*engines), clock, pools
    );
    const int code = app.run();
    pools.join();
    return code;
}

}  // namespace slipway::app
