#include "server/http/response_head.hpp"

#include "server/http/message.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::http {

namespace {

constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

std::string two_digits(std::size_t number) {
    const std::string digits = std::to_string(number);
    return digits.size() < 2 ? "0" + digits : digits;
}

std::string two_digits(std::chrono::seconds::rep number) {
    return two_digits(static_cast<std::size_t>(number));
}

void append_number(std::string& out, std::size_t number) {
    std::array<char, std::numeric_limits<std::size_t>::digits10 + 1> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (is_one_line(name) && is_one_line(value)) {
        out.append(name).append(": ").append(value).append("\r\n");
    }
}

void append_status_line(std::string& out, unsigned status) {
    const auto reason =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
    out.append("HTTP/1.1 ");
    append_number(out, status);
    out.append(" ").append(reason).append("\r\n");
}

void append_length(std::string& out, const Response& response, BodyEnd end) {
    if (!may_have_body(response.status) || end == BodyEnd::close) {
        return;
    }
    if (end == BodyEnd::chunks) {
        out.append("Transfer-Encoding: chunked\r\n");
        return;
    }
    out.append("Content-Length: ");
    append_number(out, body_of(response).size());
    out.append("\r\n");
}

void append_connection(std::string& out, Connection connection) {
    switch (connection) {
        case Connection::implied:
            break;
        case Connection::keep_alive:
            out.append("Connection: keep-alive\r\n");
            break;
        case Connection::close:
            out.append("Connection: close\r\n");
            break;
    }
}

bool sets_cache_control(const Response& response) {
    return std::ranges::any_of(response.headers, [](const auto& header) {
        return boost::beast::iequals(header.first, "Cache-Control");
    });
}

}  // namespace

std::string http_date(std::chrono::sys_seconds time) {
    const auto day = std::chrono::time_point_cast<std::chrono::sys_days::duration>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text;
    text.append(days.at(std::chrono::weekday(day).c_encoding())).append(", ");
    text.append(two_digits(std::size_t{static_cast<unsigned>(date.day())})).append(" ");
    text.append(months.at(static_cast<unsigned>(date.month()) - 1)).append(" ");
    text.append(std::to_string(static_cast<int>(date.year()))).append(" ");
    text.append(two_digits(clock.hours().count())).append(":");
    text.append(two_digits(clock.minutes().count())).append(":");
    text.append(two_digits(clock.seconds().count())).append(" GMT");
    return text;
}

std::string_view current_http_date() {
    thread_local std::pair<std::chrono::sys_seconds, std::string> cached;
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    if (cached.first != now) {
        cached = {now, http_date(now)};
    }
    return cached.second;
}

void append_head(
    std::string& out,
    const Response& response,
    Connection connection,
    std::string_view date,
    BodyEnd end
) {
    append_status_line(out, response.status);
    append_field(out, "Date", date);
    append_field(out, "Server", "slipway");
    append_field(out, "X-Content-Type-Options", "nosniff");
    if (!response.content_type.empty() && may_have_body(response.status)) {
        append_field(out, "Content-Type", response.content_type);
    }
    append_length(out, response, end);
    append_connection(out, connection);
    if (!sets_cache_control(response)) {
        append_field(out, "Cache-Control", "no-store");
    }
    for (const auto& [name, value] : response.headers) {
        append_field(out, name, value);
    }
    out.append("\r\n");
}

const std::string& body_of(const Response& response) {
    return response.shared_body ? *response.shared_body : response.body;
}

bool may_have_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace slipway::http
