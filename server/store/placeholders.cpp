#include "server/store/placeholders.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::store {
namespace {

/// Up to and with what ends it; a quote that is doubled ends one literal and begins the next.
std::string_view up_to(std::string_view sql, std::string_view end, std::size_t from) {
    const std::size_t at = sql.find(end, from);
    return at == std::string_view::npos ? sql : sql.substr(0, at + end.size());
}

/// The literal, quoted name or comment at the start of `sql`; empty where there is none.
std::string_view leading_text(std::string_view sql) {
    if (sql.starts_with('\'') || sql.starts_with('"')) {
        return up_to(sql, sql.substr(0, 1), 1);
    }
    if (sql.starts_with("--")) {
        return up_to(sql, "\n", 2);
    }
    return sql.starts_with("/*") ? up_to(sql, "*/", 2) : sql.substr(0, 0);
}

/// Takes a placeholder from the start of `sql`: its number.
int take_placeholder(std::string_view& sql, int largest) {
    int number = largest + 1;
    const char* const digits = sql.data() + 1;
    const char* const end = std::from_chars(digits, sql.data() + sql.size(), number).ptr;
    sql.remove_prefix(static_cast<std::size_t>(end - sql.data()));
    return number;
}

}  // namespace

std::string number_placeholders(std::string_view sql) {
    std::string result;
    int largest = 0;
    while (!sql.empty()) {
        if (sql.starts_with('?')) {
            const int number = take_placeholder(sql, largest);
            largest = std::max(largest, number);
            result += "$" + std::to_string(number);
            continue;
        }
        const std::size_t length = std::max<std::size_t>(leading_text(sql).size(), 1);
        result += sql.substr(0, length);
        sql.remove_prefix(length);
    }
    return result;
}

}  // namespace slipway::store
