#include "tests/support/schema_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace slipway::test {
namespace {

/// Where a schema stands for itself again.
constexpr int most_depth = 20;

class Walk {
public:
    Walk(SchemaFields& to, const nlohmann::json& document) : to_(to), document_(document) {}

    void visit(const nlohmann::json& schema, const std::string& name, int depth = 0) {
        if (depth > most_depth || !schema.is_object()) {
            return;
        }
        if (schema.contains("$ref")) {
            const std::string place = schema["$ref"].get<std::string>().substr(1);
            visit(document_.at(nlohmann::json::json_pointer(place)), name, depth + 1);
        }
        say(schema, name);
        const nlohmann::json properties = schema.value("properties", nlohmann::json::object());
        for (const auto& [key, value] : properties.items()) {
            visit(value, name + "." + key, depth + 1);
        }
        visit(schema.value("items", nlohmann::json()), name + "[]", depth + 1);
        visit(schema.value("additionalProperties", nlohmann::json()), name + "{}", depth + 1);
        for (const char* const choice : {"anyOf", "oneOf", "allOf"}) {
            for (const auto& one : schema.value(choice, nlohmann::json::array())) {
                visit_one(one, name, choice, depth);
            }
        }
    }

private:
    /// What one of several asks for is asked for nowhere else.
    void visit_one(
        const nlohmann::json& one, const std::string& name, const std::string& choice, int depth
    ) {
        nlohmann::json rest = one;
        if (choice != "allOf") {
            rest.erase("required");
        }
        visit(rest, name, depth + 1);
    }

    void say(const nlohmann::json& schema, const std::string& name) {
        if (schema.contains("type")) {
            to_.known.insert(name + ": " + schema["type"].dump());
        }
        for (const auto& word : schema.value("enum", nlohmann::json::array())) {
            to_.known.insert(name + " = " + word.dump());
        }
        for (const auto& field : schema.value("required", nlohmann::json::array())) {
            to_.required.insert(name + "." + field.get<std::string>());
        }
    }

    SchemaFields& to_;
    const nlohmann::json& document_;
};

/// Of a field, or of a parameter, before whose name a ` ?` stands.
std::string parent_of(const std::string& line) {
    const std::size_t parameter = line.rfind(" ?");
    const std::size_t field = line.rfind('.');
    return line.substr(0, parameter == std::string::npos ? field : std::max(parameter, field));
}

bool is_known(const SchemaFields& fields, const std::string& name) {
    const auto typed = fields.known.lower_bound(name + ": ");
    return fields.known.contains(name) ||
           (typed != fields.known.end() && typed->starts_with(name + ": "));
}

}  // namespace

void add_fields(
    SchemaFields& to,
    const nlohmann::json& document,
    const nlohmann::json& schema,
    const std::string& name
) {
    Walk(to, document).visit(schema, name);
}

std::set<std::string> missing(
    const std::set<std::string>& lines, const std::set<std::string>& others
) {
    std::set<std::string> found;
    std::ranges::set_difference(lines, others, std::inserter(found, found.end()));
    return found;
}

std::set<std::string> newly_required(const SchemaFields& before, const SchemaFields& now) {
    std::set<std::string> found = missing(now.required, before.required);
    std::erase_if(found, [&before](const std::string& line) {
        return !is_known(before, parent_of(line));
    });
    return found;
}

nlohmann::json read_json(const std::string& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

}  // namespace slipway::test
