#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// Which trace a piece of work is part of, as a `traceparent` header says it. No vendor's
/// `tracestate` is kept. https://www.w3.org/TR/trace-context-2/
struct TraceContext {
    std::string trace_id;    ///< 32 lower case hex digits, not all 0
    std::string parent_id;   ///< 16 of them: who asks
    std::uint8_t flags = 0;  ///< 1: the sender records it; 2: the trace's id is random

    bool operator==(const TraceContext&) const = default;
};

/// Nothing where it is not valid: whoever gets such a one begins a trace of its own. Of a version
/// that is newer than ours what we know of it counts.
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view header);

/// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
[[nodiscard]] std::string to_string(const TraceContext& trace);

/// A trace that begins here. Thread-safe, as the next one.
[[nodiscard]] TraceContext new_trace();

/// The same trace for a request that is made now: with a parent of its own.
[[nodiscard]] TraceContext child(const TraceContext& trace);

/// What a request's header says, else a new trace.
[[nodiscard]] TraceContext trace_of(std::string_view header);

}  // namespace slipway
