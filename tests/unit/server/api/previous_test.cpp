#include "tests/support/schema_fields.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace slipway::api {
namespace {

using nlohmann::json;
using Lines = std::set<std::string>;

/// What a description says of its operations: their names and those of their answers, what they
/// take, and what they answer.
struct Operations {
    Lines names;
    test::SchemaFields taken;
    test::SchemaFields answered;
};

class Reading {
public:
    explicit Reading(const std::string& file)
        : document_(test::read_json(SLIPWAY_SOURCE_DIR "/" + file)) {
        for (const auto& [path, methods] : document_["paths"].items()) {
            for (const auto& [method, operation] : methods.items()) {
                read(operation, method + " " + path);
            }
        }
    }

    [[nodiscard]] const Operations& operations() const { return operations_; }

private:
    void read(const json& operation, const std::string& name) {
        operations_.names.insert(name);
        operations_.taken.known.insert(name);
        for (const json& reference : operation.value("parameters", json::array())) {
            const json& parameter = resolved(reference);
            const std::string field = name + " ?" + parameter["name"].get<std::string>();
            operations_.taken.known.insert(field);
            if (parameter.value("required", false)) {
                operations_.taken.required.insert(field);
            }
            test::add_fields(operations_.taken, document_, parameter["schema"], field);
        }
        read_content(operations_.taken, resolved(operation.value("requestBody", json())), name);
        for (const auto& [status, answer] : operation["responses"].items()) {
            read_answer(resolved(answer), name + " " + status);
        }
    }

    void read_answer(const json& answer, const std::string& name) {
        operations_.names.insert(name);
        const json headers = answer.value("headers", json::object());
        for (const auto& [header, value] : headers.items()) {
            operations_.answered.required.insert(name + " " + header);
        }
        read_content(operations_.answered, answer, name);
    }

    /// `body`: of a request or an answer.
    void read_content(test::SchemaFields& to, const json& body, const std::string& name) {
        if (!body.contains("content")) {
            return;
        }
        for (const auto& [type, content] : body["content"].items()) {
            to.known.insert(name + " as " + type);
            test::add_fields(to, document_, content.value("schema", json()), name + " as " + type);
        }
    }

    [[nodiscard]] const json& resolved(const json& part) const {
        if (!part.contains("$ref")) {
            return part;
        }
        return document_.at(json::json_pointer(part["$ref"].get<std::string>().substr(1)));
    }

    json document_;
    Operations operations_;
};

/// What asked the API of one minor version before is answered: see CONTRIBUTING.md. That what is
/// described is what is answered, openapi_test.cpp and test_openapi.py hold.
class PreviousApi : public testing::Test {
protected:
    const Operations before_ = Reading("tests/data/previous/openapi.json").operations();
    const Operations now_ = Reading("server/api/openapi.json").operations();
};

TEST_F(PreviousApi, HasItsPathsAndAnswers) {
    EXPECT_GT(before_.names.size(), 100);
    EXPECT_EQ(test::missing(before_.names, now_.names), Lines{});
}

TEST_F(PreviousApi, IsAskedAsBefore) {
    EXPECT_TRUE(before_.taken.known.contains("get /api/v1/builds ?limit"));
    EXPECT_EQ(test::missing(before_.taken.known, now_.taken.known), Lines{});
    EXPECT_EQ(test::newly_required(before_.taken, now_.taken), Lines{});
}

TEST_F(PreviousApi, AnswersWhatItAnswered) {
    const std::string build = "get /api/v1/builds/{id} 200 as application/json";
    EXPECT_TRUE(before_.answered.required.contains(build + ".steps[].state"));
    EXPECT_EQ(test::missing(before_.answered.known, now_.answered.known), Lines{});
    EXPECT_EQ(test::missing(before_.answered.required, now_.answered.required), Lines{});
}

}  // namespace
}  // namespace slipway::api
