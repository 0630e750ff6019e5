#include "server/registry/registry_client.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/trace_context.hpp"
#include "server/registry/digest.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/unit/server/registry/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace slipway::registry {
namespace {

using namespace std::chrono_literals;

using FindDigest = RegistryClientTest;
using TagDigest = RegistryClientTest;

TEST_F(FindDigest, TakesTheDigestFromTheHeader) {
    server.on("HEAD /v2/team/app/manifests/1", {digest_answer()});
    EXPECT_EQ(find().value(), digest);
    ASSERT_EQ(server.requests().size(), 1U);
    const RecordedRequest asked = server.requests()[0];
    EXPECT_EQ(header(asked, "host"), server.address());
    EXPECT_EQ(header(asked, "authorization"), "(none)");
    EXPECT_EQ(
        header(asked, "accept"),
        "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
        "application/vnd.docker.distribution.manifest.list.v2+json, "
        "application/vnd.docker.distribution.manifest.v2+json"
    );
}

TEST_F(FindDigest, IsNotMisledByTheLengthOfWhatAHeadLeavesOut) {
    server.on(
        "HEAD ",
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nDocker-Content-Digest: " + digest +
         "\r\n\r\n"}
    );
    EXPECT_EQ(find().value(), digest);
}

TEST_F(FindDigest, ComputesItFromTheManifestWhereTheHeaderIsMissingOrNonsense) {
    for (const std::string field : {"X: y", "Docker-Content-Digest: sha256:123"}) {
        server.on("HEAD ", {http_answer("200 OK", {field})});
        server.on("GET /v2/team/app/manifests/1", {http_answer("200 OK", {}, manifest)});
        EXPECT_EQ(find().value(), digest);
    }
}

TEST_F(FindDigest, TellsWhichTraceItIsPartOf) {
    server.on("HEAD ", {digest_answer()});
    const auto trace = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(test::run_coroutine(client.find_digest(app(), {}, trace)));
    }
    find();
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 3U);
    const auto first = parse_traceparent(header(requests[0], "traceparent"));
    const auto second = parse_traceparent(header(requests[1], "traceparent"));
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->trace_id, trace->trace_id);
    EXPECT_EQ(second->trace_id, trace->trace_id);
    EXPECT_NE(first->parent_id, second->parent_id) << "each request is a span of its own";
    EXPECT_NE(first->parent_id, trace->parent_id);
    EXPECT_EQ(header(requests[2], "traceparent"), "(none)");
}

TEST_F(FindDigest, AsksForTheDigestOrElseTheTagOrElseLatest) {
    server.on("HEAD ", {digest_answer()});
    model::ImageRef reference = app();
    reference.digest = digest;
    EXPECT_EQ(test::run_coroutine(client.find_digest(reference, {})).value(), digest);
    reference.digest = "";
    reference.tag = "";
    EXPECT_EQ(test::run_coroutine(client.find_digest(reference, {})).value(), digest);
    EXPECT_EQ(
        server.asked(),
        Lines({"HEAD /v2/team/app/manifests/" + digest, "HEAD /v2/team/app/manifests/latest"})
    );
}

TEST_F(FindDigest, FindsNothingWhereTheAnswerIs404) {
    server.on("HEAD ", {http_answer("404 Not Found", {})});
    EXPECT_EQ(find().value(), std::nullopt);
    server.on("HEAD ", {http_answer("200 OK", {})});
    server.on("GET ", {http_answer("404 Not Found", {})});
    EXPECT_EQ(find().value(), std::nullopt);
}

TEST_F(FindDigest, TakesNoOtherAnswerForMissing) {
    const std::map<std::string, ErrorCode> answers{
        {"400 Bad Request", ErrorCode::failed},
        {"401 Unauthorized", ErrorCode::denied},
        {"403 Forbidden", ErrorCode::denied},
        {"405 Method Not Allowed", ErrorCode::failed},
        {"410 Gone", ErrorCode::failed},
        {"204 No Content", ErrorCode::failed},
        {"429 Too Many Requests", ErrorCode::unavailable},
        {"500 Internal Server Error", ErrorCode::unavailable},
        {"503 Service Unavailable", ErrorCode::unavailable},
    };
    for (const auto& [status, code] : answers) {
        server.on("HEAD ", {"HTTP/1.1 " + status + "\r\n\r\n"});
        const Error error = find_error();
        EXPECT_EQ(error.code, code) << error.message;
        EXPECT_TRUE(error.message.contains("it answered " + status)) << error.message;
        server.on("HEAD ", {http_answer("200 OK", {})});
        server.on("GET ", {http_answer(status, {})});
        EXPECT_EQ(find_error().code, code) << status;
    }
}

TEST_F(FindDigest, SaysWhenToComeBack) {
    server.on("HEAD ", {http_answer("429 Too Many Requests", {"Retry-After: 17"})});
    EXPECT_TRUE(find_error().message.contains("Retry-After: 17"));
}

TEST_F(FindDigest, IsUnavailableWhereTheAnswerIsCutShort) {
    server.on("HEAD ", {"HTTP/1.1 200 OK\r\nDocker-Content-"});
    EXPECT_EQ(find_error().code, ErrorCode::unavailable);
    server.on("HEAD ", {http_answer("200 OK", {})});
    server.on("GET ", {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + manifest});
    EXPECT_EQ(find_error().code, ErrorCode::unavailable);
}

TEST_F(FindDigest, TrustsNoManifestWithoutAMarkAtItsEnd) {
    server.on("HEAD ", {http_answer("200 OK", {})});
    server.on("GET ", {"HTTP/1.1 200 OK\r\n\r\n" + manifest});
    EXPECT_EQ(find_error().code, ErrorCode::failed);
}

TEST_F(FindDigest, FailsWhereTheAnswerIsNotHttp) {
    server.on("HEAD ", {"SSH-2.0-OpenSSH_9.2\r\n\r\n"});
    const Error error = find_error();
    EXPECT_EQ(error.code, ErrorCode::failed);
    EXPECT_TRUE(error.message.contains("does it speak HTTP?")) << error.message;
}

TEST_F(FindDigest, ReadsNoMoreThanTheLimit) {
    server.on("HEAD ", {http_answer("200 OK", {})});
    server.on("GET ", {http_answer("200 OK", {}, std::string(4096, 'x'))});
    EXPECT_EQ(find().value(), sha256_digest(std::string(4096, 'x')));
    server.on("GET ", {http_answer("200 OK", {}, std::string(4097, 'x'))});
    EXPECT_EQ(find_error().code, ErrorCode::too_large);
}

TEST_F(FindDigest, IsUnavailableWhereNobodyListens) {
    boost::asio::io_context context;
    using boost::asio::ip::tcp;
    // Bound but not listening: nobody else gets this port meanwhile.
    const tcp::socket bound(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    model::ImageRef reference = app();
    reference.domain = "127.0.0.1:" + std::to_string(bound.local_endpoint().port());
    const Found found = test::run_coroutine(client.find_digest(reference, {}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(found.error().message.contains("Connection refused")) << found.error().message;
}

TEST_F(FindDigest, StopsAndClosesWhereNothingIsAnswered) {
    server.on("HEAD ", {std::string(test::silence)});
    RegistryClient hasty({}, {.total = 1000ms});
    const Found found = test::run_coroutine(hasty.find_digest(app(), {}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(found.error().message.contains("longer than 1000 ms")) << found.error().message;
    EXPECT_TRUE(server.wait_until_closed());
}

TEST_F(FindDigest, HasOneDeadlineForTheCallWithItsSignIn) {
    ScriptedRegistry auth;
    server.on("HEAD ", {bearer_challenge(auth)});
    auth.on("GET ", {std::string(test::silence)});
    RegistryClient hasty({}, {.total = 200ms});
    const Found found = test::run_coroutine(hasty.find_digest(app(), {}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::unavailable);
}

TEST_F(FindDigest, ClosesTheConnectionWhereTheCallerIsCancelled) {
    server.on("HEAD ", {std::string(test::silence)});
    boost::asio::io_context context;
    boost::asio::cancellation_signal signal;
    std::optional<Found> found;
    const auto keep = [&found](const std::exception_ptr& thrown, Found result) {
        EXPECT_EQ(thrown, nullptr);
        found = std::move(result);
    };
    boost::asio::co_spawn(
        context,
        client.find_digest(app(), {}),
        boost::asio::bind_cancellation_slot(signal.slot(), keep)
    );
    const std::jthread canceller([this, &context, &signal] {
        EXPECT_TRUE(server.wait_for_request());
        boost::asio::post(context, [&signal] {
            signal.emit(boost::asio::cancellation_type::terminal);
        });
    });
    context.run();
    ASSERT_TRUE(found);
    ASSERT_FALSE(*found);
    EXPECT_EQ(found->error().code, ErrorCode::cancelled);
    EXPECT_TRUE(server.wait_until_closed());
}

TEST_F(FindDigest, FindsTheImageByItsIdInEitherStore) {
    const std::string body = R"({"config":{"digest":"sha256:config"}})";
    const std::string own = sha256_digest(body);
    server.on("GET ", {http_answer("200 OK", {}, body)});
    const auto find_image = [this](const std::string& id) {
        return test::run_coroutine(client.find_image(app(), id, {})).value();
    };
    EXPECT_EQ(find_image("sha256:config"), own) << "an id is the configuration's digest";
    EXPECT_EQ(find_image(own), own) << "or the manifest's";
    EXPECT_EQ(find_image("sha256:other"), std::nullopt);
}

TEST_F(TagDigest, PutsTheSameBytesOfTheSameType) {
    const std::string type = oci_type + "; charset=utf-8";
    server.on(
        "GET /v2/team/app/manifests/" + digest,
        {http_answer("200 OK", {"Content-Type: " + type}, manifest)}
    );
    server.on("PUT /v2/team/app/manifests/1", {http_answer("201 Created", {})});
    EXPECT_TRUE(tag());
    ASSERT_EQ(server.requests().size(), 2U);
    const RecordedRequest put = server.requests()[1];
    EXPECT_EQ(put.body, manifest);
    EXPECT_EQ(header(put, "content-type"), type);
}

TEST_F(TagDigest, AsksForATokenThatMayPush) {
    ScriptedRegistry auth;
    server.on(
        "GET ",
        {bearer_challenge(auth), http_answer("200 OK", {"Content-Type: " + oci_type}, manifest)}
    );
    server.on("PUT ", {http_answer("200 OK", {})});
    auth.on("GET /token", {token_answer("t0ken")});
    EXPECT_TRUE(tag(someone));
    EXPECT_EQ(
        auth.asked(),
        Lines({"GET /token?service=the%20registry&scope=repository%3Ateam%2Fapp%3Apull%2Cpush"})
    );
    EXPECT_EQ(authorizations(server), Lines({"(none)", "Bearer t0ken", "Bearer t0ken"}));
}

TEST_F(TagDigest, SignsInWhereOnlyThePushNeedsIt) {
    ScriptedRegistry auth;
    server.on("GET ", {http_answer("200 OK", {"Content-Type: " + oci_type}, manifest)});
    server.on(
        "PUT ",
        {bearer_challenge(auth, "repository:team/app:pull,push"), http_answer("201 Created", {})}
    );
    auth.on("GET /token", {token_answer("t0ken")});
    EXPECT_TRUE(tag(someone));
    EXPECT_EQ(server.requests().back().body, manifest);
}

TEST_F(TagDigest, SaysNotFoundWhereTheRepositoryLacksIt) {
    server.on("GET ", {http_answer("404 Not Found", {})});
    const Error error = tag_error();
    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_TRUE(error.message.starts_with(
        "tagging " + server.address() + "/team/app@" + digest + " as '1': "
    )) << error.message;
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(TagDigest, RefusesOtherBytesThanTheDigestSays) {
    server.on("GET ", {http_answer("200 OK", {"Content-Type: " + oci_type}, manifest + " ")});
    EXPECT_EQ(tag_error().code, ErrorCode::failed);
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(TagDigest, SaysWhatThePushWasAnswered) {
    server.on("GET ", {http_answer("200 OK", {"Content-Type: " + oci_type}, manifest)});
    const std::string body = R"({"errors":[{"code":"TAG_INVALID","message":"t0ken"}]})";
    const std::map<std::string, ErrorCode> answers{
        {"202 Accepted", ErrorCode::failed},
        {"307 Temporary Redirect", ErrorCode::failed},
        {"400 Bad Request", ErrorCode::failed},
        {"403 Forbidden", ErrorCode::denied},
        {"404 Not Found", ErrorCode::failed},
        {"500 Internal Server Error", ErrorCode::unavailable},
    };
    for (const auto& [status, code] : answers) {
        server.on("PUT ", {http_answer(status, {"Location: /x"}, body)});
        const Error error = tag_error();
        EXPECT_EQ(error.code, code) << error.message;
        EXPECT_TRUE(error.message.contains("it answered " + status + " (TAG_INVALID)"))
            << error.message;
    }
}

TEST_F(TagDigest, QuotesNothingThatIsNoErrorCode) {
    server.on("GET ", {http_answer("200 OK", {"Content-Type: " + oci_type}, manifest)});
    for (const std::string body :
         {R"({"errors":[{"code":"the t0ken"}]})",
          R"({"errors":{"code":"x"}})",
          R"({"errors":[]})",
          R"({"errors":[["t0ken"]]})",
          R"({"errors":[{"code":["t0ken"]}]})",
          "[1]",
          "t0ken",
          R"({"errors":"t0ken"})"}) {
        server.on("PUT ", {http_answer("400 Bad Request", {}, body)});
        EXPECT_TRUE(tag_error().message.ends_with(": it answered 400 Bad Request")) << body;
    }
}

TEST_F(TagDigest, TakesOnlyASha256AndATag) {
    model::ImageRef untagged = app();
    untagged.tag = "";
    const auto no_tag = test::run_coroutine(client.tag_digest(untagged, digest, {}));
    const auto no_digest = test::run_coroutine(client.tag_digest(app(), "sha256:1", {}));
    ASSERT_FALSE(no_tag);
    ASSERT_FALSE(no_digest);
    EXPECT_EQ(no_tag.error().code, ErrorCode::invalid);
    EXPECT_EQ(no_digest.error().code, ErrorCode::invalid);
    EXPECT_EQ(server.requests().size(), 0U);
}

}  // namespace
}  // namespace slipway::registry
