#include "server/store/records.hpp"

#include "server/store/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {
namespace {

/// Bytes that are not UTF-8 are replaced: they must not cost the whole build.
std::string dump(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A snapshot reads thousands, most of them empty or with one element: without a tree of
/// allocations each. Throws for what is no JSON.
template <class Read>
auto from_json(std::string_view text, const Read& read) -> decltype(read(boost::json::value())) {
    if (text == "[]" || text == "{}") {
        return {};
    }
    constexpr std::size_t most_on_stack = 4096;
    std::array<unsigned char, most_on_stack> stack;  // NOLINT(*-member-init): it is written first
    boost::json::monotonic_resource memory(stack.data(), stack.size());
    return read(boost::json::parse(text, &memory));
}

constexpr std::int64_t statuses_bit = 1;
constexpr std::int64_t events_bit = 2;
constexpr std::int64_t each_step_bit = 4;

}  // namespace

std::string without_alias(std::string_view columns) {
    std::string plain;
    while (!columns.empty()) {
        columns.remove_prefix(columns.find('.') + 1);
        const std::size_t end = columns.find(' ');
        plain += columns.substr(0, end);
        plain += end == std::string_view::npos ? "" : " ";
        columns.remove_prefix(std::min(end, columns.size()));
    }
    return plain;
}

std::string to_json(const std::vector<std::string>& texts) {
    return dump(texts);
}

std::string to_json(const std::vector<int>& numbers) {
    return dump(numbers);
}

std::string to_json(const std::map<std::string, std::string>& texts) {
    return dump(texts);
}

std::int64_t to_bits(const Reports& reports) {
    return (reports.statuses ? statuses_bit : 0) + (reports.events ? events_bit : 0);
}

std::int64_t to_bits(const Reports& reports, std::size_t steps) {
    return to_bits(reports) + (steps <= most_step_statuses ? each_step_bit : 0);
}

Reports reports_from(std::int64_t bits) {
    const auto has = [bits](std::int64_t bit) { return bits / bit % 2 == 1; };
    return {.statuses = has(statuses_bit), .events = has(events_bit)};
}

std::vector<std::string> texts_from(const std::string& json) {
    return from_json(json, [](const boost::json::value& value) {
        std::vector<std::string> texts;
        for (const boost::json::value& text : value.as_array()) {
            texts.emplace_back(text.as_string());
        }
        return texts;
    });
}

std::vector<int> numbers_from(const std::string& json) {
    return from_json(json, [](const boost::json::value& value) {
        std::vector<int> numbers;
        for (const boost::json::value& number : value.as_array()) {
            numbers.push_back(number.to_number<int>());
        }
        return numbers;
    });
}

std::map<std::string, std::string> map_from(const std::string& json) {
    return from_json(json, [](const boost::json::value& value) {
        std::map<std::string, std::string> texts;
        for (const auto& [key, text] : value.as_object()) {
            texts.emplace_hint(texts.end(), key, text.as_string());
        }
        return texts;
    });
}

}  // namespace slipway::store
