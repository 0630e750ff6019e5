#include "core/base/strong_id.hpp"
#include "server/base/trace_context.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"
#include "tests/support/unavailable_store.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

const std::string id_a(40, 'a');
const std::string id_b(40, 'b');
const std::string zeros(40, '0');

class Webhook : public ApiTest {
protected:
    static nlohmann::json push(
        const std::string& before = id_a,
        const std::string& after = id_b,
        const std::string& ref = "refs/heads/main"
    ) {
        return {
            {"object_kind", "push"},
            {"ref", ref},
            {"before", before},
            {"after", after},
            {"project", {{"id", 7}, {"path_with_namespace", "platform/images"}}},
        };
    }

    http::Response deliver(
        const nlohmann::json& body, Headers headers = {{"x-gitlab-token", "secret"}}
    ) {
        return post("/webhooks/gitlab", body.dump(), headers);
    }

    void expect_ignored(const nlohmann::json& body, const std::string& reason) {
        const http::Response response = deliver(body);
        EXPECT_EQ(response.status, 200U);
        EXPECT_EQ(json(response)["reason"], reason);
        EXPECT_TRUE(json(response)["build"].is_null());
        EXPECT_EQ(woken_, 0);
        EXPECT_TRUE(builds().empty());
    }

    std::vector<store::Build> builds() { return done(store_->builds({})); }

    bool counted(const std::string& outcome) {
        return metrics_.exposition().contains("outcome=\"" + outcome + "\"} 1");
    }
};

TEST_F(Webhook, PushIsStoredQueuedAndAnsweredWith202) {
    const http::Response response = deliver(push());
    EXPECT_EQ(response.status, 202U);
    const nlohmann::json expected = {
        {"delivery", 1}, {"build", 1}, {"duplicate", false}, {"reason", nullptr}
    };
    EXPECT_EQ(json(response), expected);
    EXPECT_EQ(header(response, "Location"), "/api/v1/builds/1");
    const store::Build build = done(store_->build(BuildId{1}));
    EXPECT_EQ(build.repository, "images");
    EXPECT_EQ(build.ref, "refs/heads/main");
    EXPECT_EQ(build.before, id_a);
    EXPECT_EQ(build.after, id_b);
    EXPECT_EQ(build.trigger, store::Trigger::push);
    EXPECT_EQ(woken_, 1);
    EXPECT_TRUE(counted("accepted"));
}

TEST_F(Webhook, TheSendersTraceIsKeptWithTheBuildAndNotAnswered) {
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const http::Response response =
        deliver(push(), {{"x-gitlab-token", "secret"}, {"traceparent", trace}});
    EXPECT_EQ(done(store_->build(BuildId{1})).trace, parse_traceparent(trace));
    EXPECT_EQ(header(response, "traceparent"), "");
    EXPECT_FALSE(response.body.contains("0af7651916cd43dd8448eb211c80319c"));
}

TEST_F(Webhook, WithoutAValidTraceABuildGetsANewOne) {
    deliver(push(), {{"x-gitlab-token", "secret"}, {"traceparent", "00-nonsense"}});
    deliver(push(id_b, id_a));
    const std::vector<store::Build> all = builds();
    ASSERT_EQ(all.size(), 2U);
    ASSERT_TRUE(all[0].trace && all[1].trace);
    EXPECT_NE(all[0].trace->trace_id, all[1].trace->trace_id);
}

TEST_F(Webhook, SameKeyAgainGetsTheFirstAnswer) {
    const Headers headers = {{"x-gitlab-token", "secret"}, {"idempotency-key", "k1"}};
    EXPECT_EQ(deliver(push(), headers).status, 202U);
    const http::Response again = deliver(push(id_b, id_a), headers);
    EXPECT_EQ(again.status, 202U);
    EXPECT_EQ(json(again)["build"], 1);
    EXPECT_EQ(json(again)["duplicate"], true);
    EXPECT_EQ(builds().size(), 1U);
    EXPECT_EQ(woken_, 1) << "a duplicate wakes nobody";
    EXPECT_TRUE(counted("duplicate"));
}

TEST_F(Webhook, WebhookIdComesBeforeTheIdempotencyKey) {
    deliver(
        push(), {{"x-gitlab-token", "secret"}, {"webhook-id", "m1"}, {"idempotency-key", "k1"}}
    );
    deliver(
        push(id_b, id_a),
        {{"x-gitlab-token", "secret"}, {"webhook-id", "m2"}, {"idempotency-key", "k1"}}
    );
    EXPECT_EQ(builds().size(), 2U);
}

TEST_F(Webhook, ProjectIsFoundByItsNumberToo) {
    nlohmann::json body = push();
    body["project"] = {{"id", 42}, {"path_with_namespace", "any/name"}};
    EXPECT_EQ(deliver(body, {{"x-gitlab-token", "other secret"}}).status, 202U);
    EXPECT_EQ(builds().at(0).repository, "other");
}

TEST_F(Webhook, AnnotatedTagIsBuiltAtItsCommit) {
    config::Config config = config_.current();
    config.repositories[0].branches = {{.match = "refs/tags/*", .push = true, .tags = {"{version}"}}
    };
    config_.replace(std::move(config));
    nlohmann::json body = push(zeros, id_b, "refs/tags/v1");
    body["object_kind"] = "tag_push";
    body["checkout_sha"] = std::string(40, 'c');
    EXPECT_EQ(deliver(body).status, 202U);
    EXPECT_EQ(builds().at(0).after, std::string(40, 'c'));
}

TEST_F(Webhook, OtherEventsAreIgnoredInWords) {
    expect_ignored(
        {{"object_kind", "merge_request"}, {"project", {{"path_with_namespace", "platform/images"}}}
        },
        "event 'merge_request' is not a push"
    );
    EXPECT_TRUE(counted("ignored"));
}

TEST_F(Webhook, DeletedBranchIsIgnoredInWords) {
    expect_ignored(push(id_a, zeros), "refs/heads/main was deleted");
}

TEST_F(Webhook, PushOfNothingIsIgnoredInWords) {
    expect_ignored(push(id_a, id_a), "nothing changed: before and after are the same commit");
}

TEST_F(Webhook, BranchWithoutARuleIsIgnoredInWords) {
    expect_ignored(push(id_a, id_b, "refs/heads/topic"), "no branch rule matches refs/heads/topic");
}

TEST_F(Webhook, TagWithoutARuleIsIgnoredInWords) {
    expect_ignored(push(zeros, id_b, "refs/tags/main"), "no branch rule matches refs/tags/main");
}

TEST_F(Webhook, UnknownProjectIsIgnoredInWords) {
    nlohmann::json body = push();
    body["project"]["path_with_namespace"] = "somebody/else";
    expect_ignored(body, "no repository is configured for project somebody/else");
    body["project"] = {{"id", 99}};
    expect_ignored(body, "no repository is configured for project 99");
}

TEST_F(Webhook, WrongSecretIs401AndStoresNothing) {
    for (const Headers& headers : {Headers{{"x-gitlab-token", "wrong"}}, Headers{}}) {
        const http::Response response = deliver(push(), headers);
        EXPECT_EQ(response.status, 401U);
        EXPECT_EQ(json(response)["type"], "urn:slipway:problem:unauthorized");
    }
    EXPECT_TRUE(builds().empty());
}

TEST_F(Webhook, SecretOfAnotherRepositoryIs401) {
    EXPECT_EQ(deliver(push(), {{"x-gitlab-token", "other secret"}}).status, 401U);
    EXPECT_TRUE(builds().empty());
    EXPECT_TRUE(counted("unauthorized"));
}

TEST_F(Webhook, SenderIsKnownBeforeTheBodyIsRead) {
    EXPECT_EQ(post("/webhooks/gitlab", "{", {{"x-gitlab-token", "wrong"}}).status, 401U);
}

TEST_F(Webhook, WhatIsNoJsonIs400) {
    const http::Response response = post("/webhooks/gitlab", "{", {{"x-gitlab-token", "secret"}});
    EXPECT_EQ(response.status, 400U);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_TRUE(counted("invalid"));
}

TEST_F(Webhook, PushWithoutCommitsIs400) {
    EXPECT_EQ(deliver(push("main", id_b)).status, 400U);
}

TEST_F(Webhook, WhatCanNotBeStoredIs503WithRetryAfter) {
    test::UnavailableStore full;
    use(full);
    const http::Response response = deliver(push());
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(header(response, "Retry-After"), "5");
    EXPECT_EQ(woken_, 0);
    EXPECT_TRUE(counted("unavailable"));
}

TEST_F(Webhook, NoSecretIsStored) {
    class Keeper final : public test::UnavailableStore {
    public:
        Answer<store::Accepted> accept(store::NewDelivery delivery) override {
            kept = std::move(delivery);
            return UnavailableStore::accept({});
        }

        store::NewDelivery kept;
    };

    Keeper keeper;
    use(keeper);
    deliver(
        push(),
        {{"x-gitlab-token", "secret"},
         {"authorization", "Bearer secret"},
         {"x-gitlab-event", "Push Hook"},
         {"user-agent", "GitLab \xff"}}
    );
    EXPECT_EQ(
        keeper.kept.headers,
        "{\"x-gitlab-event\":\"Push Hook\",\"user-agent\":\"GitLab \xef\xbf\xbd\"}"
    );
    EXPECT_EQ(keeper.kept.body, push().dump());
}

}  // namespace
}  // namespace slipway::api
