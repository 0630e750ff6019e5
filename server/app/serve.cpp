#include "server/app/serve.hpp"

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/model/retry.hpp"
#include "server/api/api.hpp"
#include "server/api/board.hpp"
#include "server/app/engines.hpp"
#include "server/app/process.hpp"
#include "server/app/service_manager.hpp"
#include "server/app/stores.hpp"
#include "server/base/clock.hpp"
#include "server/base/credentials.hpp"
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

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::app {
namespace {

namespace net = boost::asio;
constexpr auto token = net::as_tuple(net::use_awaitable);
constexpr std::chrono::seconds drain_time{20};
constexpr std::chrono::seconds answer_time{3};
constexpr std::size_t blocking_threads = 4;

std::map<std::string, Credentials, std::less<>> configured_credentials(const config::Config& config
) {
    std::map<std::string, Credentials, std::less<>> configured;
    for (const config::Registry& registry : config.registries) {
        if (!registry.username.empty()) {
            configured[registry.host] = {
                .username = registry.username,
                .password = registry.password.reveal(),
                .server_address = registry.host,
            };
        }
    }
    return configured;
}

std::map<std::string, registry::RegistryAccess> registry_access(const config::Config& config) {
    std::map<std::string, registry::RegistryAccess> access;
    for (const config::Registry& registry : config.registries) {
        access[registry.host] = {.ca_file = registry.ca_file, .plain_http = registry.plain_http};
    }
    return access;
}

/// What other replicas did and this one did not hear of is shown a little later.
api::BoardOptions board_options(const config::Config& config) {
    api::BoardOptions options;
    if (is_shared(config)) {
        options.oldest = std::chrono::seconds(5);
    }
    return options;
}

/// Every part of the daemon, in the order in which they are built; they end in the reverse order.
class App {
public:
    App(config::Config config,
        LoadConfig reload,
        std::unique_ptr<store::Store> store,
        std::vector<factory::EngineSeat> engines,
        SystemClock& clock,
        net::thread_pool& blocking)
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
               blocking,
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
              blocking,
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
              blocking,
              clock,
              [this] { factory_.wake(); }
          ),
          store_care_(context_.get_executor(), config_, *store_, clock),
          commits_(config_, blocking),
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
        http::ServerLimits limits;
        limits.body_bytes = config_.current().limits.body_bytes;
        limits.bodies_bytes = std::max(limits.bodies_bytes, 4 * limits.body_bytes);
        limits.connections = allow_connections();
        auto server = http::Server::bind(context_.get_executor(), config_.current().listen, limits);
        if (!server) {
            log::error(
                "can't listen",
                {{"address", config_.current().listen}, {"reason", server.error().message}}
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
        net::co_spawn(context_, serve(), [](std::exception_ptr thrown) { rethrow(thrown); });
        net::co_spawn(context_, drain_on_signal(), [](std::exception_ptr thrown) {
            rethrow(thrown);
        });
        net::co_spawn(
            context_,
            reload_on_signal(),
            net::bind_cancellation_slot(reloading_.slot(), [](std::exception_ptr) {})
        );
        watch(care_.run());
        watch(reconciler_.run());
        watch(follower_.run());
        watch(store_care_.run());
        watch(reporter_.run());
        watch(hooks_.run());
        watch(manager_.watch());
        for (std::size_t seat = 0; seat < engines_.seats().size(); ++seat) {
            watch(engines_.watch(seat));
            watch(engines_.measure(seat));
        }
        net::co_spawn(context_, factory_.run(), [this](std::exception_ptr thrown) {
            rethrow(thrown);
            stop_all();
        });
        net::post(context_, [this] { manager_.tell("READY=1"); });
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

    /// Runs until everything is stopped.
    void watch(net::awaitable<void> work) {
        net::co_spawn(
            context_,
            std::move(work),
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
        draining_.cancel();
        signals_.cancel();
        for (net::cancellation_signal& watch : watching_) {
            watch.emit(net::cancellation_type::terminal);
        }
        reloading_.emit(net::cancellation_type::terminal);
        board_.close();
        server_->stop(answer_time);
    }

    net::awaitable<void> drain_on_signal() {
        if (const auto [error, number] = co_await signals_.async_wait(token); error) {
            co_return;
        }
        log::info(
            "stopping: what runs may finish", {{"seconds", std::int64_t{drain_time.count()}}}
        );
        manager_.tell("STOPPING=1");
        stop_.request();
        factory_.wake();
        net::co_spawn(context_, cancel_in_time(), [](std::exception_ptr thrown) {
            rethrow(thrown);
        });
        const auto [error, number] = co_await signals_.async_wait(token);
        if (!error) {
            log::info("stopping now");
            draining_.cancel();
        }
    }

    net::awaitable<void> cancel_in_time() {
        draining_.expires_after(drain_time);
        co_await draining_.async_wait(token);
        stop_.cancel_all();
        factory_.wake();
    }

    net::awaitable<void> reload_on_signal() {
        net::signal_set hangups(context_, SIGHUP);  // NOLINT(misc-include-cleaner): csignal has it
        while (true) {
            if (const auto [error, number] = co_await hangups.async_wait(token); error) {
                co_return;
            }
            manager_.tell_reloading();
            manager_.tell(
                reload() ? "READY=1\nSTATUS="
                         : "READY=1\nSTATUS=the configuration has errors; the old one is in force"
            );
        }
    }

    /// Whether the new configuration is in force.
    bool reload() {
        config::ParsedConfig loaded = reload_();
        for (const SourceError& error : loaded.errors) {
            log::error("the configuration is not reloaded", {{"reason", to_string(error)}});
        }
        if (!loaded.errors.empty()) {
            return false;
        }
        const config::Config& old = config_.current();
        if (loaded.config.listen != old.listen || loaded.config.data != old.data ||
            loaded.config.store != old.store ||
            loaded.config.store_password != old.store_password ||
            loaded.config.replica != old.replica || !same_places(loaded.config, old) ||
            loaded.config.docker_config != old.docker_config ||
            loaded.config.registries != old.registries || loaded.config.log != old.log) {
            log::warning(
                "listen, data, store, log, the engines' names and addresses, registries and "
                "docker_config change only with a restart"
            );
        }
        for (const config::Engine& engine : loaded.config.engines) {
            engines_.change(seat_name(loaded.config, engine), seat_settings(engine));
        }
        config_.replace(std::move(loaded.config));
        log::info("configuration reloaded");
        return true;
    }

    LoadConfig reload_;
    ServiceManager manager_{variable};
    config::LiveConfig config_;
    Metrics metrics_;
    Stop stop_;
    net::io_context context_{1};
    net::signal_set signals_{context_, SIGTERM, SIGINT};
    net::steady_timer draining_{context_};
    std::list<net::cancellation_signal> watching_;
    net::cancellation_signal reloading_;
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
    net::thread_pool blocking(blocking_threads);
    auto engines = make_seats(config, blocking);
    if (!engines) {
        return refuse_start(engines.error());
    }
    auto store = open_store(config, blocking, clock);
    if (!store) {
        return refuse_start(store.error());
    }
    App app(
        std::move(config),
        std::move(reload),
        std::move(*store),
        std::move(*engines),
        clock,
        blocking
    );
    const int code = app.run();
    blocking.join();
    return code;
}

}  // namespace slipway::app
