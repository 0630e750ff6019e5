#pragma once

#include "server/http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace slipway::api {

// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html

/// How often a stream is looked at that has nothing to say.
inline constexpr std::chrono::milliseconds between_looks{200};

/// What a proxy that drops silent connections needs (an AWS load balancer: 60 s), and how a reader
/// that is gone is noticed.
inline constexpr std::chrono::seconds between_heartbeats{15};

/// One event; `data` is one line. An empty id is left out.
[[nodiscard]] std::string event_text(
    std::string_view kind, std::string_view id, std::string_view data
);

/// The last event of a stream: the client is to close, and not to come again by itself. `reason`:
/// `shutdown`, `slow`, `gone`.
[[nodiscard]] http::Piece end_event(std::string_view reason);

/// A comment.
[[nodiscard]] const http::Piece& heartbeat();

/// Whether the client wants a stream.
[[nodiscard]] bool wants_events(const http::Request& request);

[[nodiscard]] http::Response event_stream(http::Pieces pieces);

}  // namespace slipway::api
