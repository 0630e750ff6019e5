#include "server/base/trace_context.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace slipway {
namespace {

// 00-<32>-<16>-<2>
constexpr std::size_t whole_length = 55;
constexpr std::size_t trace_at = 3;
constexpr std::size_t trace_length = 32;
constexpr std::size_t parent_at = 36;
constexpr std::size_t parent_length = 16;
constexpr std::size_t flags_at = 53;
constexpr std::uint8_t known_flags = 3;

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::string hex(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(parent_length, '0');
    for (auto at = text.rbegin(); at != text.rend(); ++at) {
        *at = digits[number & 15U];
        number >>= 4U;
    }
    return text;
}

/// Not 0.
std::uint64_t random_number() {
    thread_local std::mt19937_64 engine = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    const std::uint64_t number = engine();
    return number == 0 ? 1 : number;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
    if (header.size() < whole_length || header[2] != '-' || header[parent_at - 1] != '-' ||
        header[flags_at - 1] != '-') {
        return std::nullopt;
    }
    const std::string_view version = header.substr(0, 2);
    const std::string_view trace_id = header.substr(trace_at, trace_length);
    const std::string_view parent_id = header.substr(parent_at, parent_length);
    const std::string_view flags = header.substr(flags_at, 2);
    // A later version may have more behind a dash, ours has not; ff is none.
    const bool is_longer = header.size() > whole_length;
    if (!is_hex(version) || version == "ff" ||
        (is_longer && (version == "00" || header[whole_length] != '-'))) {
        return std::nullopt;
    }
    if (!is_id(trace_id) || !is_id(parent_id) || !is_hex(flags)) {
        return std::nullopt;
    }
    unsigned bits = 0;
    std::from_chars(flags.data(), flags.data() + flags.size(), bits, 16);
    return TraceContext{
        .trace_id = std::string(trace_id),
        .parent_id = std::string(parent_id),
        .flags = static_cast<std::uint8_t>(bits & known_flags),
    };
}

std::string to_string(const TraceContext& trace) {
    return "00-" + trace.trace_id + "-" + trace.parent_id + "-0" + std::to_string(trace.flags);
}

TraceContext new_trace() {
    return {
        .trace_id = hex(random_number()) + hex(random_number()),
        .parent_id = hex(random_number()),
        .flags = 2,
    };
}

TraceContext child(const TraceContext& trace) {
    return {.trace_id = trace.trace_id, .parent_id = hex(random_number()), .flags = trace.flags};
}

TraceContext trace_of(std::string_view header) {
    return parse_traceparent(header).value_or(new_trace());
}

}  // namespace slipway
