#include "server/engine/error_text.hpp"

#include "core/base/result.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

namespace slipway::engine {
namespace {

using namespace std::string_view_literals;

constexpr std::array denied_words{
    "unauthorized"sv,
    "access denied"sv,
    "denied:"sv,
    "access to the resource is denied"sv,
    "forbidden"sv,
    "authentication required"sv,
    "no basic auth"sv,
    "incorrect username or password"sv,
    "insufficient_scope"sv,
    "authorization failed"sv,
    "401"sv,
    "403"sv,
};

constexpr std::array unavailable_words{
    "connection refused"sv,
    "connection reset"sv,
    "broken pipe"sv,
    "eof"sv,
    "unexpected end of json input"sv,  // an error without a body: a blob that others push too
    "timeout"sv,
    "timed out"sv,
    "deadline exceeded"sv,
    "no route to host"sv,
    "network is unreachable"sv,
    "temporary failure in name resolution"sv,
    "server misbehaving"sv,
    "toomanyrequests"sv,
    "too many requests"sv,
    "429"sv,
    "internal server error"sv,
    "bad gateway"sv,
    "service unavailable"sv,
    "gateway timeout"sv,
    "500"sv,
    "502"sv,
    "503"sv,
    "504"sv,
    "context canceled"sv,
    "only one connection allowed"sv,
    "no active session for"sv,
    "code = unavailable"sv,  // gRPC's, also our own answer in a session: of 20.10,
    "unavailable:"sv,        // and of newer engines
    "no space left on device"sv,
    "disk quota exceeded"sv,
};

constexpr std::array not_found_words{
    "does not exist"sv,
    "does not exist locally"sv,
    "not found"sv,
    "manifest unknown"sv,
    "name unknown"sv,
    "no such image"sv,
};

// The Dockerfile's own failures: they quote the command, which may say anything.
constexpr std::array dockerfile_words{
    "returned a non-zero code:"sv,
    "did not complete successfully:"sv,
    "executor failed running"sv,
    "dockerfile parse error"sv,
};

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// `forbidden.html`, `x/401` and `:5000/500` are names, not words of the engine.
bool ends_word(std::string_view rest) {
    if (rest.empty() || rest.front() == ' ') {
        return true;
    }
    const bool punctuation = ".,:;)"sv.contains(rest.front());
    return punctuation && (rest.size() == 1 || rest[1] == ' ' || rest[1] == '\n');
}

bool starts_word(std::string_view before) {
    return before.empty() || before.back() == ' ' || before.back() == '(' || before.back() == '\n';
}

bool says(std::string_view text, std::string_view phrase) {
    for (std::size_t at = text.find(phrase); at != std::string_view::npos;
         at = text.find(phrase, at + 1)) {
        const bool open_end = !is_word(phrase.back());
        if (starts_word(text.substr(0, at)) &&
            (open_end || ends_word(text.substr(at + phrase.size())))) {
            return true;
        }
    }
    return false;
}

bool says_any(std::string_view text, std::span<const std::string_view> phrases) {
    return std::ranges::any_of(phrases, [text](std::string_view phrase) {
        return says(text, phrase);
    });
}

// In lower case, and without what is quoted: those are names, addresses and commands.
std::string own_words(std::string_view words) {
    std::string out;
    bool quoted = false;
    for (const char c : words) {
        if (c == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

ErrorCode read_common_words(std::string_view own) {
    if (says_any(own, denied_words)) {
        return ErrorCode::denied;
    }
    return says_any(own, unavailable_words) ? ErrorCode::unavailable : ErrorCode::failed;
}

ErrorCode read_status(unsigned status) {
    switch (status) {
        case 401:
        case 403:
            return ErrorCode::denied;
        case 404:
            return ErrorCode::not_found;
        case 409:
            return ErrorCode::conflict;
        case 429:
        case 502:
        case 503:
        case 504:
            return ErrorCode::unavailable;
        default:
            return ErrorCode::failed;
    }
}

std::string refusal_words(std::string_view body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_object() && json.contains("message") && json["message"].is_string()) {
        return json["message"].get<std::string>();
    }
    constexpr std::size_t enough_to_see_who_answers = 200;
    const std::string_view line = body.substr(0, body.find_first_of("\r\n"));
    return std::string(line.substr(0, enough_to_see_who_answers));
}

}  // namespace

ErrorCode read_registry_words(std::string_view words) {
    const std::string own = own_words(words);
    const ErrorCode code = read_common_words(own);
    if (code == ErrorCode::failed && says_any(own, not_found_words)) {
        return ErrorCode::not_found;
    }
    return code;
}

ErrorCode read_build_words(std::string_view words) {
    const std::string own = own_words(words);
    if (std::ranges::any_of(dockerfile_words, [&own](std::string_view phrase) {
            return own.contains(phrase);
        })) {
        return ErrorCode::failed;
    }
    return read_common_words(own);
}

Error refusal(unsigned status, std::string_view body, ReadWords read) {
    const std::string words = refusal_words(body);
    const ErrorCode by_words = read(words);
    return {
        .code = by_words == ErrorCode::failed ? read_status(status) : by_words,
        .message = words.empty() ? "the engine answered with HTTP status " + std::to_string(status)
                                 : words,
    };
}

}  // namespace slipway::engine
