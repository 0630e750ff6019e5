#include "server/registry/answer_error.hpp"

#include "core/base/result.hpp"
#include "server/client/http_exchange.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace slipway::registry {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t longest_word = 64;

ErrorCode code_of(unsigned status) {
    if (status == 401 || status == 403) {
        return ErrorCode::denied;
    }
    return status == 429 || status >= 500 ? ErrorCode::unavailable : ErrorCode::failed;
}

std::string_view advice(ErrorCode code) {
    switch (code) {
        case ErrorCode::denied:
            return "; are there credentials for it, and do they allow this?";
        case ErrorCode::unavailable:
            return "; try again later";
        default:
            return "";
    }
}

// Of `{"errors":[{"code":"TAG_INVALID","message":…}]}` (distribution-spec, "Error Codes"), and only
// what looks like a code.
std::string registry_code(const std::string& body) {
    const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
    const nlohmann::json::json_pointer place("/errors/0/code");
    // By reference, and not by value(): that throws where a list stands in the place of an object,
    // and a copy of what is nested deeply would be one call in another.
    const nlohmann::json nothing;
    const nlohmann::json& code = json.contains(place) ? json.at(place) : nothing;
    const std::string word = code.is_string() ? code.get<std::string>() : std::string();
    const bool fits = word.size() <= longest_word && std::ranges::all_of(word, [](char c) {
                          return c == '_' || std::isupper(static_cast<unsigned char>(c)) != 0;
                      });
    return fits && !word.empty() ? " (" + word + ")" : "";
}

std::string retry_after(const HttpAnswer& answer) {
    const std::string_view wait = answer[http::field::retry_after];
    return wait.empty() ? "" : " (Retry-After: " + std::string(wait.substr(0, longest_word)) + ")";
}

}  // namespace

Error to_error(const HttpAnswer& answer) {
    const ErrorCode code = code_of(answer.result_int());
    const std::string_view reason = http::obsolete_reason(answer.result());
    return {
        .code = code,
        .message = "it answered " + std::to_string(answer.result_int()) + " " +
                   std::string(reason) + registry_code(answer.body()) + retry_after(answer) +
                   std::string(advice(code)),
        .retry_after = client::asked_wait(answer),
    };
}

}  // namespace slipway::registry
