#include "server/gitlab/answer_error.hpp"

#include "core/base/result.hpp"
#include "server/client/http_exchange.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::gitlab {
namespace {

namespace http = boost::beast::http;
using client::HttpAnswer;

constexpr std::size_t most_words = 200;
/// 409: somebody else writes a status of this commit just now. GitLab itself is well.
constexpr std::chrono::seconds while_locked{1};

bool is_of_a_token(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
}

/// What stands before GitLab may show the request, with our token in it: what looks like one is
/// left out, also where it is a name.
std::string without_secrets(std::string_view words) {
    constexpr std::size_t shortest_token = 16;
    std::string text;
    while (!words.empty()) {
        const auto end = std::ranges::find_if_not(words, is_of_a_token);
        const std::size_t run = static_cast<std::size_t>(end - words.begin());
        text += run >= shortest_token ? std::string_view("...") : words.substr(0, run);
        text += words.substr(run, 1);
        words.remove_prefix(std::min(run + 1, words.size()));
    }
    return text;
}

ErrorCode code_of(unsigned status) {
    switch (status) {
        case 401:
        case 403:
            return ErrorCode::denied;
        case 404:
            return ErrorCode::not_found;
        case 408:
        case 409:
        case 429:
            return ErrorCode::unavailable;
        default:
            return status >= 500 ? ErrorCode::unavailable : ErrorCode::failed;
    }
}

std::string_view advice(unsigned status) {
    switch (status) {
        case 401:
            return "; is the token right, and not expired?";
        case 403:
            return "; does the token have scope api, and a role that may do this?";
        default:
            return status >= 300 && status < 400
                       ? "; it redirects: name the address that it leads to as the url of gitlab"
                       : "";
    }
}

}  // namespace

std::string words_of(const HttpAnswer& answer) {
    const auto json = nlohmann::json::parse(answer.body(), nullptr, false);
    for (const char* const key : {"message", "error"}) {
        if (!json.is_object() || !json.contains(key)) {
            continue;
        }
        std::string words =
            json[key].is_string()
                ? json[key].get<std::string>()
                : json[key].dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
        std::ranges::replace_if(words, [](char c) { return c < ' ' || c > '~'; }, ' ');
        return without_secrets(words).substr(0, most_words);
    }
    return {};
}

Error to_error(const HttpAnswer& answer) {
    const unsigned status = answer.result_int();
    const std::string words = words_of(answer);
    const bool is_locked = answer.result() == http::status::conflict;
    return {
        .code = code_of(status),
        .message = "it answered " + std::to_string(status) + " " +
                   std::string(http::obsolete_reason(answer.result())) +
                   (words.empty() ? "" : " (" + words + ")") + std::string(advice(status)),
        .retry_after = is_locked ? while_locked : client::asked_wait(answer),
    };
}

bool says_it_is_so_already(const HttpAnswer& answer) {
    return answer.result() == http::status::bad_request &&
           words_of(answer).contains("Cannot transition status");
}

}  // namespace slipway::gitlab
