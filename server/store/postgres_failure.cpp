#include "server/store/postgres_failure.hpp"

#include "core/base/result.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::store {
namespace {

/// Codes, or classes of them by their first two characters; the first that fits counts.
struct Rule {
    std::string_view code;
    ErrorCode meaning;
    std::string_view advice = "";
};

constexpr std::array rules{
    Rule{"08", ErrorCode::unavailable},  // connection
    Rule{"22021", ErrorCode::invalid, "; it is not UTF-8"},
    Rule{"23505", ErrorCode::conflict},
    Rule{"25006", ErrorCode::unavailable, "; the server only reads: name the one that writes"},
    Rule{"25P03", ErrorCode::unavailable},  // idle in a transaction for too long
    Rule{"28", ErrorCode::invalid, "; correct the user and the password of the store's URL"},
    Rule{"3D000", ErrorCode::invalid, "; create the database, or correct the store's URL"},
    Rule{"40", ErrorCode::unavailable},  // another transaction was in the way
    Rule{"42501", ErrorCode::invalid, "; grant it to the user of the store's URL"},
    Rule{"53100", ErrorCode::unavailable, "; make room on the server's disk"},
    Rule{"53", ErrorCode::unavailable},  // connections, memory
    Rule{"54", ErrorCode::too_large},
    Rule{"55P03", ErrorCode::unavailable},  // lock_timeout
    Rule{"57", ErrorCode::unavailable},     // shut down, starting up, cancelled
    Rule{"58", ErrorCode::unavailable},     // the server's files
};

Rule rule_of(std::string_view sqlstate) {
    const auto* const found = std::ranges::find_if(rules, [sqlstate](const Rule& rule) {
        return sqlstate.starts_with(rule.code);
    });
    return found == rules.end() ? Rule{"", ErrorCode::internal} : *found;
}

bool may_hold_values(std::string_view sqlstate) {
    return sqlstate.starts_with("22");
}

bool is_sqlstate(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    });
}

/// Of the last host that was tried: `FATAL:  28P01: password authentication failed`.
std::string_view sqlstate_in(std::string_view words) {
    constexpr std::string_view before = ":  ";
    constexpr std::size_t length = 5;
    for (std::size_t at = words.rfind(before); at != std::string_view::npos && at > 0;
         at = words.rfind(before, at - 1)) {
        const std::string_view rest = words.substr(at + before.size());
        if (rest.size() > length && rest[length] == ':' && is_sqlstate(rest.substr(0, length))) {
            return rest.substr(0, length);
        }
    }
    return "";
}

}  // namespace

std::string one_line(std::string_view words) {
    std::string line;
    while (!words.empty()) {
        std::string_view next = words.substr(0, words.find('\n'));
        words.remove_prefix(std::min(words.size(), next.size() + 1));
        next.remove_prefix(std::min(next.size(), next.find_first_not_of(" \t")));
        if (!next.empty() && !next.starts_with("LOCATION:")) {
            line += (line.empty() ? "" : "; ") + std::string(next);
        }
    }
    return line;
}

PostgresFailure failure_of(
    std::string_view doing, std::string_view sqlstate, std::string_view message
) {
    const Rule rule = rule_of(sqlstate);
    std::string words(doing);
    words += ": ";
    words += may_hold_values(sqlstate) ? "a value does not fit" : message;
    words += " (PostgreSQL " + std::string(sqlstate) + ")";
    words += rule.advice;
    return PostgresFailure(
        {.code = rule.meaning, .message = std::move(words)},
        sqlstate == "40001" || sqlstate == "40P01"
    );
}

PostgresFailure connect_failure_of(std::string_view words) {
    std::string_view sqlstate = sqlstate_in(words);
    if (words.contains("no password supplied")) {
        sqlstate = "28P01";  // libpq's own words, for which it has no code
    }
    const Rule rule = sqlstate.empty() ? Rule{"", ErrorCode::unavailable} : rule_of(sqlstate);
    return PostgresFailure(
        {.code = rule.meaning,
         .message = "connecting to PostgreSQL: " + one_line(words) + std::string(rule.advice)}
    );
}

}  // namespace slipway::store
