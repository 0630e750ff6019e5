#include "server/store/records.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

/// Bytes that are not UTF-8 are replaced: they must not cost the whole build.
std::string dump(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <class Value>
Value from_json(const std::string& text) {
    return nlohmann::json::parse(text).get<Value>();
}

}  // namespace

std::string to_json(const std::vector<std::string>& texts) {
    return dump(texts);
}

std::string to_json(const std::vector<int>& numbers) {
    return dump(numbers);
}

std::string to_json(const std::map<std::string, std::string>& texts) {
    return dump(texts);
}

std::vector<std::string> texts_from(const std::string& json) {
    return from_json<std::vector<std::string>>(json);
}

std::vector<int> numbers_from(const std::string& json) {
    return from_json<std::vector<int>>(json);
}

std::map<std::string, std::string> map_from(const std::string& json) {
    return from_json<std::map<std::string, std::string>>(json);
}

}  // namespace slipway::store
