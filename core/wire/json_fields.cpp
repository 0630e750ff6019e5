#include "core/wire/json_fields.hpp"

#include "core/base/result.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::wire {

using Json = nlohmann::json;

/// What nlohmann's SAX parser calls; each call answers whether to go on.
class JsonFields::Reader {
public:
    explicit Reader(std::vector<Field>& fields) : fields_(fields) {}

    [[nodiscard]] const std::string& problem() const { return problem_; }

    bool null() { return put({}); }

    bool boolean(bool value) { return put(value); }

    bool number_integer(std::int64_t value) { return put(value); }

    bool number_unsigned(std::uint64_t value) {
        // Above 2^63 no id of anything is found: as good as missing.
        return std::in_range<std::int64_t>(value) ? put(static_cast<std::int64_t>(value)) : put({});
    }

    bool number_float(double /*value*/, const std::string& /*text*/) { return put({}); }

    bool string(std::string& value) {
        // A body is mostly strings that nobody wants: they must not be copied.
        return field_ == nullptr && depth_ > 0 ? true : put(std::move(value));
    }

    bool binary(Json::binary_t& /*value*/) { return put({}); }

    bool start_object(std::size_t /*elements*/) {
        if (depth_ == 1) {
            parent_ = key_;
        }
        return descend();
    }

    bool end_object() { return ascend(); }

    bool start_array(std::size_t /*elements*/) {
        if (depth_ == 0) {
            return refuse("it is not an object");
        }
        return descend();
    }

    bool end_array() { return ascend(); }

    bool key(std::string& name) {
        if (depth_ == 1) {
            key_ = name;
            forget_children_of(name);
            choose({.parent = "", .name = name});
        } else if (depth_ == 2 && !parent_.empty()) {
            choose({.parent = parent_, .name = name});
        }
        return true;
    }

    bool parse_error(
        std::size_t position, const std::string& /*token*/, const Json::exception& /*error*/
    ) {
        return refuse("it is not JSON: see byte " + std::to_string(position));
    }

private:
    static constexpr std::size_t deepest = 64;

    bool put(Value value) {
        if (depth_ == 0) {
            return refuse("it is not an object");
        }
        if (field_ != nullptr) {
            field_->value = std::move(value);
            field_ = nullptr;
        }
        return true;
    }

    bool descend() {
        field_ = nullptr;
        return ++depth_ <= deepest || refuse("it is nested deeper than 64");
    }

    bool ascend() {
        --depth_;
        return true;
    }

    bool refuse(std::string problem) {
        problem_ = std::move(problem);
        return false;
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

    void forget_children_of(std::string_view parent) {
        for (Field& field : fields_) {
            if (!field.path.parent.empty() && field.path.parent == parent) {
                field.value = {};
            }
        }
    }

    std::vector<Field>& fields_;
    Field* field_ = nullptr;
    std::size_t depth_ = 0;
    std::string key_;
    std::string parent_;
    std::string problem_;
};

Result<JsonFields> JsonFields::read(std::string_view text, std::initializer_list<JsonPath> wanted) {
    JsonFields fields;
    fields.fields_.reserve(wanted.size());
    for (const JsonPath path : wanted) {
        fields.fields_.push_back({.path = path, .value = {}});
    }
    Reader reader(fields.fields_);
    if (!Json::sax_parse(text.data(), text.data() + text.size(), &reader)) {
        return fail(ErrorCode::invalid, reader.problem());
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
