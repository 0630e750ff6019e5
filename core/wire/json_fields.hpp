#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slipway::wire {

/// Where a scalar is found in a JSON object: `{"", "ref"}` is `ref` of the object itself,
/// `{"project", "id"}` one level deeper, `{"last_commit", "id", "object_attributes"}` two.
struct JsonPath {
    std::string_view parent;
    std::string_view name;
    std::string_view grandparent = {};

    bool operator==(const JsonPath&) const = default;
};

/// The chosen scalars of one JSON object, read in one pass that keeps nothing else. Of a repeated
/// key the last one counts.
class JsonFields {
public:
    /// Errors: `invalid`: not JSON (RFC 8259, so valid UTF-8 too), not an object, nested deeper
    /// than 64. The message says where, and never quotes the text.
    [[nodiscard]] static Result<JsonFields> read(
        std::string_view text, std::initializer_list<JsonPath> wanted
    );

    /// Null where it is missing, or is no string.
    [[nodiscard]] const std::string* text(JsonPath path) const;
    /// The same, empty for nothing.
    [[nodiscard]] std::string_view text_or_empty(JsonPath path) const;
    [[nodiscard]] std::optional<std::int64_t> integer(JsonPath path) const;
    [[nodiscard]] bool is_true(JsonPath path) const;

private:
    class Reader;

    using Value = std::variant<std::monostate, std::string, std::int64_t, bool>;

    struct Field {
        JsonPath path;
        Value value;
    };

    [[nodiscard]] const Value* find(JsonPath path) const;

    std::vector<Field> fields_;
};

}  // namespace slipway::wire
