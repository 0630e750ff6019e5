#include "server/factory/unchanged.hpp"

#include "core/base/strong_id.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/repository.hpp"
#include "core/ledger/input_ids.hpp"
#include "core/model/image_ref.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/base/run_blocking.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/bases.hpp"
#include "server/factory/registries.hpp"
#include "server/factory/work.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using wire::LogLine;
using Texts = std::map<std::string, std::string>;

std::size_t index_of(const Source& source, const store::Step& step) {
    return source.catalog.find(step.folder == "." ? "" : step.folder).value();
}

/// The external bases of an image, as its Dockerfile names them: those that no image of the
/// repository makes.
std::set<std::string> external_bases(const catalog::Catalog& catalog, std::size_t index) {
    std::set<std::string> made_here;
    for (const std::uint32_t parent : catalog.parents(index)) {
        const catalog::Image image = catalog.image(parent);
        made_here.insert(image.produces.begin(), image.produces.end());
    }
    const catalog::Image image = catalog.image(index);
    std::set<std::string> bases;
    for (const std::string& reference : image.parent_refs) {
        if (!reference.empty() && !made_here.contains(reference)) {
            bases.insert(reference);
        }
    }
    return bases;
}

/// Of the image and all that it is built on in the repository.
std::set<std::string> all_external_bases(const catalog::Catalog& catalog, std::size_t index) {
    std::set<std::string> bases;
    std::set<std::size_t> seen{index};
    std::vector<std::size_t> open{index};
    while (!open.empty()) {
        const std::size_t image = open.back();
        open.pop_back();
        bases.merge(external_bases(catalog, image));
        for (const std::uint32_t parent : catalog.parents(image)) {
            if (seen.insert(parent).second) {
                open.push_back(parent);
            }
        }
    }
    return bases;
}

std::string input_id_of(const Source& source, std::size_t index, ledger::BaseDigests digests) {
    const auto repository = git::Repository::open(source.git_folder);
    if (!repository) {
        return "";
    }
    ledger::InputIds ids(**repository, source.catalog, std::move(digests));
    const auto id = ids.of(index);
    return id && *id ? **id : "";
}

/// The digest that all references of a ledger's entry have; empty where they differ.
std::string one_digest(const store::LedgerEntry& entry) {
    std::set<std::string> digests;
    for (const auto& [reference, digest] : entry.digests) {
        digests.insert(digest);
    }
    return digests.size() == 1 ? *digests.begin() : "";
}

/// Whether the registry holds `digest` under this name, if need be under a new tag.
net::awaitable<bool> make_held(
    Workshop& workshop, std::string reference, std::string digest, engine::LogSink log
) {
    const auto parsed = model::parse_image_ref(reference);
    if (!parsed) {
        co_return false;
    }
    const auto held = co_await find_in_registry(workshop, *parsed);
    if (held && *held == digest) {
        co_return true;
    }
    if (!held || (workshop.refuse_overwrite && *held)) {
        co_return false;
    }
    auto credentials = co_await find_credentials(workshop, parsed->domain);
    if (!credentials) {
        co_return false;
    }
    const auto tagged = co_await workshop.registries->tag_digest(
        *parsed, digest, std::move(*credentials), workshop.trace
    );
    if (tagged) {
        log({LogLine::Kind::step, "tagged " + reference + " anew, as " + digest});
    }
    co_return tagged.has_value();
}

net::awaitable<std::optional<Texts>> find_held(
    Workshop& workshop, store::Step step, std::string digest, engine::LogSink log
) {
    Texts digests;
    for (const std::string& reference : step.references) {
        if (!co_await make_held(workshop, reference, digest, log)) {
            co_return std::nullopt;
        }
        digests.emplace(reference, digest);
    }
    co_return digests;
}

}  // namespace

net::awaitable<Foreknown> foreknow(
    Workshop& workshop,
    const Source& source,
    Bases& bases,
    const store::Step& step,
    bool may_end,
    engine::LogSink log
) {
    Foreknown known;
    const std::size_t index = index_of(source, step);
    const std::set<std::string> own = external_bases(source.catalog, index);
    ledger::BaseDigests digests;
    for (const std::string& reference : all_external_bases(source.catalog, index)) {
        const std::string digest = co_await bases.find_digest(workshop, reference, log);
        if (digest.empty()) {
            co_return known;
        }
        digests.emplace(reference, digest);
        if (own.contains(reference)) {
            known.bases.emplace(reference, digest);
        }
    }
    known.input_id = co_await run_blocking(workshop.blocking, [&] {
        return input_id_of(source, index, digests);
    });
    if (!may_end || known.input_id.empty() || !step.push) {
        co_return known;
    }
    const std::optional<store::LedgerEntry> pushed = co_await workshop.find_pushed(step.folder);
    if (!pushed || pushed->input_id != known.input_id) {
        co_return known;
    }
    const std::string digest = one_digest(*pushed);
    if (digest.empty() || workshop.registries == nullptr) {
        co_return known;
    }
    known.digests = co_await find_held(workshop, step, digest, log);
    known.why = "its content is what build " +
                std::to_string(pushed->build.value_or(BuildId{}).value) + " pushed for commit " +
                pushed->commit.substr(0, 10);
    co_return known;
}

}  // namespace slipway::factory
