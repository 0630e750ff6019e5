#include "server/engine/error_text.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace slipway::engine {
namespace {

TEST(ReadRegistryWords, CredentialsThatAreMissingOrWrongAreDenied) {
    for (const std::string_view words : {
             "no basic auth credentials",
             "unauthorized: incorrect username or password",
             "error from registry: incorrect username or password",
             "unexpected status from HEAD request to http://r/v2/a/manifests/1: 401 Unauthorized",
             "denied: requested access to the resource is denied",
             "denied: Your authorization token has expired. Reauthenticate and try again.",
             "push access denied, repository does not exist or may require authorization: x",
             "received unexpected HTTP status: 403 Forbidden",
             "unexpected status code 403",
             "pull access denied for a, repository does not exist or may require 'docker login'",
         }) {
        EXPECT_EQ(read_registry_words(words), ErrorCode::denied) << words;
    }
}

TEST(ReadRegistryWords, WhatMayPassIsUnavailable) {
    for (const std::string_view words : {
             "dial tcp 127.0.0.1:5059: connect: connection refused",
             "read tcp 1.2.3.4:5->6.7.8.9:443: read: connection reset by peer",
             "unexpected EOF",
             "error parsing HTTP 404 response body: unexpected end of JSON input: \"\"",
             "Get \"https://r/v2/\": EOF",
             "net/http: TLS handshake timeout",
             "dial tcp 1.2.3.4:443: i/o timeout",
             "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
             "received unexpected HTTP status: 503 Service Unavailable",
             "toomanyrequests: You have reached your pull rate limit.",
             "unexpected status from POST request to http://r/v2/: 429 Too Many Requests",
             "unexpected status code 502",
         }) {
        EXPECT_EQ(read_registry_words(words), ErrorCode::unavailable) << words;
    }
}

TEST(ReadRegistryWords, WhatIsNotThereIsNotFound) {
    for (const std::string_view words : {
             "tag does not exist: r/a:1",
             "An image does not exist locally with the tag: r/a",
             "manifest for r/a:1 not found: manifest unknown: manifest unknown",
             "No such image: r/a:1",
             "failed to resolve reference \"r/a:1\": r/a:1: not found",
         }) {
        EXPECT_EQ(read_registry_words(words), ErrorCode::not_found) << words;
    }
}

TEST(ReadRegistryWords, NamesAreNoWords) {
    for (const std::string_view words : {
             "blob upload of r.example/forbidden/eof:401 went wrong",
             "invalid manifest of sha256:4014030000500 in r:500/503",
             "invalid reference format",
         }) {
        EXPECT_EQ(read_registry_words(words), ErrorCode::failed) << words;
    }
}

TEST(ReadBuildWords, ACommandMaySayAnything) {
    for (const std::string_view words : {
             "The command '/bin/sh -c echo connection refused' returned a non-zero code: 1",
             "executor failed running [/bin/sh -c echo unauthorized ]: exit code: 3",
             "process \"/bin/sh -c echo 503 EOF timeout\" did not complete successfully: exit "
             "code: 1",
             "dockerfile parse error on line 2: unknown instruction: TIMEOUT",
         }) {
        EXPECT_EQ(read_build_words(words), ErrorCode::failed) << words;
    }
}

TEST(ReadBuildWords, FilesOfTheContextMayBeCalledAnything) {
    for (const std::string_view words : {
             "failed to compute cache key: failed to calculate checksum of ref a::b: "
             "\"/unauthorized\": not found",
             "COPY failed: file not found in build context: stat forbidden.html: file does not "
             "exist",
             "COPY failed: stat errors/503.html: file does not exist",
         }) {
        EXPECT_EQ(read_build_words(words), ErrorCode::failed) << words;
    }
}

TEST(ReadBuildWords, AMissingBaseIsTheDockerfilesFault) {
    EXPECT_EQ(read_build_words("127.0.0.1:5058/nope:1: not found"), ErrorCode::failed);
}

TEST(ReadBuildWords, ABaseThatCantBeHadNowIsUnavailable) {
    EXPECT_EQ(
        read_build_words(
            "r/a:1: failed to resolve source metadata: failed to do request: Head "
            "\"https://r/v2/a/manifests/1\": dial tcp 1.1.1.1:443: connect: connection refused"
        ),
        ErrorCode::unavailable
    );
}

TEST(Refusal, TheStatusDecidesWhereTheWordsDoNot) {
    EXPECT_EQ(
        refusal(404, R"({"message":"page missing"})", read_build_words).code, ErrorCode::not_found
    );
    EXPECT_EQ(refusal(500, R"({"message":"x"})", read_build_words).code, ErrorCode::failed);
    EXPECT_EQ(refusal(502, "", read_build_words).code, ErrorCode::unavailable);
    EXPECT_EQ(refusal(403, "", read_build_words).code, ErrorCode::denied);
    EXPECT_EQ(
        refusal(404, R"({"message":"denied: no"})", read_registry_words).code, ErrorCode::denied
    );
}

TEST(Refusal, WithoutWordsNamesTheStatus) {
    EXPECT_EQ(
        refusal(418, "", read_build_words).message, "the engine answered with HTTP status 418"
    );
    EXPECT_EQ(refusal(418, R"({"message":5})", read_build_words).message, R"({"message":5})");
}

TEST(ReadBuildWords, ASessionThatIsAwayIsUnavailable) {
    for (const std::string_view words : {
             "failed to solve: no active session for abc: context deadline exceeded",
             "no active session for k3: context canceled",
             "failed to authorize: rpc error: code = Unavailable desc = looking up the credentials "
             "of r.example: the helper is away",
             "r.example/a:1: failed to resolve source metadata for r.example/a:1: Unavailable: "
             "looking up the credentials of r.example: the helper is away",
         }) {
        EXPECT_EQ(read_build_words(words), ErrorCode::unavailable) << words;
    }
    EXPECT_EQ(
        read_build_words("rpc error: code = FailedPrecondition desc = no such helper"),
        ErrorCode::failed
    );
}

}  // namespace
}  // namespace slipway::engine
