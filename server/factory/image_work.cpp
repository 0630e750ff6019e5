#include "server/factory/image_work.hpp"

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/context/context.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "core/git/repository.hpp"
#include "core/model/image_ref.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/clock.hpp"
#include "server/base/credentials.hpp"
#include "server/base/run_blocking.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/work.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using wire::LogLine;

void say(const engine::LogSink& log, LogLine::Kind kind, std::string text) {
    log({kind, std::move(text)});
}

/// An image to have before the build, and for which platform.
struct Base {
    std::string reference;
    std::string platform;

    auto operator<=>(const Base&) const = default;
};

std::set<Base> find_bases(const catalog::Image& image, const std::set<std::string>& built_here) {
    std::set<Base> bases;
    for (std::size_t i = 0; i < image.parents.size(); ++i) {
        if (!built_here.contains(image.parent_refs[i])) {
            const dockerfile::Parent& parent = image.parents[i];
            bases.insert(
                {parent.reference,
                 parent.platform.empty() ? image.manifest->platform : parent.platform}
            );
        }
    }
    return bases;
}

/// An engine call that begins after the cancellation would not be told, and run to its end.
net::awaitable<Result<void>> check_cancelled() {
    const net::cancellation_state state = co_await net::this_coro::cancellation_state;
    if (state.cancelled() != net::cancellation_type::none) {
        co_return fail(ErrorCode::cancelled, "stopped before the engine was asked");
    }
    co_return Result<void>{};
}

net::awaitable<Result<Credentials>> find_credentials(Workshop& workshop, std::string domain) {
    auto found =
        co_await run_blocking(workshop.blocking, [&] { return workshop.credentials.find(domain); });
    if (!found) {
        co_return fail_within("credentials for " + domain, found.error());
    }
    co_return found;
}

/// What was refused is not tried again: a helper may have better credentials the next time.
void forget_refused(Workshop& workshop, const std::string& domain, const Error& error) {
    if (error.code == ErrorCode::denied) {
        workshop.credentials.forget(domain);
    }
}

net::awaitable<Result<void>> pull_base(
    Workshop& workshop, const Base& base, const engine::LogSink& log
) {
    const auto reference = model::parse_image_ref(base.reference);
    if (!reference) {
        co_return std::unexpected(reference.error());
    }
    const std::string name = to_string(with_default_tag(*reference));
    auto credentials = co_await find_credentials(workshop, reference->domain);
    if (!credentials) {
        co_return std::unexpected(credentials.error());
    }
    if (auto go_on = co_await check_cancelled(); !go_on) {
        co_return go_on;
    }
    say(log, LogLine::Kind::step, "pulling " + base.reference);
    auto pulled = co_await workshop.engine.pull(
        name, base.platform, std::move(*credentials), log, workshop.limits
    );
    if (pulled || pulled.error().code == ErrorCode::cancelled) {
        co_return pulled;
    }
    forget_refused(workshop, reference->domain, pulled.error());
    const auto own = co_await workshop.engine.inspect(name);
    if (own && *own) {
        say(log,
            LogLine::Kind::warning,
            pulled.error().message + "; using the engine's own copy of " + base.reference);
        co_return Result<void>{};
    }
    co_return fail_within("pulling " + base.reference, pulled.error());
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

/// The digest that a reference has in its registry.
net::awaitable<Result<std::optional<std::string>>> find_in_registry(
    Workshop& workshop, model::ImageRef reference
) {
    const std::string domain = reference.domain;
    auto credentials = co_await find_credentials(workshop, domain);
    if (!credentials) {
        co_return std::unexpected(credentials.error());
    }
    auto found =
        co_await workshop.registries->find_digest(std::move(reference), std::move(*credentials));
    if (!found) {
        forget_refused(workshop, domain, found.error());
    }
    co_return found;
}

/// After a push: the name holds what was pushed. A registry that can't be asked from here, though
/// the engine reached it, is told of and no error.
net::awaitable<Result<void>> check_held(
    Workshop& workshop, model::ImageRef reference, std::string digest, engine::LogSink log
) {
    if (workshop.registries == nullptr) {
        co_return Result<void>{};
    }
    const auto held = co_await find_in_registry(workshop, reference);
    if (!held) {
        say(log,
            LogLine::Kind::warning,
            "pushed, but whether the registry holds it is unknown: " + held.error().message);
        co_return Result<void>{};
    }
    if (*held != digest) {
        co_return fail(
            ErrorCode::failed,
            "pushed " + digest + ", but " + to_string(reference) + " is " +
                held->value_or("nothing") +
                " in the registry: somebody else pushes or deletes this name"
        );
    }
    co_return Result<void>{};
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
    const std::set<std::string>& built_here,
    engine::LogSink log
) {
    for (const Base& base : find_bases(image, built_here)) {
        if (auto pulled = co_await pull_base(workshop, base, log); !pulled) {
            co_return std::unexpected(pulled.error());
        }
    }
    auto context =
        co_await run_blocking(workshop.blocking, [&] { return open_context(source, image); });
    if (!context) {
        co_return fail_within("the build context of " + step.folder, context.error());
    }
    if (auto go_on = co_await check_cancelled(); !go_on) {
        co_return std::unexpected(go_on.error());
    }
    const std::shared_ptr<OpenContext> open = std::move(*context);
    engine::BuildRequest request = make_request(source, image, step, open->dockerfile);
    request.builder = workshop.builder;
    // Not written inside the co_await: GCC 12 destroys a closure there twice.
    engine::ContextSource next = [open] { return open->tar->next(); };
    auto built =
        co_await workshop.engine.build(std::move(request), std::move(next), log, workshop.limits);
    if (!built) {
        co_return std::unexpected(built.error());
    }
    co_return built->id;
}

net::awaitable<Result<std::string>> push_reference(
    Workshop& workshop,
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
    if (auto tagged = co_await workshop.engine.tag(image_id, to_string(*parsed)); !tagged) {
        co_return fail_within("tagging " + reference, tagged.error());
    }
    say(log, LogLine::Kind::step, "pushing " + reference);
    auto pushed = co_await workshop.engine.push(
        to_string(*parsed), std::move(*credentials), log, workshop.limits
    );
    if (!pushed) {
        forget_refused(workshop, parsed->domain, pushed.error());
        const std::string advice = says_immutable(pushed.error())
                                       ? ", which its registry does not let be overwritten: give "
                                         "its manifest.yml a new version"
                                       : "";
        co_return fail_within("pushing " + reference + advice, pushed.error());
    }
    auto held = co_await check_held(workshop, *parsed, pushed->digest, log);
    if (!held) {
        co_return std::unexpected(held.error());
    }
    co_return pushed->digest;
}

net::awaitable<Result<void>> check_not_taken(Workshop& workshop, const store::Step& step) {
    for (const std::string& reference : step.references) {
        if (step.digests.contains(reference)) {
            continue;
        }
        const auto parsed = model::parse_image_ref(reference);
        if (!parsed) {
            co_return std::unexpected(parsed.error());
        }
        const auto taken = co_await find_in_registry(workshop, *parsed);
        if (!taken) {
            co_return fail_within("whether " + reference + " is taken", taken.error());
        }
        if (*taken) {
            co_return fail(
                ErrorCode::failed,
                reference + " is in its registry already (" + **taken +
                    "), and this repository does not overwrite: give " +
                    catalog::path_in(
                        step.folder == "." ? "" : step.folder, catalog::manifest_name
                    ) +
                    " a new version"
            );
        }
    }
    co_return Result<void>{};
}

}  // namespace slipway::factory
