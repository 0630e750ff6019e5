#pragma once

#include "server/http/message.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::http {

/// What the answer's Connection field says.
enum class Connection : std::uint8_t {
    implied,     ///< nothing: HTTP/1.1 stays open
    keep_alive,  ///< for a client that speaks HTTP/1.0
    close,
};

/// How the answer's body ends.
enum class BodyEnd : std::uint8_t {
    length,  ///< as Content-Length says
    chunks,  ///< with the last chunk
    close,   ///< with the connection: a body in pieces for a client that speaks HTTP/1.0
};

/// `Sun, 22 Nov 2026 18:06:00 GMT`, as the Date field wants it.
[[nodiscard]] std::string http_date(std::chrono::sys_seconds time);

/// http_date of the present second, made once a second and thread. Valid until the thread's next
/// call.
[[nodiscard]] std::string_view current_http_date();

/// Appends status line and fields, with the empty line that ends them. A field whose name or value
/// could end its line is left out: a value that came from outside must not become a field of ours.
/// Content-Length is that of the body, also where none will be sent.
void append_head(
    std::string& out,
    const Response& response,
    Connection connection,
    std::string_view date,
    BodyEnd end = BodyEnd::length
);

/// What an answer that has no pieces sends.
[[nodiscard]] const std::string& body_of(const Response& response);

/// Whether an answer of that status may have a body at all.
[[nodiscard]] bool may_have_body(unsigned status);

}  // namespace slipway::http
