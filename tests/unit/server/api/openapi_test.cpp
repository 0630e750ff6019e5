#include "core/model/build_state.hpp"
#include "server/http/message.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace slipway::api {
namespace {

using Names = std::set<std::string>;

Names keys_of(const nlohmann::json& object) {
    Names keys;
    for (const auto& [key, value] : object.items()) {
        keys.insert(key);
    }
    return keys;
}

class Openapi : public ApiTest {
protected:
    /// `GET /api/v1/builds`
    Names documented() const {
        Names operations;
        for (const auto& [path, methods] : document_["paths"].items()) {
            for (const auto& [name, operation] : methods.items()) {
                std::string method = name;
                std::ranges::transform(method, method.begin(), [](unsigned char c) {
                    return static_cast<char>(std::toupper(c));
                });
                operations.insert(method + " " + path);
            }
        }
        return operations;
    }

    /// Not a page for people.
    static bool is_api(const std::string& pattern) {
        static const Names alone = {"/openapi.json", "/healthz", "/readyz", "/metrics"};
        return pattern.starts_with("/api/") || pattern.starts_with("/webhooks/") ||
               pattern.starts_with("/badges/") || alone.contains(pattern);
    }

    /// The document has no word for a place that holds slashes; every path takes OPTIONS.
    Names routed() const {
        Names operations;
        for (auto [method, pattern] : router_.routes()) {
            if (const auto dots = pattern.find("...}"); dots != std::string::npos) {
                pattern.erase(dots, 3);
            }
            if (method != "OPTIONS" && is_api(pattern)) {
                operations.insert(method + " " + pattern);
            }
        }
        return operations;
    }

    /// The fields of a schema.
    Names fields(const std::string& schema) const {
        const nlohmann::json& found = document_["components"]["schemas"][schema];
        const auto required = found["required"].get<Names>();
        EXPECT_EQ(required, keys_of(found["properties"]))
            << schema << ": every field is always there";
        return required;
    }

    nlohmann::json document_ = json(get("/openapi.json"));
};

TEST_F(Openapi, HasEveryPathAndNoOther) {
    EXPECT_EQ(documented(), routed());
}

TEST_F(Openapi, NeedsNoToken) {
    config::Config closed = config_.current();
    closed.anonymous_read = false;
    config_.replace(std::move(closed));
    const http::Response response = get("/openapi.json");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(get("/openapi.json", {{"if-none-match", header(response, "ETag")}}).status, 304U);
}

TEST_F(Openapi, HasTheFieldsThatAreAnswered) {
    push('a', 'b');
    plan({step(0, "python")});
    work({model::StepState::building, model::StepState::failed}, "exit code 2");
    queue("images");
    const nlohmann::json build = json(get("/api/v1/builds/1"));
    EXPECT_EQ(keys_of(build), fields("Build"));
    EXPECT_EQ(keys_of(build["steps"][0]), fields("Step"));
    EXPECT_EQ(keys_of(json(get("/api/v1/builds"))["builds"][0]), fields("BriefBuild"));
    EXPECT_EQ(keys_of(json(get("/api/v1/deliveries/1"))), fields("Delivery"));
    const nlohmann::json image = json(get("/api/v1/images"))["images"][0];
    EXPECT_EQ(keys_of(image), fields("Image"));
    EXPECT_EQ(keys_of(image["owed"]), fields("Owed"));
    EXPECT_EQ(keys_of(json(get("/api/v1/owed"))["owed"][0]), fields("Debt"));
    const nlohmann::json status = json(get("/api/v1/status"));
    EXPECT_EQ(keys_of(status), fields("Status"));
    EXPECT_EQ(keys_of(status["engines"][0]), fields("Engine"));
    EXPECT_EQ(keys_of(status["images"][0]), fields("ImageStatus"));
    EXPECT_EQ(keys_of(json(get("/api/v1/explain?folder=python&build=1"))), fields("Explanation"));
    EXPECT_EQ(keys_of(json(get("/badges/images.json"))), fields("Badge"));
    EXPECT_EQ(keys_of(json(get("/api/v1/nothing"))), fields("Problem"));
    const nlohmann::json dry =
        json(post("/api/v1/builds?dry_run=1", R"({"repository": "images", "ref": "main"})", writer)
        );
    EXPECT_EQ(keys_of(dry), fields("DryRun"));
    EXPECT_EQ(keys_of(dry["request"]), fields("NewBuild"));
}

TEST_F(Openapi, SaysOfEveryPathThatItMayBeTooMuch) {
    for (const auto& [path, methods] : document_["paths"].items()) {
        for (const auto& [method, operation] : methods.items()) {
            const bool is_probe = path == "/healthz" || path == "/readyz" || path == "/metrics";
            EXPECT_EQ(operation["responses"].contains("429"), !is_probe) << method << " " << path;
            EXPECT_FALSE(operation["operationId"].get<std::string>().empty());
        }
    }
}

}  // namespace
}  // namespace slipway::api
