#pragma once

#include "server/store/store.hpp"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace slipway::api {

enum class Mood : std::uint8_t { good, pending, bad, unknown };

/// `label | message`: never by colour alone.
struct Badge {
    std::string label;
    std::string message;
    Mood mood = Mood::unknown;
};

/// Of a folder on one branch; null: nothing was ever to be pushed of it.
[[nodiscard]] Badge badge_of_image(std::string label, const store::LedgerEntry* entry);

/// Of a branch: what is owed of it, at most `most` entries, and whether anything is known of it at
/// all.
[[nodiscard]] Badge badge_of_branch(
    std::string label, const std::vector<store::LedgerEntry>& owed, std::size_t most, bool is_known
);

/// An image that names itself to a screen reader. Text from outside is escaped, and cut at 64
/// characters.
[[nodiscard]] std::string to_svg(const Badge& badge);

/// As shields.io wants it (https://shields.io/badges/endpoint-badge).
[[nodiscard]] nlohmann::ordered_json to_json(const Badge& badge);

}  // namespace slipway::api
