#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {

/// The `WHERE` of what is asked for: one condition a field that is given, each with the next
/// placeholder.
class Conditions {
public:
    static constexpr std::size_t most_values = 4;

    /// Nothing where the value is empty.
    void add_equal(std::string_view column, const std::string& value) {
        if (!value.empty()) {
            add(std::string(column) + " = ?", {value});
        }
    }

    /// `values`: of its placeholders.
    void add(std::string_view condition, const std::vector<std::string>& values = {}) {
        where_ += (where_.empty() ? "WHERE " : " AND ") + std::string(condition);
        values_.insert(values_.end(), values.begin(), values.end());
    }

    [[nodiscard]] const std::string& where() const { return where_; }

    /// Calls with the values.
    template <class Statement, class Read, class... Given>
    auto query(Statement& statement, const Read& read, const Given&... given) const {
        if constexpr (sizeof...(given) < most_values) {
            if (sizeof...(given) < values_.size()) {
                return query(statement, read, given..., values_[sizeof...(given)]);
            }
        }
        auto rows = statement.query(given...);
        return read(rows);
    }

private:
    std::string where_;
    std::vector<std::string> values_;
};

}  // namespace slipway::store
