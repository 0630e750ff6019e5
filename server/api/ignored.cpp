#include "server/api/ignored.hpp"

#include "core/model/object_id.hpp"
#include "server/config/config.hpp"
#include "server/factory/policy.hpp"

#include <string>

namespace slipway::api {

std::string reason_to_ignore(const config::Repository& repository, const Push& push) {
    if (push.after.empty() || push.event == "merge_request") {
        return "event '" + push.event + "' is not a push";
    }
    if (model::classify_id(push.after) == model::IdKind::zeros) {
        return push.ref + " was deleted";
    }
    if (push.before == push.after) {
        return "nothing changed: before and after are the same commit";
    }
    if (!factory::find_policy(repository, push.ref)) {
        return "no branch rule matches " + push.ref;
    }
    return {};
}

}  // namespace slipway::api
