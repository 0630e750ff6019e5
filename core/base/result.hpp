#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace slipway {

/// One code per different handling, not per message.
enum class ErrorCode : std::uint8_t {
    invalid,      ///< the input is wrong: its owner must change it (exit 1, HTTP 400)
    not_found,    ///< what was named does not exist (HTTP 404)
    denied,       ///< credentials are missing or wrong; never retried
    conflict,     ///< the state does not allow it (HTTP 409)
    too_large,    ///< a limit of ours was exceeded (HTTP 413)
    unavailable,  ///< an outside part is away for now: worth another try (exit 3, HTTP 503)
    cancelled,    ///< we were asked to stop
    failed,  ///< an outside part did its work and said no, as a Dockerfile that fails; not retried
    internal,  ///< a broken promise of ours
};

/// What was being done, on what, what the library said: `opening repository '/srv/x': not found
/// (libgit2 -3)`.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;
    std::chrono::seconds retry_after{0};  ///< what an outside part asked for; 0: nothing
};

/// Expected failures. A domain outcome (an empty plan, a cycle, a duplicate delivery) is a value,
/// not an Error.
template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected(Error{code, std::move(message), {}});
}

/// The same error with what was being done put before it: `doing: message`.
[[nodiscard]] inline std::unexpected<Error> fail_within(
    std::string_view doing, const Error& error
) {
    return std::unexpected(
        Error{error.code, std::string(doing) + ": " + error.message, error.retry_after}
    );
}

}  // namespace slipway
