#include "server/api/query.hpp"

#include "core/base/utf8.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace slipway::api {
namespace {

bool is_utf8(const std::string& text) {
    return valid_utf8(text) == text;
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> number_of(
    const http::Request& request, const std::string& name, std::int64_t usual
) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? usual : parse_number(found->second);
}

std::string text_of(const http::Request& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
}

std::string full_ref(const std::string& ref) {
    return ref.empty() || ref.starts_with("refs/") ? ref : "refs/heads/" + ref;
}

std::string shown_folder(std::string_view folder) {
    while (folder.starts_with('/')) {
        folder.remove_prefix(1);
    }
    while (folder.ends_with('/')) {
        folder.remove_suffix(1);
    }
    return folder.empty() ? "." : std::string(folder);
}

std::expected<bool, http::Response> is_dry_run(const http::Request& request) {
    const auto found = request.query.find("dry_run");
    if (found == request.query.end() || found->second == "0" || found->second == "false") {
        return false;
    }
    if (found->second == "1" || found->second == "true") {
        return true;
    }
    return std::unexpected(
        http::problem(400, "invalid-query", "Invalid query", "`dry_run` is neither 1 nor 0")
    );
}

bool is_key(std::string_view text) {
    constexpr std::size_t most = 255;
    return text.size() <= most &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

http::Response bad_key() {
    return http::problem(
        400,
        "invalid-key",
        "Invalid key",
        "`Idempotency-Key` is longer than 255 characters, or holds some that can't be printed"
    );
}

bool is_text(const http::Request& request) {
    return is_utf8(request.path) && std::ranges::all_of(request.query, [](const auto& entry) {
               return is_utf8(entry.first) && is_utf8(entry.second);
           });
}

std::expected<Page, http::Response> page_of(const http::Request& request, int usual, int most) {
    const auto limit = number_of(request, "limit", usual);
    if (!limit || *limit < 1) {
        return std::unexpected(bad_query("limit"));
    }
    const auto cursor = number_of(request, "cursor", 0);
    if (!cursor) {
        return std::unexpected(bad_query("cursor"));
    }
    return Page{.limit = static_cast<int>(std::min<std::int64_t>(*limit, most)), .cursor = *cursor};
}

http::Response bad_query(std::string_view name) {
    const std::string detail = "`" + std::string(name) + "` is not a number that fits";
    return http::problem(400, "invalid-query", "Invalid query", detail);
}

}  // namespace slipway::api
