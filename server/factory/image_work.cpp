#include "server/factory/image_work.hpp"

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/image.hpp"
#include "core/context/context.hpp"
#include "core/git/repository.hpp"
#include "core/model/image_ref.hpp"
#include "core/model/object_id.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/clock.hpp"
#include "server/base/credentials.hpp"
#include "server/base/run_blocking.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/registries.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using wire::LogLine;

void say(const engine::LogSink& log, LogLine::Kind kind, std::string text) {
    log({kind, std::move(text)});
}

/// An engine call that begins after the cancellation would not be told, and run to its end.
net::awaitable<Result<void>> check_cancelled() {
    const net::cancellation_state state = co_await net::this_coro::cancellation_state;
    if (state.cancelled() != net::cancellation_type::none) {
        co_return fail(ErrorCode::cancelled, "stopped before the engine was asked");
    }
    co_return Result<void>{};
}

/// A context that is read on blocking threads, one call at a time; owns the repository handle that
/// it reads from.
struct OpenContext {
    std::unique_ptr<git::Repository> repository;
    std::unique_ptr<context::ContextTar> tar;
    std::string dockerfile;
};

Result<std::shared_ptr<OpenContext>> open_context(
    const Source& source, const catalog::Image& image
) {
    auto open = std::make_shared<OpenContext>();
    auto repository = git::Repository::open(source.git_folder);
    if (!repository) {
        return std::unexpected(repository.error());
    }
    open->repository = std::move(*repository);
    auto list = context::list_context(
        *open->repository, image.tree, image.folder, image.manifest->dockerfile
    );
    if (!list) {
        return std::unexpected(list.error());
    }
    if (!list->errors.empty()) {
        return fail(ErrorCode::failed, to_string(list->errors.front()));
    }
    open->dockerfile = list->dockerfile;
    open->tar = std::make_unique<context::ContextTar>(
        *open->repository, std::move(*list), source.commit.time
    );
    return open;
}

/// The RUN itself only says that it could not talk to an agent.
void warn_of_missing_agents(const Workshop& workshop, const engine::LogSink& log) {
    for (const auto& [id, socket] : workshop.offer.ssh_agents) {
        std::error_code error;
        if (!std::filesystem::exists(socket, error)) {
            log(
                {LogLine::Kind::warning,
                 "the socket of ssh agent '" + id + "' is not there: " + socket.string()}
            );
        }
    }
}

engine::Session make_session(Workshop& workshop) {
    engine::Session session;
    session.credentials = [&workshop](std::string registry) {
        return find_credentials(workshop, std::move(registry));
    };
    session.secrets = workshop.offer.secrets;
    session.ssh_agents = workshop.offer.ssh_agents;
    return session;
}

engine::BuildRequest make_request(
    const Source& source,
    const catalog::Image& image,
    const store::Step& step,
    const std::string& dockerfile
) {
    engine::BuildRequest request;
    request.tags = step.references;
    // A child's FROM names the version, whatever tags the branch's policy gives.
    if (std::ranges::find(request.tags, step.image) == request.tags.end()) {
        request.tags.push_back(step.image);
    }
    request.dockerfile = dockerfile;
    request.target = image.manifest->target;
    request.build_args = image.manifest->build_args;
    request.labels = image_labels(source, image);
    request.platform = image.manifest->platform;
    return request;
}

/// As ECR ("cannot be overwritten because the tag is immutable") and Harbor ("configured as
/// immutable") refuse a tag that is there. The message also holds names, which may say anything.
bool says_immutable(const Error& error) {
    return error.code == ErrorCode::failed && (error.message.contains("cannot be overwritten") ||
                                               error.message.contains("configured as immutable"));
}

/// A push that was cut off before it was recorded may have been whole: the tag that may not be
/// overwritten is this image then.
net::awaitable<Result<std::string>> accept_if_same(
    Workshop& workshop, model::ImageRef reference, std::string image_id, Error refusal
) {
    const auto held = co_await find_same_image(workshop, reference, std::move(image_id));
    if (held && *held) {
        co_return **held;
    }
    co_return fail_within(
        "pushing " + to_string(reference) +
            ", which its registry does not let be overwritten: give its manifest.yml a new version",
        refusal
    );
}

}  // namespace

std::map<std::string, std::string> image_labels(const Source& source, const catalog::Image& image) {
    const auto created = std::chrono::sys_seconds(std::chrono::seconds(source.commit.time));
    std::map<std::string, std::string> labels = image.manifest->labels;
    const std::string prefix = "org.opencontainers.image.";
    labels.emplace(prefix + "revision", to_string(source.commit.id));
    labels.emplace(prefix + "version", image.manifest->version);
    labels.emplace(prefix + "title", image.manifest->image);
    // The commit's time, not the clock's: the same commit gives the same image.
    labels.emplace(prefix + "created", rfc3339(created));
    if (!source.url.empty()) {
        labels.emplace(prefix + "source", source.url);
    }
    return labels;
}

net::awaitable<Result<std::string>> build_image(
    Workshop& workshop,
    const Source& source,
    const catalog::Image& image,
    const store::Step& step,
    EngineSeat& seat,
    engine::LogSink log
) {
    auto context =
        co_await run_blocking(workshop.blocking, [&] { return open_context(source, image); });
    if (!context) {
        co_return fail_within("the build context of " + step.folder, context.error());
    }
    if (auto go_on = co_await check_cancelled(); !go_on) {
        co_return std::unexpected(go_on.error());
    }
    const std::shared_ptr<OpenContext> open = std::move(*context);
    warn_of_missing_agents(workshop, log);
    engine::BuildRequest request = make_request(source, image, step, open->dockerfile);
    request.builder = seat.settings.builder;
    request.network_mode = seat.settings.network;
    request.memory_bytes = seat.settings.memory_bytes;
    request.cpu_millis = seat.settings.cpu_millis;
    request.shm_bytes = seat.settings.shm_bytes;
    request.cache_from = workshop.offer.cache_from;
    request.no_cache = workshop.offer.no_cache;
    request.session = make_session(workshop);
    // Not written inside the co_await: GCC 12 destroys a closure there twice.
    engine::ContextSource next = [open] { return open->tar->next(); };
    auto built =
        co_await seat.engine->build(std::move(request), std::move(next), log, workshop.limits);
    if (!built) {
        co_return std::unexpected(built.error());
    }
    co_return built->id;
}

net::awaitable<Result<std::string>> push_reference(
    Workshop& workshop,
    EngineSeat& seat,
    const std::string& image_id,
    const std::string& reference,
    engine::LogSink log
) {
    const auto parsed = model::parse_image_ref(reference);
    if (!parsed) {
        co_return std::unexpected(parsed.error());
    }
    auto credentials = co_await find_credentials(workshop, parsed->domain);
    if (!credentials) {
        co_return std::unexpected(credentials.error());
    }
    if (auto go_on = co_await check_cancelled(); !go_on) {
        co_return std::unexpected(go_on.error());
    }
    // The name may have moved since the build; what is pushed is the image that was built.
    if (auto tagged = co_await seat.engine->tag(image_id, to_string(*parsed)); !tagged) {
        co_return fail_within("tagging " + reference, tagged.error());
    }
    say(log, LogLine::Kind::step, "pushing " + reference);
    auto pushed = co_await seat.engine->push(
        to_string(*parsed), std::move(*credentials), log, workshop.limits
    );
    if (!pushed && says_immutable(pushed.error())) {
        co_return co_await accept_if_same(workshop, *parsed, image_id, pushed.error());
    }
    if (!pushed) {
        forget_refused(workshop, parsed->domain, pushed.error());
        co_await ask_for_wait(workshop, *parsed, pushed.error());
        co_return fail_within("pushing " + reference, pushed.error());
    }
    auto held = co_await check_held(workshop, *parsed, pushed->digest, log);
    if (!held) {
        co_return std::unexpected(held.error());
    }
    co_return pushed->digest;
}

}  // namespace slipway::factory
