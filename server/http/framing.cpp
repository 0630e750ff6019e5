#include "server/http/framing.hpp"

#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/url/authority_view.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace slipway::http {

namespace {

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_authority(std::string_view host) {
    const auto parsed = boost::urls::parse_authority(host);
    return parsed.has_value() && !parsed->has_userinfo();
}

std::string_view body_fault(const Framing& framing) {
    if (framing.content_lengths > 1) {
        return "Content-Length is there more than once.";
    }
    if (framing.content_lengths == 1 && !is_number(framing.content_length)) {
        return "Content-Length is no number.";
    }
    if (framing.transfer_encodings == 0) {
        return {};
    }
    if (framing.content_lengths > 0) {
        return "Content-Length and Transfer-Encoding are both there.";
    }
    if (framing.version < 11) {
        return "HTTP/1.0 has no Transfer-Encoding.";
    }
    if (framing.transfer_encodings > 1 ||
        !boost::beast::iequals(framing.transfer_encoding, "chunked")) {
        return "The only Transfer-Encoding taken is chunked.";
    }
    return {};
}

std::string_view host_fault(const Framing& framing) {
    if (framing.hosts > 1) {
        return "Host is there more than once.";
    }
    if (framing.hosts == 0) {
        return framing.version < 11 ? "" : "Host is missing.";
    }
    return is_authority(framing.host) ? "" : "Host is no host name.";
}

}  // namespace

HeadScanner::State HeadScanner::scan(std::string_view received) {
    const std::string_view within = received.substr(0, limit_);
    for (std::size_t end = within.find('\n', scanned_); end != std::string_view::npos;
         end = within.find('\n', scanned_)) {
        const std::string_view line = within.substr(line_, end - line_);
        if (!line.ends_with('\r') || line.starts_with(' ') || line.starts_with('\t')) {
            return State::malformed;
        }
        line_ = scanned_ = end + 1;
        if (line.size() == 1) {
            return State::complete;
        }
    }
    scanned_ = within.size();
    if (received.size() < limit_) {
        return State::incomplete;
    }
    return line_ == 0 ? State::target_too_long : State::too_long;
}

std::optional<Response> refusal_of(const Framing& framing) {
    for (const std::string_view fault : {body_fault(framing), host_fault(framing)}) {
        if (!fault.empty()) {
            return bad_request(fault);
        }
    }
    const bool expects_other =
        !framing.expect.empty() && !boost::beast::iequals(framing.expect, "100-continue");
    if (expects_other && framing.version >= 11) {
        return problem(
            417,
            "expectation",
            "That expectation can't be met",
            "Only 100-continue can be expected."
        );
    }
    return std::nullopt;
}

Response bad_request(std::string_view why) {
    return problem(400, "bad-request", "The request is malformed", why);
}

}  // namespace slipway::http
