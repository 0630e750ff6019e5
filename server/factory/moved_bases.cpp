#include "server/factory/moved_bases.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/log.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/factory/policy.hpp"
#include "server/store/report.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

/// The branches that are pushed and open.
std::set<std::string> followed_refs(
    const config::Repository& repository, const std::vector<store::Branch>& branches
) {
    std::set<std::string> refs;
    for (const store::Branch& branch : branches) {
        const auto policy = find_policy(repository, branch.ref);
        if (branch.ref.starts_with("refs/heads/") && !branch.closed && policy && policy->push) {
            refs.insert(branch.ref);
        }
    }
    return refs;
}

void add_uses(const store::LedgerEntry& entry, BaseUses& uses) {
    for (const auto& [reference, digest] : entry.bases) {
        const auto parsed = model::parse_image_ref(reference);
        if (parsed && parsed->digest.empty()) {
            uses[to_string(with_default_tag(*parsed))].push_back(
                {entry.ref, entry.folder, reference, digest}
            );
        }
    }
}

/// When it was seen; empty where nothing of the kind was written.
std::string seen_of(const std::string& moved) {
    const auto json = nlohmann::json::parse(moved, nullptr, false);
    const auto seen = json.is_object() ? json.find("seen") : json.end();
    return seen != json.end() && seen->is_string() ? seen->get<std::string>() : "";
}

/// (Branch, when it was seen) → folders.
using Moves = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

Moves find_moves(const std::vector<store::LedgerEntry>& owed) {
    Moves moves;
    for (const store::LedgerEntry& entry : owed) {
        if (entry.owed && !entry.owed->moved.empty()) {
            moves[{entry.ref, seen_of(entry.owed->moved)}].push_back(entry.folder);
        }
    }
    return moves;
}

}  // namespace

BaseUses find_base_uses(
    const config::Repository& repository,
    const std::vector<store::LedgerEntry>& entries,
    const std::vector<store::Branch>& branches
) {
    const std::set<std::string> refs = followed_refs(repository, branches);
    BaseUses uses;
    for (const store::LedgerEntry& entry : entries) {
        const bool is_held = !entry.commit.empty() && !entry.removed && !entry.owed;
        if (is_held && refs.contains(entry.ref)) {
            add_uses(entry, uses);
        }
    }
    return uses;
}

std::string moved_json(const BaseUse& use, std::string_view digest, std::string_view seen) {
    nlohmann::ordered_json json;
    json["reference"] = use.written;
    json["from"] = use.digest;
    json["to"] = digest;
    json["seen"] = seen;
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

net::awaitable<Result<std::vector<store::LedgerEntry>>> read_ledger(
    store::Store& store, store::LedgerQuery query
) {
    std::vector<store::LedgerEntry> entries;
    std::size_t got = 0;
    do {
        auto page = co_await store.ledger(query);
        if (!page) {
            co_return std::unexpected(page.error());
        }
        got = page->size();
        query.offset += query.limit;
        entries.insert(
            entries.end(),
            std::make_move_iterator(page->begin()),
            std::make_move_iterator(page->end())
        );
    } while (got == static_cast<std::size_t>(query.limit));
    co_return entries;
}

net::awaitable<Result<std::size_t>> request_moved(
    store::Store& store, std::string repository, store::Reports reports
) {
    store::LedgerQuery query;
    query.repository = repository;
    query.owed_only = true;
    const auto owed = co_await read_ledger(store, query);
    if (!owed) {
        co_return std::unexpected(owed.error());
    }
    std::size_t asked_for = 0;
    for (auto& [where, folders] : find_moves(*owed)) {
        const auto& [ref, seen] = where;
        store::NewBuild build;
        build.repository = repository;
        build.ref = ref;
        build.trigger = store::Trigger::reconcile;
        build.folders = folders;
        build.reports = reports;
        build.trace = new_trace();
        std::string key = "base moved " + ref;
        key += " " + seen;
        const auto asked = co_await store.request(build, std::move(key));
        if (!asked) {
            co_return std::unexpected(asked.error());
        }
        if (!asked->duplicate && asked->build) {
            ++asked_for;
            log::info(
                "bases moved: asked for a build on the new ones",
                {{"build", asked->build->value},
                 {"repository", repository},
                 {"ref", ref},
                 {"folders", static_cast<std::int64_t>(folders.size())},
                 {"trace_id", build.trace->trace_id}}
            );
        }
    }
    co_return asked_for;
}

}  // namespace slipway::factory
