#include "server/api/json_fields.hpp"

#include "server/base/clock.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace slipway::api {

using nlohmann::ordered_json;

ordered_json or_null(const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(text);
}

ordered_json or_null(const std::optional<store::Time>& time) {
    return time ? ordered_json(rfc3339(*time)) : ordered_json();
}

ordered_json parsed(const std::string& text) {
    const ordered_json json = ordered_json::parse(text, nullptr, false);
    return json.is_discarded() ? ordered_json() : json;
}

}  // namespace slipway::api
