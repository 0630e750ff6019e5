#pragma once

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/credentials.hpp"
#include "server/registry/digest.hpp"
#include "server/registry/registry_client.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_engine.hpp"
#include "tests/support/scripted_registry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::registry {

using test::http_answer;
using test::RecordedRequest;
using test::ScriptedRegistry;
using Found = Result<std::optional<std::string>>;
using Lines = std::vector<std::string>;

inline const std::string manifest = R"({"schemaVersion":2,"layers":[]})";
inline const std::string digest = sha256_digest(manifest);
inline const std::string oci_type = "application/vnd.oci.image.manifest.v1+json";
inline const Credentials someone{.username = "someone", .password = "pass-word"};
inline const std::string someone_basic = "Basic c29tZW9uZTpwYXNzLXdvcmQ=";

inline std::string digest_answer() {
    return http_answer("200 OK", {"Docker-Content-Digest: " + digest});
}

inline std::string basic_challenge() {
    return http_answer("401 Unauthorized", {R"(WWW-Authenticate: Basic realm="here")"});
}

inline std::string bearer_challenge(
    const ScriptedRegistry& auth, const std::string& scope = "repository:team/app:pull"
) {
    return http_answer(
        "401 Unauthorized",
        {R"(WWW-Authenticate: Bearer realm="http://)" + auth.address() +
         R"(/token",service="the registry",scope=")" + scope + '"'}
    );
}

inline std::string token_answer(const std::string& token, int lifetime = 300) {
    return http_answer(
        "200 OK",
        {},
        R"({"token":")" + token + R"(","expires_in":)" + std::to_string(lifetime) + "}"
    );
}

inline std::string header(const RecordedRequest& request, const std::string& name) {
    const auto found = request.headers.find(name);
    return found != request.headers.end() ? found->second : "(none)";
}

inline Lines authorizations(const ScriptedRegistry& server) {
    Lines sent;
    for (const RecordedRequest& request : server.requests()) {
        sent.push_back(header(request, "authorization"));
    }
    return sent;
}

inline void expect_no_secret(const Error& error) {
    for (const std::string_view secret : {"pass-word", "c29tZW9uZT", "t0ken", "refresh-me"}) {
        EXPECT_FALSE(error.message.contains(secret)) << error.message;
    }
}

/// A client and a registry on loopback that answers what the test says.
class RegistryClientTest : public testing::Test {
protected:
    [[nodiscard]] model::ImageRef app() const {
        return {.domain = server.address(), .path = "team/app", .tag = "1", .digest = ""};
    }

    Found find(const Credentials& credentials = {}) {
        return test::run_coroutine(client.find_digest(app(), credentials));
    }

    Error find_error(const Credentials& credentials = {}) {
        const Found found = find(credentials);
        EXPECT_FALSE(found) << "found something";
        const Error error = found ? Error() : found.error();
        EXPECT_TRUE(error.message.starts_with("asking " + server.address() + " for team/app:1: "))
            << error.message;
        expect_no_secret(error);
        return error;
    }

    Result<void> tag(const Credentials& credentials = {}) {
        return test::run_coroutine(client.tag_digest(app(), digest, credentials));
    }

    Error tag_error(const Credentials& credentials = {}) {
        const Result<void> tagged = tag(credentials);
        EXPECT_FALSE(tagged) << "tagged something";
        const Error error = tagged ? Error() : tagged.error();
        expect_no_secret(error);
        return error;
    }

    ScriptedRegistry server;
    RegistryClient client{{}, {.total = std::chrono::seconds(20), .answer_bytes = 4096}};
};

}  // namespace slipway::registry
