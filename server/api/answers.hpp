#pragma once

#include "server/api/query.hpp"
#include "server/http/message.hpp"

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {

[[nodiscard]] http::Response with_json(unsigned status, const nlohmann::ordered_json& json);

/// A list with where it goes on: its field `next` and a Link (RFC 8288); empty: nowhere.
[[nodiscard]] http::Response with_next(nlohmann::ordered_json json, const std::string& next);

/// The address of the page behind this one, which keeps what was asked for; empty values are left
/// out.
[[nodiscard]] std::string next_page(
    std::string_view path,
    const Page& page,
    std::int64_t cursor,
    std::initializer_list<std::pair<std::string_view, std::string_view>> kept
);

/// All but what a name is mostly made of as `%20`.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// Strong, of a body.
[[nodiscard]] std::string etag_of(std::string_view body);

/// An answer with a strong ETag of its body, or 304 where the client has it.
[[nodiscard]] http::Response with_etag(const http::Request& request, http::Response response);

[[nodiscard]] http::Response not_found(std::string_view detail);

/// 404 for the id of a path.
[[nodiscard]] http::Response no_such_build();

/// 404 for the ids of a step's path.
[[nodiscard]] http::Response no_such_step();

/// 503: there are as many readers of streams as are allowed, or the daemon stops.
[[nodiscard]] http::Response no_stream(bool is_stopping);

}  // namespace slipway::api
