#include "core/plan/owed.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/git/source_tree.hpp"
#include "core/plan/changes.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::plan {
namespace {

Reason owed_reason(const std::string& since, const std::string& why) {
    Reason reason;
    reason.kind = ReasonKind::owed;
    reason.since = since;
    reason.why = why;
    return reason;
}

Reason moved_reason(const BaseMove& moved) {
    Reason reason;
    reason.kind = ReasonKind::base_moved;
    reason.reference = moved.reference;
    reason.from = moved.from;
    reason.to = moved.to;
    return reason;
}

}  // namespace

Reasons find_owed(const catalog::Catalog& after, const std::vector<OwedFolder>& folders) {
    Reasons reasons;
    for (const OwedFolder& owed : folders) {
        if (const auto image = after.find(catalog::stored_folder(owed.folder))) {
            reasons[static_cast<std::uint32_t>(*image)].push_back(
                owed.moved ? moved_reason(*owed.moved) : owed_reason(owed.since, owed.why)
            );
        }
    }
    return reasons;
}

Result<Reasons> find_missed(git::SourceTree& tree, const Sides& sides, const LastPlanned& last) {
    // Nearly always: the push begins where the last plan ended.
    if (last.tree == sides.before_tree) {
        return Reasons{};
    }
    auto missed = find_changes(tree, {last.catalog, sides.after, last.tree, sides.after_tree});
    if (missed) {
        for (auto& [image, reasons] : *missed) {
            reasons = {owed_reason(last.since, last.why)};
        }
    }
    return missed;
}

}  // namespace slipway::plan
