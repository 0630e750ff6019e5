#include "server/factory/parents.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/image_codec.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "core/model/build_state.hpp"
#include "core/model/image_ref.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/caught.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/registries.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
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

/// `name@digest`.
std::string pinned(const model::ImageRef& reference, const std::string& digest) {
    return reference.name() + "@" + digest;
}

/// What was pushed to the repository of this name, under whichever tag.
std::string digest_under(const store::LedgerEntry& entry, const model::ImageRef& wanted) {
    for (const auto& [reference, digest] : entry.digests) {
        const auto parsed = model::parse_image_ref(reference);
        if (parsed && parsed->name() == wanted.name()) {
            return digest;
        }
    }
    return "";
}

/// Whether another engine than `seat` has the image of a step, or only its registry.
bool is_elsewhere(const store::Step& parent, const EngineSeat& seat) {
    return parent.state == model::StepState::unchanged ||
           (!parent.engine.empty() && parent.engine != seat.name);
}

/// Makes `reference` name in the engine what it has as `held`. One with a digest needs no name, and
/// can't be given to an image.
net::awaitable<Result<void>> name_as(
    EngineSeat& seat, std::string held, const model::ImageRef& reference
) {
    std::string name = to_string(reference);
    if (!reference.digest.empty() || held == name) {
        co_return Result<void>{};
    }
    co_return co_await seat.engine->tag(std::move(held), std::move(name));
}

}  // namespace

Parents::Parents(Bases& bases, const Source& source, const std::vector<store::Step>& steps)
    : bases_(bases), source_(source), steps_(steps) {
    for (const store::Step& step : steps) {
        const std::string& folder = step.folder;
        if (const auto image = source.catalog.find(folder == "." ? "" : folder)) {
            catalog::NameReader names(source.catalog.record(*image));
            names.each([&](std::string_view reference) {
                made_here_.emplace(reference, step.position);
            });
        }
        if (!step.push && step.state == model::StepState::built) {
            bases_.home_ = step.engine;  // from before a restart
        }
    }
}

const store::Step& Parents::at(int position) const {
    return *std::ranges::lower_bound(steps_, position, {}, &store::Step::position);
}

bool Parents::are_unchanged(const store::Step& step) const {
    return std::ranges::all_of(step.needs, [&](int need) {
        return at(need).state == model::StepState::unchanged;
    });
}

Wish Parents::wish(const Workshop& workshop, const store::Step& step) const {
    Wish wish{.labels = workshop.engine_labels};
    if (step.state == model::StepState::built) {
        wish.only = step.engine;
        return wish;
    }
    if (!step.push) {
        wish.only = bases_.home_;
    }
    for (const int need : step.needs) {
        const store::Step& parent = at(need);
        (parent.push ? wish.preferred : wish.only) = parent.engine;
    }
    return wish;
}

bool Parents::settle(const store::Step& step, const EngineSeat& seat) {
    if (!step.push && bases_.home_.empty()) {
        bases_.home_ = seat.name;
    }
    return step.push || bases_.home_ == seat.name;
}

net::awaitable<Result<void>> Parents::provide(
    Workshop& workshop,
    EngineSeat& seat,
    const catalog::Image& image,
    bool is_pushed,
    engine::LogSink log
) {
    std::set<Base> bases;
    std::set<std::string> moved;
    std::map<std::string, std::string> from_ledger;
    for (std::size_t i = 0; i < image.parents.size(); ++i) {
        const dockerfile::Parent& parent = image.parents[i];
        const auto made = made_here_.find(image.parent_refs[i]);
        if (made == made_here_.end()) {
            const auto maker = find_maker(image, image.parent_refs[i]);
            if (maker) {
                std::string pushed = co_await find_pushed(workshop, *maker, image.parent_refs[i]);
                if (!pushed.empty()) {
                    from_ledger.emplace(image.parent_refs[i], std::move(pushed));
                    continue;
                }
            }
            const std::string& platform = image.manifest->platform;
            bases.insert({
                .reference = parent.reference,
                .platform = parent.platform.empty() ? platform : parent.platform,
                .needs_registry = maker && is_pushed,
            });
        } else if (is_elsewhere(at(made->second), seat)) {
            moved.insert(image.parent_refs[i]);
        }
    }
    for (const std::string& reference : moved) {
        if (auto had = co_await pull_parent(workshop, seat, reference, log); !had) {
            co_return had;
        }
    }
    for (const auto& [reference, digest] : from_ledger) {
        const std::string why = "which its branch has pushed";
        if (auto had = co_await pull_pinned(workshop, seat, reference, digest, why, log); !had) {
            co_return had;
        }
    }
    for (const Base& base : bases) {
        if (auto had = co_await provide_base(workshop, seat, base, log); !had) {
            co_return had;
        }
    }
    co_return Result<void>{};
}

/// Those that need a base at the same time get it together. Each time it is looked for anew:
/// another build may have moved its name, and an engine may have lost it.
net::awaitable<Result<void>> Parents::provide_base(
    Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
) {
    const auto key = std::pair(seat.name, base);
    if (const auto found = bases_.pulls_.find(key); found != bases_.pulls_.end()) {
        const std::shared_ptr<Pull> pull = found->second;
        if (!pull->outcome) {
            co_await pull->done.async_wait(net::as_tuple(net::use_awaitable));
        }
        co_return pull->outcome.value_or(
            fail(ErrorCode::cancelled, "stopped while " + base.reference + " was pulled")
        );
    }
    const auto pull = std::make_shared<Pull>(
        Pull{.done = net::steady_timer(bases_.executor_, net::steady_timer::time_point::max())}
    );
    bases_.pulls_.emplace(key, pull);
    auto outcome = co_await caught(pull_base(workshop, seat, base, log));
    bases_.pulls_.erase(key);
    pull->outcome = outcome;
    pull->done.cancel();
    co_return outcome;
}

net::awaitable<Result<void>> Parents::pull_base(
    Workshop& workshop, EngineSeat& seat, Base base, engine::LogSink log
) {
    const auto reference = model::parse_image_ref(base.reference);
    if (!reference) {
        co_return std::unexpected(reference.error());
    }
    const model::ImageRef named = with_default_tag(*reference);
    const std::string digest = co_await bases_.find_digest(workshop, base.reference, log);
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
    if (base.needs_registry) {
        co_return fail_within(
            "pulling " + base.reference + ", an image of this repository", pulled.error()
        );
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

net::awaitable<Result<void>> Parents::pull_parent(
    Workshop& workshop, EngineSeat& seat, std::string reference, engine::LogSink log
) {
    const store::Step& parent = at(made_here_.at(reference));
    const auto parsed = model::parse_image_ref(reference);
    if (!parsed || parent.digests.empty()) {
        co_return fail(
            ErrorCode::failed,
            reference + " was built on engine " + parent.engine +
                " and not pushed, so that engine " + seat.name + " can't have it"
        );
    }
    const std::string why = parent.engine.empty() ? "which was not built anew"
                                                  : "which engine " + parent.engine + " built";
    std::string digest = parent.digests.begin()->second;
    co_return co_await pull_pinned(workshop, seat, reference, std::move(digest), why, log);
}

net::awaitable<Result<void>> Parents::pull_pinned(
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

std::optional<std::string> Parents::find_maker(
    const catalog::Image& image, const std::string& reference
) const {
    const auto index = source_.catalog.find(image.folder);
    if (!index) {
        return std::nullopt;
    }
    for (const std::uint32_t parent : source_.catalog.parents(*index)) {
        const catalog::Image maker = source_.catalog.image(parent);
        if (std::ranges::find(maker.produces, reference) != maker.produces.end()) {
            return catalog::shown_folder(maker.folder);
        }
    }
    return std::nullopt;
}

/// By its name an engine has what any branch built last.
net::awaitable<std::string> Parents::find_pushed(
    Workshop& workshop, std::string folder, std::string reference
) {
    const auto parsed = model::parse_image_ref(reference);
    if (!parsed || !workshop.find_pushed) {
        co_return "";
    }
    const auto entry = co_await workshop.find_pushed(std::move(folder));
    co_return entry ? digest_under(*entry, *parsed) : "";
}

}  // namespace slipway::factory
