#include "core/model/image_ref.hpp"

#include "core/base/result.hpp"
#include "core/base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::model {
namespace {

constexpr std::string_view hub = "docker.io";
constexpr std::string_view legacy_hub = "index.docker.io";
constexpr std::string_view official_prefix = "library/";
constexpr std::size_t max_path = 255;
constexpr std::size_t max_tag = 128;
constexpr auto npos = std::string_view::npos;

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_lower(c) || is_upper(c) || is_digit(c);
}

bool is_lower_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool is_hex(char c) {
    return is_lower_hex(c) || (c >= 'A' && c <= 'F');
}

/// Whether every part of `text` between separators passes; an empty text has one empty part.
template <class Predicate>
bool all_parts(std::string_view text, char separator, Predicate passes) {
    while (true) {
        const auto end = text.find(separator);
        if (!passes(text.substr(0, end))) {
            return false;
        }
        if (end == npos) {
            return true;
        }
        text.remove_prefix(end + 1);
    }
}

bool is_separator(std::string_view text) {
    return text == "." || text == "_" || text == "__" ||
           std::ranges::all_of(text, [](char c) { return c == '-'; });
}

/// `[a-z0-9]+ ((\.|_|__|-+) [a-z0-9]+)*`
bool is_path_component(std::string_view text) {
    const auto is_letter = [](char c) { return is_lower(c) || is_digit(c); };
    while (true) {
        const auto letters = std::ranges::find_if_not(text, is_letter) - text.begin();
        if (letters == 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(letters));
        if (text.empty()) {
            return true;
        }
        const auto between = std::ranges::find_if(text, is_letter) - text.begin();
        if (!is_separator(text.substr(0, static_cast<std::size_t>(between)))) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(between));
    }
}

bool is_dns_label(std::string_view text) {
    return !text.empty() && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_ipv6(std::string_view text) {
    return text.size() > 2 && text.starts_with('[') && text.ends_with(']') &&
           std::ranges::all_of(text.substr(1, text.size() - 2), [](char c) {
               return is_hex(c) || c == ':';
           });
}

bool is_domain(std::string_view text) {
    const auto host_end = text.starts_with('[') ? text.find(']') : 0;
    const auto colon = text.find(':', host_end == npos ? 0 : host_end);
    const auto host = text.substr(0, colon);
    if (colon != npos) {
        const auto port = text.substr(colon + 1);
        if (port.empty() || !std::ranges::all_of(port, is_digit)) {
            return false;
        }
    }
    return is_ipv6(host) || all_parts(host, '.', is_dns_label);
}

/// `[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*`
bool is_digest_algorithm(std::string_view text) {
    bool at_start = true;
    for (const char c : text) {
        const bool is_break = c == '-' || c == '_' || c == '+' || c == '.';
        if (at_start ? !(is_lower(c) || is_upper(c)) : !(is_alphanumeric(c) || is_break)) {
            return false;
        }
        at_start = is_break;
    }
    return !at_start;
}

/// The hex digits of an algorithm that images use.
std::optional<std::size_t> digest_length(std::string_view algorithm) {
    if (algorithm == "sha256") {
        return 64;
    }
    if (algorithm == "sha384") {
        return 96;
    }
    if (algorithm == "sha512") {
        return 128;
    }
    return std::nullopt;
}

/// What is wrong with a digest; empty if nothing.
std::string_view digest_fault(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == npos || !is_digest_algorithm(text.substr(0, colon))) {
        return "invalid reference format";
    }
    const auto hex = text.substr(colon + 1);
    if (hex.size() < 32 || !std::ranges::all_of(hex, is_hex)) {
        return "invalid reference format";
    }
    const auto length = digest_length(text.substr(0, colon));
    if (!length) {
        return "unsupported digest algorithm";
    }
    if (hex.size() != *length) {
        return "invalid checksum digest length";
    }
    return std::ranges::all_of(hex, is_lower_hex) ? "" : "invalid checksum digest format";
}

struct Split {
    std::string domain;
    std::string rest;
};

bool looks_like_domain(std::string_view first) {
    return first == "localhost" || first.find_first_of(".:") != npos ||
           std::ranges::any_of(first, is_upper);
}

Split split_domain(std::string_view text) {
    Split split{.domain = std::string(hub), .rest = std::string(text)};
    const auto slash = text.find('/');
    if (slash != npos && looks_like_domain(text.substr(0, slash))) {
        split.domain = text.substr(0, slash);
        split.rest = text.substr(slash + 1);
    }
    if (split.domain == legacy_hub) {
        split.domain = hub;
    }
    if (split.domain == hub && !split.rest.contains('/')) {
        split.rest.insert(0, official_prefix);
    }
    return split;
}

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
    return fail(
        ErrorCode::invalid, "image reference '" + shortened(text, 300) + "': " + std::string(why)
    );
}

/// What is wrong with the parts; empty if nothing.
std::string fault(const ImageRef& ref, bool has_tag, bool has_digest) {
    if (std::ranges::any_of(ref.path, is_upper)) {
        return "invalid reference format: repository name (" + shortened(ref.path) +
               ") must be lowercase";
    }
    if (!is_domain(ref.domain) || !all_parts(ref.path, '/', is_path_component) ||
        (has_tag && !is_valid_tag(ref.tag))) {
        return "invalid reference format";
    }
    if (has_digest) {
        if (const auto why = digest_fault(ref.digest); !why.empty()) {
            return std::string(why);
        }
    }
    return ref.path.size() > max_path ? "repository name must not be more than 255 characters" : "";
}

}  // namespace

Result<ImageRef> parse_image_ref(std::string_view text) {
    if (text.size() == 64 && std::ranges::all_of(text, is_lower_hex)) {
        return refuse(text, "invalid repository name, cannot specify 64-byte hexadecimal strings");
    }
    auto [domain, rest] = split_domain(text);
    ImageRef ref{.domain = std::move(domain), .path = {}, .tag = {}, .digest = {}};
    const auto at = rest.find('@');
    const bool has_digest = at != std::string::npos;
    if (has_digest) {
        ref.digest = rest.substr(at + 1);
        rest.resize(at);
    }
    const auto colon = rest.find(':');
    const bool has_tag = colon != std::string::npos;
    if (has_tag) {
        ref.tag = rest.substr(colon + 1);
        rest.resize(colon);
    }
    ref.path = std::move(rest);
    if (const auto why = fault(ref, has_tag, has_digest); !why.empty()) {
        return refuse(text, why);
    }
    return ref;
}

std::string to_string(const ImageRef& ref) {
    std::string text = ref.name();
    if (!ref.tag.empty()) {
        text += ":" + ref.tag;
    }
    if (!ref.digest.empty()) {
        text += "@" + ref.digest;
    }
    return text;
}

std::string familiar(const ImageRef& ref) {
    std::string text = to_string(ref);
    if (ref.domain != hub) {
        return text;
    }
    text.erase(0, hub.size() + 1);
    const bool is_official =
        ref.path.starts_with(official_prefix) && ref.path.find('/', official_prefix.size()) == npos;
    if (is_official) {
        text.erase(0, official_prefix.size());
    }
    return text;
}

ImageRef with_default_tag(ImageRef ref) {
    if (ref.tag.empty() && ref.digest.empty()) {
        ref.tag = "latest";
    }
    return ref;
}

bool is_valid_tag(std::string_view text) {
    const auto is_word = [](char c) { return is_alphanumeric(c) || c == '_'; };
    return !text.empty() && text.size() <= max_tag && is_word(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

}  // namespace slipway::model
