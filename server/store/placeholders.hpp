#pragma once

#include <string>
#include <string_view>

namespace slipway::store {

/// SQLite's `?` and `?7` as PostgreSQL's `$1` and `$7`: a bare one takes the number after the
/// largest so far (https://www.sqlite.org/lang_expr.html#varparam). Those in string literals,
/// quoted names and comments stay; PostgreSQL's own E'' and $$ literals, and its operators with a
/// `?`, are not known.
[[nodiscard]] std::string number_placeholders(std::string_view sql);

}  // namespace slipway::store
