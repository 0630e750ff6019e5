#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace slipway::api {

// A field's value, `null` for nothing.
[[nodiscard]] nlohmann::ordered_json or_null(const std::string& text);
[[nodiscard]] nlohmann::ordered_json or_null(const std::optional<store::Time>& time);

template <class Tag>
[[nodiscard]] nlohmann::ordered_json or_null(const std::optional<StrongId<Tag>>& id) {
    return id ? nlohmann::ordered_json(id->value) : nlohmann::ordered_json();
}

/// Our own JSON out of the store; what is damaged there is shown as nothing.
[[nodiscard]] nlohmann::ordered_json parsed(const std::string& text);

}  // namespace slipway::api
