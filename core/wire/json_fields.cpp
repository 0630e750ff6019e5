#include "core/wire/json_fields.hpp"

#include "core/base/result.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/string_view.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::wire {

namespace json = boost::json;

using boost::system::error_code;

/// What Boost.JSON's SAX parser calls; each call answers whether to go on. A text may come in
/// parts, the last one by the call without `_part`.
class JsonFields::Reader {
public:
    static constexpr auto max_object_size = static_cast<std::size_t>(-1);
    static constexpr auto max_array_size = static_cast<std::size_t>(-1);
    static constexpr auto max_key_size = static_cast<std::size_t>(-1);
    static constexpr auto max_string_size = static_cast<std::size_t>(-1);

    explicit Reader(std::vector<Field>& fields) : fields_(fields) {}

    bool on_document_begin(error_code& /*error*/) { return true; }

    bool on_document_end(error_code& /*error*/) { return true; }

    bool on_object_begin(error_code& /*error*/) {
        if (depth_ == 1) {
            parent_ = key_;
        }
        return descend();
    }

    bool on_object_end(std::size_t /*elements*/, error_code& /*error*/) { return ascend(); }

    bool on_array_begin(error_code& error) {
        if (depth_ == 1) {
            parent_.clear();
        }
        return is_inside(error) && descend();
    }

    bool on_array_end(std::size_t /*elements*/, error_code& /*error*/) { return ascend(); }

    bool on_key_part(json::string_view part, std::size_t /*size*/, error_code& /*error*/) {
        name_ += part;
        return true;
    }

    bool on_key(json::string_view part, std::size_t /*size*/, error_code& /*error*/) {
        name_ += part;
        if (depth_ == 1) {
            key_ = name_;
            forget_children_of(key_);
            choose({.parent = "", .name = key_});
        } else if (depth_ == 2 && !parent_.empty()) {
            inner_key_ = name_;
            forget_children_of(inner_key_, parent_);
            choose({.parent = parent_, .name = inner_key_});
        } else if (depth_ == 3 && !parent_.empty()) {
            choose({.parent = inner_key_, .name = name_, .grandparent = parent_});
        }
        name_.clear();
        return true;
    }

    // A body is mostly strings that nobody wants: they are not copied.
    bool on_string_part(json::string_view part, std::size_t /*size*/, error_code& error) {
        if (field_ != nullptr) {
            text_ += part;
        }
        return is_inside(error);
    }

    bool on_string(json::string_view part, std::size_t /*size*/, error_code& error) {
        if (field_ == nullptr) {
            return is_inside(error);
        }
        text_ += part;
        return put(std::exchange(text_, {}), error);
    }

    bool on_number_part(json::string_view /*part*/, error_code& /*error*/) { return true; }

    bool on_int64(std::int64_t value, json::string_view /*text*/, error_code& error) {
        return put(value, error);
    }

    // Above 2^63 no id of anything is found: as good as missing.
    bool on_uint64(std::uint64_t /*value*/, json::string_view /*text*/, error_code& error) {
        return put({}, error);
    }

    bool on_double(double /*value*/, json::string_view /*text*/, error_code& error) {
        return put({}, error);
    }

    bool on_bool(bool value, error_code& error) { return put(value, error); }

    bool on_null(error_code& error) { return put({}, error); }

    bool on_comment_part(json::string_view /*part*/, error_code& /*error*/) { return true; }

    bool on_comment(json::string_view /*part*/, error_code& /*error*/) { return true; }

private:
    /// The whole document must be an object: nothing else may stand outside of one.
    bool is_inside(error_code& error) const {
        if (depth_ == 0) {
            error = json::error::not_object;
        }
        return depth_ > 0;
    }

    bool put(Value value, error_code& error) {
        if (field_ != nullptr) {
            field_->value = std::move(value);
            field_ = nullptr;
        }
        return is_inside(error);
    }

    bool descend() {
        field_ = nullptr;
        ++depth_;
        return true;
    }

    bool ascend() {
        --depth_;
        return true;
    }

    /// The next scalar is the value of `path`, if anybody wants that. Forgets what an earlier key
    /// of this name held.
    void choose(JsonPath path) {
        const auto found = std::ranges::find(fields_, path, &Field::path);
        field_ = found == fields_.end() ? nullptr : &*found;
        if (field_ != nullptr) {
            field_->value = {};
        }
    }

    void forget_children_of(std::string_view parent, std::string_view grandparent = {}) {
        for (Field& field : fields_) {
            const JsonPath& path = field.path;
            const bool is_child = path.parent == parent && path.grandparent == grandparent;
            const bool is_grandchild = grandparent.empty() && path.grandparent == parent;
            if (!parent.empty() && (is_child || is_grandchild)) {
                field.value = {};
            }
        }
    }

    std::vector<Field>& fields_;
    Field* field_ = nullptr;
    std::size_t depth_ = 0;
    std::string name_;  ///< of the key that is being read
    std::string key_;
    std::string parent_;     ///< empty in a list
    std::string inner_key_;  ///< in the object of `parent_`
    std::string text_;
};

// Not nlohmann's parser: it looks at every character of the strings that are skipped, which takes
// five times as long, and intake is bound by it.
Result<JsonFields> JsonFields::read(std::string_view text, std::initializer_list<JsonPath> wanted) {
    constexpr std::size_t deepest = 64;
    JsonFields fields;
    fields.fields_.reserve(wanted.size());
    for (const JsonPath path : wanted) {
        fields.fields_.push_back({.path = path, .value = {}});
    }
    json::parse_options options;
    options.max_depth = deepest;
    json::basic_parser<Reader> parser(options, fields.fields_);
    error_code error;
    const std::size_t taken = parser.write_some(false, text.data(), text.size(), error);
    if (error == json::error::not_object) {
        return fail(ErrorCode::invalid, "it is not an object");
    }
    if (error == json::error::too_deep) {
        return fail(ErrorCode::invalid, "it is nested deeper than 64");
    }
    if (error || taken < text.size()) {
        return fail(ErrorCode::invalid, "it is not JSON: see byte " + std::to_string(taken + 1));
    }
    return fields;
}

const JsonFields::Value* JsonFields::find(JsonPath path) const {
    const auto found = std::ranges::find(fields_, path, &Field::path);
    return found == fields_.end() ? nullptr : &found->value;
}

const std::string* JsonFields::text(JsonPath path) const {
    const Value* const value = find(path);
    return value == nullptr ? nullptr : std::get_if<std::string>(value);
}

std::string_view JsonFields::text_or_empty(JsonPath path) const {
    const std::string* const found = text(path);
    return found == nullptr ? std::string_view() : std::string_view(*found);
}

std::optional<std::int64_t> JsonFields::integer(JsonPath path) const {
    const Value* const value = find(path);
    const auto* const number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
    return number == nullptr ? std::nullopt : std::optional(*number);
}

bool JsonFields::is_true(JsonPath path) const {
    const Value* const value = find(path);
    const auto* const truth = value == nullptr ? nullptr : std::get_if<bool>(value);
    return truth != nullptr && *truth;
}

}  // namespace slipway::wire
