#pragma once

#include "core/base/result.hpp"
#include "server/http/message.hpp"

#include <string>
#include <string_view>

namespace slipway::http {

/// An error as RFC 9457 wants it: `{"type", "title", "status", "detail"}` as
/// application/problem+json. `kind` becomes the type, `urn:slipway:problem:<kind>`: stable, a
/// client may compare it.
[[nodiscard]] Response problem(
    unsigned status, std::string_view kind, std::string_view title, std::string_view detail
);

/// The answer to an Error: invalid 400, denied 401, not_found 404, conflict 409, too_large 413,
/// unavailable 503 with `Retry-After: 5`, anything else 500 without its words.
[[nodiscard]] Response problem(const Error& error);

}  // namespace slipway::http
