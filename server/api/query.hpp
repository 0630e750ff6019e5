#pragma once

#include "server/http/message.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::api {

/// A whole number of digits alone, as an id in a path.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text);

/// The number of a query's field, `usual` where it is not there; nothing: it is none that fits.
[[nodiscard]] std::optional<std::int64_t> number_of(
    const http::Request& request, const std::string& name, std::int64_t usual
);

/// A query's field; empty where it is not there.
[[nodiscard]] std::string text_of(const http::Request& request, const std::string& name);

/// A reference by any of its names: `main` and `refs/heads/main` are the same to a person.
[[nodiscard]] std::string full_ref(const std::string& ref);

/// A folder as it is shown: without slashes at its ends, `.` for the repository's root.
[[nodiscard]] std::string shown_folder(std::string_view folder);

/// `?dry_run=1`. Else the answer: who means one and is not understood must not get the real thing.
[[nodiscard]] std::expected<bool, http::Response> is_dry_run(const http::Request& request);

/// Whether `Idempotency-Key` is one, or is not there: at most 255 characters that can be printed.
[[nodiscard]] bool is_key(std::string_view text);

/// 400 for what is none.
[[nodiscard]] http::Response bad_key();

/// Whether path and query are UTF-8, as all that is stored and shown is.
[[nodiscard]] bool is_text(const http::Request& request);

/// Which part of a list is asked for.
struct Page {
    int limit = 0;
    std::int64_t cursor = 0;  ///< the list's own; 0: from its start
};

/// `?limit=&cursor=`; more than `most` is `most`. Else the answer.
[[nodiscard]] std::expected<Page, http::Response> page_of(
    const http::Request& request, int usual = 50, int most = 200
);

/// 400 for a field that is not a number.
[[nodiscard]] http::Response bad_query(std::string_view name);

}  // namespace slipway::api
