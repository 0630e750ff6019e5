#include "server/http/request_parser.hpp"

#include "core/base/result.hpp"
#include "server/http/framing.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/target.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/optional/optional.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::http {

namespace {

namespace beast_http = boost::beast::http;

// More than this is reserved only once it has come: a head alone must not cost 25 MiB.
constexpr std::uint64_t reserved_at_once = 1048576;

// The end of a chunked body is at least `0 CRLF CRLF`. Beast 1.81 asserts that, and a sender may
// cut it anywhere.
constexpr std::size_t shortest_chunked_end = 5;

std::string lower_case(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return lower;
}

Response refusal_for(const boost::beast::error_code& error, std::size_t body_bytes) {
    if (error == beast_http::error::body_limit) {
        return problem(
            413,
            "too-large",
            "The request is too large",
            "Its body is longer than the limit of " + std::to_string(body_bytes) + " bytes."
        );
    }
    if (error == beast_http::error::bad_version) {
        return problem(505, "version", "That version of HTTP is not spoken here", "Send HTTP/1.1.");
    }
    return bad_request(error.message());
}

}  // namespace

RequestParser::RequestParser(std::size_t body_bytes, std::size_t line_bytes)
    : body_bytes_(body_bytes), line_bytes_(line_bytes) {
    body_limit(body_bytes);
    // HeadScanner keeps that limit.
    header_limit(std::numeric_limits<std::uint32_t>::max());
}

std::optional<Response> RequestParser::take_head(std::string_view head) {
    Code error;
    put(boost::asio::buffer(head), error);
    if (error) {
        return refusal_for(error, body_bytes_);
    }
    if (!is_header_done()) {
        return bad_request("The head is incomplete.");
    }
    if (std::optional<Response> refusal = refusal_of(framing_)) {
        return refusal;
    }
    return take_target();
}

RequestParser::Taken RequestParser::take_body(std::string_view bytes) {
    Taken taken;
    if (bytes.empty() || (chunked() && bytes.size() < shortest_chunked_end)) {
        taken.needs_more = true;
        return taken;
    }
    Code error;
    const std::size_t body = request_.body.size();
    taken.bytes = put(boost::asio::buffer(bytes), error);
    taken.needs_more = error == beast_http::error::need_more;
    const bool took_body = request_.body.size() > body;
    const std::size_t line = taken.needs_more ? bytes.size() - taken.bytes : taken.bytes;
    // Also of what is complete: what is taken must not depend on how the network cut it.
    if (!took_body && line > line_bytes_) {
        taken.refusal = bad_request("A line between chunks is too long.");
    } else if (error && !taken.needs_more) {
        taken.refusal = refusal_for(error, body_bytes_);
    }
    return taken;
}

void RequestParser::on_request_impl(
    beast_http::verb /*method*/, Text method_text, Text target, int version, Code& /*error*/
) {
    request_.method = method_text;
    target_ = target;
    framing_.version = version;
}

void RequestParser::
    on_response_impl(int /*status*/, Text /*reason*/, int /*version*/, Code& /*error*/) {}

void RequestParser::on_field_impl(Field field, Text name, Text value, Code& /*error*/) {
    // A trailer comes after the checks, so nothing in it may count.
    if (is_header_done()) {
        return;
    }
    note_framing(field, value);
    const auto [entry, is_new] = request_.headers.try_emplace(lower_case(name), value);
    if (!is_new) {
        entry->second.append(", ").append(value);
    }
}

void RequestParser::note_framing(Field field, std::string_view value) {
    switch (field) {
        case Field::host:
            ++framing_.hosts;
            framing_.host = value;
            break;
        case Field::content_length:
            ++framing_.content_lengths;
            framing_.content_length = value;
            break;
        case Field::transfer_encoding:
            ++framing_.transfer_encodings;
            framing_.transfer_encoding = value;
            break;
        case Field::expect:
            framing_.expect = value;
            break;
        default:
            break;
    }
}

void RequestParser::on_header_impl(Code& /*error*/) {}

void RequestParser::on_body_init_impl(
    const boost::optional<std::uint64_t>& content_length, Code& /*error*/
) {
    request_.body.reserve(std::min(content_length.value_or(0), reserved_at_once));
}

std::size_t RequestParser::on_body_impl(Text body, Code& /*error*/) {
    request_.body.append(body);
    return body.size();
}

// Beast 1.81 takes a bare line feed within a quoted extension, where another server ends the line.
void RequestParser::on_chunk_header_impl(std::uint64_t /*size*/, Text extensions, Code& error) {
    if (extensions.find_first_of("\r\n") != Text::npos) {
        error = beast_http::error::bad_chunk_extension;
    }
}

std::size_t
RequestParser::on_chunk_body_impl(std::uint64_t /*remaining*/, Text body, Code& /*error*/) {
    request_.body.append(body);
    return body.size();
}

void RequestParser::on_finish_impl(Code& /*error*/) {}

std::optional<Response> RequestParser::take_target() {
    Result<Target> target = http::parse_target(target_);
    if (!target) {
        return bad_request(target.error().message);
    }
    request_.path = std::move(target->path);
    request_.segments = std::move(target->segments);
    request_.query = std::move(target->query);
    return std::nullopt;
}

}  // namespace slipway::http
