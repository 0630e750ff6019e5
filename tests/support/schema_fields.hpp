#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace slipway::test {

/// What a JSON Schema speaks of, a line each, so that two of its versions can be compared.
struct SchemaFields {
    /// `builds[].state: string`, and for each word of a choice `builds[].state = "queued"`.
    std::set<std::string> known;
    /// `builds[].state`: it is always there, or has to be.
    std::set<std::string> required;
};

/// Adds the fields of `schema`, a part of `document`, whose references point into it. `name` is
/// what stands before each.
void add_fields(
    SchemaFields& to,
    const nlohmann::json& document,
    const nlohmann::json& schema,
    const std::string& name
);

/// Those of `lines` that `others` has not.
[[nodiscard]] std::set<std::string> missing(
    const std::set<std::string>& lines, const std::set<std::string>& others
);

/// What now has to be given within something that was known before, where it had not to be.
[[nodiscard]] std::set<std::string> newly_required(
    const SchemaFields& before, const SchemaFields& now
);

/// A JSON file of the sources.
[[nodiscard]] nlohmann::json read_json(const std::string& path);

}  // namespace slipway::test
