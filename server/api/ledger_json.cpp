#include "server/api/ledger_json.hpp"

#include "core/base/strong_id.hpp"
#include "server/api/json_fields.hpp"
#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>
#include <optional>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

ordered_json build_json(const store::Owed& owed) {
    return or_null(owed.build == BuildId{} ? std::optional<BuildId>() : owed.build);
}

ordered_json to_json(const store::Owed& owed) {
    return {
        {"since", rfc3339(owed.since)},
        {"why", owed.why},
        {"commit", or_null(owed.commit)},
        {"tree", or_null(owed.tree)},
        {"build", build_json(owed)},
        {"moved", parsed(owed.moved)},
    };
}

}  // namespace

ordered_json to_json(const store::LedgerEntry& entry) {
    return {
        {"repository", entry.repository},
        {"ref", entry.ref},
        {"folder", entry.folder},
        {"image", or_null(entry.image)},
        {"references", entry.references},
        {"digests", entry.digests},
        {"commit", or_null(entry.commit)},
        {"tree", or_null(entry.tree)},
        {"input_id", or_null(entry.input_id)},
        {"bases", entry.bases},
        {"build", or_null(entry.build)},
        {"pushed", or_null(entry.pushed)},
        {"owed", entry.owed ? to_json(*entry.owed) : ordered_json()},
        {"removed", or_null(entry.removed)},
        {"moved_to", or_null(entry.moved_to)},
    };
}

ordered_json to_owed_json(const store::LedgerEntry& entry) {
    const store::Owed owed = entry.owed.value_or(store::Owed{});
    return {
        {"repository", entry.repository},
        {"ref", entry.ref},
        {"folder", entry.folder},
        {"image", or_null(entry.image)},
        {"since", rfc3339(owed.since)},
        {"why", owed.why},
        {"commit", or_null(owed.commit)},
        {"pushed_commit", or_null(entry.commit)},
        {"build", build_json(owed)},
        {"moved", parsed(owed.moved)},
    };
}

}  // namespace slipway::api
