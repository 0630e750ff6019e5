#include "server/factory/registries.hpp"

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/model/image_ref.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/credentials.hpp"
#include "server/base/run_blocking.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/work.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace slipway::factory {

net::awaitable<Result<Credentials>> find_credentials(Workshop& workshop, std::string domain) {
    auto found =
        co_await run_blocking(workshop.blocking, [&] { return workshop.credentials.find(domain); });
    if (!found) {
        co_return fail_within("credentials for " + domain, found.error());
    }
    co_return found;
}

bool forget_refused(Workshop& workshop, const std::string& domain, Error& error) {
    if (error.code != ErrorCode::denied || !workshop.credentials.forget(domain)) {
        return false;
    }
    error.code = ErrorCode::unavailable;
    return true;
}

net::awaitable<Result<std::optional<std::string>>> find_in_registry(
    Workshop& workshop, model::ImageRef reference
) {
    const std::string domain = reference.domain;
    auto credentials = co_await find_credentials(workshop, domain);
    if (!credentials) {
        co_return std::unexpected(credentials.error());
    }
    auto found = co_await workshop.registries->find_digest(
        std::move(reference), std::move(*credentials), workshop.trace
    );
    if (!found) {
        forget_refused(workshop, domain, found.error());
    }
    co_return found;
}

net::awaitable<Result<std::optional<std::string>>> find_same_image(
    Workshop& workshop, model::ImageRef reference, std::string image_id
) {
    if (workshop.registries == nullptr) {
        co_return std::optional<std::string>();
    }
    auto credentials = co_await find_credentials(workshop, reference.domain);
    if (!credentials) {
        co_return std::unexpected(credentials.error());
    }
    co_return co_await workshop.registries->find_image(
        std::move(reference), std::move(image_id), std::move(*credentials), workshop.trace
    );
}

net::awaitable<Result<void>> check_held(
    Workshop& workshop, model::ImageRef reference, std::string digest, engine::LogSink log
) {
    if (workshop.registries == nullptr) {
        co_return Result<void>{};
    }
    const auto held = co_await find_in_registry(workshop, reference);
    if (!held) {
        log(
            {wire::LogLine::Kind::warning,
             "pushed, but whether the registry holds it is unknown: " + held.error().message}
        );
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

net::awaitable<void> ask_for_wait(Workshop& workshop, model::ImageRef reference, Error& error) {
    if (error.code != ErrorCode::unavailable || workshop.registries == nullptr) {
        co_return;
    }
    const auto asked = co_await find_in_registry(workshop, std::move(reference));
    error.retry_after = asked ? std::chrono::seconds(0) : asked.error().retry_after;
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
