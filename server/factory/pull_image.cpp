#include "server/factory/pull_image.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/registries.hpp"
#include "server/factory/work.hpp"

#include <boost/asio/awaitable.hpp>

#include <expected>
#include <string>
#include <utility>

namespace slipway::factory {

using wire::LogLine;

std::string pinned(const model::ImageRef& reference, const std::string& digest) {
    return reference.name() + "@" + digest;
}

net::awaitable<Result<void>> name_as(
    EngineSeat& seat, std::string held, model::ImageRef reference
) {
    std::string name = to_string(reference);
    if (!reference.digest.empty() || held == name) {
        co_return Result<void>{};
    }
    co_return co_await seat.engine->tag(std::move(held), std::move(name));
}

net::awaitable<Result<void>> pull_pinned(
    Workshop& workshop,
    EngineSeat& seat,
    std::string reference,
    std::string digest,
    std::string why,
    engine::LogSink log
) {
    const auto parsed = model::parse_image_ref(reference);
    if (!parsed) {
        co_return std::unexpected(parsed.error());
    }
    const std::string wanted = pinned(*parsed, digest);
    const auto there = co_await seat.engine->inspect(wanted);
    if (there && *there) {
        co_return co_await name_as(seat, wanted, *parsed);
    }
    auto credentials = co_await find_credentials(workshop, parsed->domain);
    if (!credentials) {
        co_return std::unexpected(credentials.error());
    }
    log({LogLine::Kind::step, "pulling " + reference + ", " + why});
    auto pulled =
        co_await seat.engine->pull(wanted, "", std::move(*credentials), log, workshop.limits);
    if (!pulled) {
        forget_refused(workshop, parsed->domain, pulled.error());
        co_return fail_within("pulling " + reference, pulled.error());
    }
    co_return co_await name_as(seat, wanted, *parsed);
}

}  // namespace slipway::factory
