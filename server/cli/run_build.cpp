#include "server/factory/run_build.hpp"

#include "core/base/result.hpp"
#include "core/base/utf8.hpp"
#include "core/model/build_state.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"
#include "core/plan/select.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/clock.hpp"
#include "server/base/environment.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/cli/build_offer.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/local.hpp"
#include "server/cli/options.hpp"
#include "server/cli/progress.hpp"
#include "server/cli/table.hpp"
#include "server/engine/docker_engine.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/work.hpp"
#include "server/registry/credentials.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <expected>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::cli {
namespace {

namespace net = boost::asio;
constexpr std::chrono::seconds patience{30};  // with an engine that went away
constexpr auto token = net::as_tuple(net::use_awaitable);

std::string engine_address(const BuildOptions& options) {
    if (!options.engine.empty()) {
        return options.engine;
    }
    const std::string host = variable("DOCKER_HOST").value_or("");
    return host.empty() ? "unix:///var/run/docker.sock" : host;
}

std::filesystem::path docker_config_folder() {
    if (const std::string folder = variable("DOCKER_CONFIG").value_or(""); !folder.empty()) {
        return folder;
    }
    const std::string home = variable("HOME").value_or("");
    return home.empty() ? std::filesystem::path() : std::filesystem::path(home) / ".docker";
}

/// One `slipway build`: everything that the factory needs, with the terminal for an observer and
/// memory for a store.
class LocalBuild {
public:
    LocalBuild(
        const BuildOptions& options,
        factory::BuildOffer offer,
        factory::Source source,
        std::vector<store::Step> steps
    )
        : options_(options),
          offer_(std::move(offer)),
          source_(std::move(source)),
          steps_(std::move(steps)),
          progress_(
              steps_,
              is_terminal(),
              is_terminal() && variable("NO_COLOR").value_or("").empty(),
              stderr
          ) {}

    Result<factory::Outcome> run() {
        auto engine = engine::make_docker_engine(
            blocking_, engine_address(options_), variable("DOCKER_CERT_PATH").value_or("")
        );
        if (!engine) {
            return std::unexpected(engine.error());
        }
        std::vector<factory::EngineSeat> seats(1);
        seats[0].name = "engine";
        seats[0].engine = std::move(*engine);
        seats[0].settings.builds = static_cast<std::size_t>(options_.parallel);
        if (options_.classic) {
            seats[0].settings.builder = engine::Builder::classic;
        }
        engines_.emplace(
            context_.get_executor(),
            std::move(seats),
            static_cast<std::size_t>(options_.parallel),
            metrics_,
            patience
        );
        std::optional<Result<factory::Outcome>> outcome;
        net::co_spawn(
            context_,
            work(),
            [&](std::exception_ptr thrown, Result<factory::Outcome> result) {
                outcome = thrown ? fail(ErrorCode::internal, "the build ended by an exception")
                                 : std::move(result);
                context_.stop();
            }
        );
        context_.run();
        blocking_.join();
        return std::move(*outcome);
    }

    [[nodiscard]] const std::vector<store::Step>& steps() const { return steps_; }

    /// Of the steps: whether what failed was in the repository or outside.
    [[nodiscard]] int exit_code() const { return exit_code_; }

private:
    [[nodiscard]] bool is_terminal() const {
        return options_.plan.format == Format::text && ::isatty(STDERR_FILENO) == 1;
    }

    net::awaitable<Result<factory::Outcome>> work() {
        using net::experimental::awaitable_operators::operator||;
        const auto info = co_await engines_->seats()[0].engine->ping();
        if (!info) {
            co_return fail_within("asking the engine at " + engine_address(options_), info.error());
        }
        auto result = co_await (build() || animate() || watch_signals() || engines_->watch(0));
        progress_.end();
        co_return std::get<0>(std::move(result));
    }

    net::awaitable<Result<factory::Outcome>> build() {
        factory::Workshop workshop{
            .engines = *engines_,
            .blocking = blocking_,
            .clock = clock_,
            .metrics = metrics_,
            .stop = stop_,
            .credentials = credentials_,
            .offer = offer_,
            .limits = {},
            .retry =
                {.most_attempts = 4,
                 .first = std::chrono::seconds(1),
                 .longest = std::chrono::seconds(10)},
        };
        factory::Observer observer;
        observer.log = [this](int position, const wire::LogLine& line) {
            progress_.on_log(position, line);
        };
        observer.failed = [this](int, const Error& error) {
            const bool outside =
                error.code == ErrorCode::unavailable || error.code == ErrorCode::denied;
            exit_code_ = std::max(exit_code_, outside ? exit_outside : exit_wrong);
        };
        observer.record = [this](store::Step step) -> net::awaitable<Result<void>> {
            progress_.on_step(step);
            steps_[static_cast<std::size_t>(step.position)] = std::move(step);
            co_return Result<void>{};
        };
        co_return co_await factory::run_build(workshop, source_, steps_, observer);
    }

    net::awaitable<void> animate() {
        net::steady_timer timer(context_);
        while (true) {
            timer.expires_after(std::chrono::milliseconds(100));
            if (const auto [error] = co_await timer.async_wait(token); error) {
                co_return;
            }
            progress_.tick();
        }
    }

    /// The first Ctrl-C cancels what runs, in the engine too; run_build() then ends by itself.
    net::awaitable<void> watch_signals() {
        net::signal_set signals(context_, SIGINT, SIGTERM);
        while (true) {
            const auto [error, number] = co_await signals.async_wait(token);
            if (error) {
                co_return;
            }
            stop_.cancel_all();
        }
    }

    const BuildOptions& options_;
    const factory::BuildOffer offer_;
    factory::Source source_;
    std::vector<store::Step> steps_;
    net::io_context context_{1};
    net::thread_pool blocking_{2};
    SystemClock clock_;
    registry::CredentialSource credentials_{docker_config_folder(), clock_};
    Metrics metrics_;
    Stop stop_;
    Progress progress_;
    std::optional<factory::EnginePool> engines_;
    int exit_code_ = exit_done;
};

void print_text(const std::vector<store::Step>& steps) {
    std::vector<std::vector<std::string>> rows;
    for (const store::Step& step : steps) {
        if (step.digests.empty() && step.state == model::StepState::built) {
            rows.push_back({step.image, "built", step.image_id});
        }
        for (const auto& [reference, digest] : step.digests) {
            rows.push_back({reference, "pushed", digest});
        }
    }
    std::printf("%s", to_table(rows).c_str());
}

void print_json(const plan::Plan& plan, const std::vector<store::Step>& steps) {
    nlohmann::ordered_json json = plan::to_json(plan);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const store::Step& step = steps[i];
        nlohmann::ordered_json& entry = json["steps"][i];
        entry["state"] = to_string(step.state);
        entry["image_id"] = step.image_id.empty() ? nlohmann::ordered_json()
                                                  : nlohmann::ordered_json(step.image_id);
        entry["digests"] = step.digests;
        entry["error"] =
            step.error.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(step.error);
        const bool timed = step.started && step.finished;
        entry["duration_ms"] =
            timed ? nlohmann::ordered_json((*step.finished - *step.started).count())
                  : nlohmann::ordered_json();
    }
    cli::print_json(json);
}

/// False, and said, where one of the folders is not in the plan.
bool keep_asked(plan::Plan& plan, std::vector<std::string> folders) {
    if (folders.empty()) {
        return true;
    }
    std::ranges::transform(folders, folders.begin(), named_folder);
    plan::Selection selection = plan::select_folders(std::move(plan), folders);
    plan = std::move(selection.plan);
    if (selection.missing.empty()) {
        return true;
    }
    report_errors(plan);
    for (const std::string& folder : selection.missing) {
        std::fprintf(
            stderr,
            "slipway: '%s' is not built between these commits; slipway explain says why\n",
            printable(folder).c_str()
        );
    }
    return false;
}

}  // namespace

int run_build(const BuildOptions& options) {
    auto offer = read_offer(options);
    if (!offer) {
        std::fprintf(stderr, "slipway: %s\n", offer.error().message.c_str());
        return exit_usage;
    }
    auto local = open_local(options.plan.repository, options.plan.registry);
    if (!local) {
        return local.error();
    }
    auto planned = plan_local(*local, options.plan);
    if (!planned) {
        return planned.error();
    }
    if (!keep_asked(planned->plan, options.folders)) {
        return exit_wrong;
    }
    const bool text = options.plan.format == Format::text;
    if (text) {
        std::fprintf(stderr, "%s\n", to_text(planned->plan).c_str());
    }
    const int plan_code = report_errors(planned->plan);
    std::vector<store::Step> steps =
        factory::to_records(planned->plan, planned->catalog, options.push, store::Trigger::manual);
    Result<factory::Outcome> outcome = factory::Outcome::succeeded;
    int code = plan_code;
    if (!steps.empty()) {
        factory::Source source{
            local->repository->git_folder(), planned->range.after, "", planned->catalog
        };
        LocalBuild build(options, *std::move(offer), std::move(source), std::move(steps));
        outcome = build.run();
        steps = build.steps();
        code = std::max(code, build.exit_code());
    }
    text ? print_text(steps) : print_json(planned->plan, steps);
    if (!outcome) {
        return report(outcome.error());
    }
    return *outcome == factory::Outcome::stopped ? exit_interrupted : code;
}

}  // namespace slipway::cli
