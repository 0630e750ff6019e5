#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::model {

/// The id of a git object (commit, tree, blob) in a SHA-1 repository.
///
/// 64 hex digits name an object of a SHA-256 repository, which libgit2 1.5 can't read: see
/// classify_id().
struct ObjectId {
    std::array<std::uint8_t, 20> bytes{};

    auto operator<=>(const ObjectId&) const = default;

    [[nodiscard]] bool is_zero() const { return *this == ObjectId{}; }
};

/// What a text from outside (a webhook, a command line) is, as an object id.
enum class IdKind : std::uint8_t {
    zeros,   ///< 40 or 64 zeros: "no commit", a branch that is created or deleted
    sha1,    ///< 40 hex digits
    sha256,  ///< 64 hex digits
    other,   ///< anything else: perhaps the name of a branch
};

[[nodiscard]] IdKind classify_id(std::string_view text);

/// Exactly 40 hex digits of either case; nothing else.
[[nodiscard]] std::optional<ObjectId> parse_object_id(std::string_view text);

/// 40 lower-case hex digits.
[[nodiscard]] std::string to_string(const ObjectId& id);

}  // namespace slipway::model

template <>
struct std::hash<slipway::model::ObjectId> {
    /// Ids are hashes already: their first bytes are as good as any mix.
    std::size_t operator()(const slipway::model::ObjectId& id) const noexcept {
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) {
            value = (value << 8U) | id.bytes[i];
        }
        return value;
    }
};
