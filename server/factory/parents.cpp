#include "server/factory/parents.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/image_codec.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "core/model/build_state.hpp"
#include "core/model/image_ref.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/bases.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/pull_image.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

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
            bases_.set_home(step.engine);  // from before a restart
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
        wish.only = bases_.home();
    }
    for (const int need : step.needs) {
        const store::Step& parent = at(need);
        (parent.push ? wish.preferred : wish.only) = parent.engine;
    }
    return wish;
}

bool Parents::settle(const store::Step& step, const EngineSeat& seat) {
    if (!step.push && bases_.home().empty()) {
        bases_.set_home(seat.name);
    }
    return step.push || bases_.home() == seat.name;
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
                .made_by = is_pushed ? maker.value_or("") : "",
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
        if (auto had = co_await bases_.provide(workshop, seat, base, log); !had) {
            co_return had;
        }
    }
    co_return Result<void>{};
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
