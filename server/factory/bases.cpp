#include "server/factory/bases.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/caught.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/pull_image.hpp"
#include "server/factory/registries.hpp"
#include "server/factory/work.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <expected>
#include <memory>
#include <string>
#include <utility>

namespace slipway::factory {
namespace {

using wire::LogLine;

std::unexpected<Error> fail_without_copy(const Base& base, Error error) {
    if (error.code == ErrorCode::not_found) {
        error.message += "; rebuild " + base.made_by + " to have it pushed";
    }
    return fail_within("pulling " + base.reference + ", the image of " + base.made_by, error);
}

}  // namespace

net::awaitable<std::string> Bases::find_digest(
    Workshop& workshop, std::string reference, engine::LogSink log
) {
    const auto parsed = model::parse_image_ref(reference);
    if (!parsed || workshop.registries == nullptr) {
        co_return "";
    }
    if (!parsed->digest.empty()) {
        co_return parsed->digest;
    }
    const model::ImageRef named = with_default_tag(*parsed);
    const std::string key = to_string(named);
    if (const auto known = digests_.find(key); known != digests_.end()) {
        co_return known->second;
    }
    auto found = co_await find_in_registry(workshop, named);
    if (!found || !*found) {
        const std::string why = found ? "its registry has none" : found.error().message;
        log({LogLine::Kind::warning, "the digest of " + reference + " is unknown: " + why});
        co_return "";
    }
    std::string digest = **found;
    if (workshop.pin_base) {
        auto pinned = co_await workshop.pin_base(key, digest);
        digest = pinned.value_or(digest);
    }
    log({LogLine::Kind::step, reference + " is " + digest});
    co_return digests_.emplace(key, digest).first->second;
}

net::awaitable<Result<void>> Bases::provide(
    Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
) {
    const auto key = std::pair(seat.name, base);
    if (const auto found = pulls_.find(key); found != pulls_.end()) {
        const std::shared_ptr<Pull> under_way = found->second;
        if (!under_way->outcome) {
            co_await under_way->done.async_wait(net::as_tuple(net::use_awaitable));
        }
        co_return under_way->outcome.value_or(
            fail(ErrorCode::cancelled, "stopped while " + base.reference + " was pulled")
        );
    }
    const auto under_way = std::make_shared<Pull>(
        Pull{.done = net::steady_timer(executor_, net::steady_timer::time_point::max())}
    );
    pulls_.emplace(key, under_way);
    auto outcome = co_await caught(pull(workshop, seat, base, log));
    pulls_.erase(key);
    under_way->outcome = outcome;
    under_way->done.cancel();
    co_return outcome;
}

net::awaitable<Result<void>> Bases::pull(
    Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
) {
    const auto reference = model::parse_image_ref(base.reference);
    if (!reference) {
        co_return std::unexpected(reference.error());
    }
    const model::ImageRef named = with_default_tag(*reference);
    const std::string digest = co_await find_digest(workshop, base.reference, log);
    const std::string wanted = digest.empty() ? to_string(named) : pinned(named, digest);
    if (!digest.empty() && base.platform.empty()) {
        const auto there = co_await seat.engine->inspect(wanted);
        if (there && *there) {
            co_return co_await name_as(seat, wanted, named);
        }
    }
    auto credentials = co_await find_credentials(workshop, named.domain);
    if (!credentials) {
        co_return std::unexpected(credentials.error());
    }
    log({LogLine::Kind::step, "pulling " + base.reference});
    auto pulled = co_await seat.engine->pull(
        wanted, base.platform, std::move(*credentials), log, workshop.limits
    );
    if (pulled) {
        co_return co_await name_as(seat, wanted, named);
    }
    if (pulled.error().code == ErrorCode::cancelled) {
        co_return pulled;
    }
    if (forget_refused(workshop, named.domain, pulled.error())) {
        co_return fail_within("pulling " + base.reference, pulled.error());
    }
    if (!base.made_by.empty()) {
        co_return fail_without_copy(base, pulled.error());
    }
    std::string held = named.digest.empty() ? to_string(named) : wanted;
    const auto own = co_await seat.engine->inspect(std::move(held));
    if (own && *own) {
        log(
            {LogLine::Kind::warning,
             pulled.error().message + "; using the engine's own copy of " + base.reference}
        );
        co_return Result<void>{};
    }
    co_return fail_within("pulling " + base.reference, pulled.error());
}

}  // namespace slipway::factory
