#pragma once

#include <string>
#include <string_view>

namespace slipway::engine {

/// An image name or id as part of a path: `/`, `:` and `@` stay as they are, which is what the
/// engine's router expects.
[[nodiscard]] std::string path_encoded(std::string_view name);

/// The query of a request, in the order of the calls.
class Query {
public:
    Query& add(std::string_view name, std::string_view value);

    /// The same where `value` is not empty.
    Query& add_given(std::string_view name, std::string_view value);

    /// `?a=1&b=2`, or nothing.
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

}  // namespace slipway::engine
