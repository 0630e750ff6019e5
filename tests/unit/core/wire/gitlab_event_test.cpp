#include "core/wire/gitlab_event.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::wire {
namespace {

constexpr std::string_view zeros = "0000000000000000000000000000000000000000";
constexpr std::string_view old_id = "95790bf891e76fee5e1747ab589903a6a1f80f22";
constexpr std::string_view new_id = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";

/// A push as GitLab sends it, with a few of the fields that nobody here reads.
std::string push_of(std::string_view ref, std::string_view before, std::string_view after) {
    return R"({
        "object_kind": "push", "event_name": "push",
        "before": ")" +
           std::string(before) + R"(", "after": ")" + std::string(after) + R"(",
        "ref": ")" +
           std::string(ref) + R"(", "ref_protected": true,
        "checkout_sha": null, "message": null, "user_id": 4, "user_email": "",
        "project_id": 15,
        "project": {"id": 15, "name": "Images", "namespace": "platform", "avatar_url": null,
                    "path_with_namespace": "platform/images", "default_branch": "main"},
        "commits": [{"id": "x", "ref": "refs/heads/wrong", "author": {"name": "A"},
                     "added": ["CHANGELOG"], "modified": [], "removed": []}],
        "total_commits_count": 4, "push_options": {"ci": {"skip": true}},
        "repository": {"name": "Images", "homepage": "http://example.com/platform/images"}
    })";
}

TEST(GitlabEvent, ReadsAPushOfABranch) {
    const auto event = decode_gitlab_event(push_of("refs/heads/feature/x", old_id, new_id));
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->kind, GitlabEventKind::push);
    EXPECT_EQ(event->name, "push");
    EXPECT_EQ(event->project_id, 15);
    EXPECT_EQ(event->project_path, "platform/images");
    EXPECT_EQ(event->ref, "refs/heads/feature/x");
    EXPECT_EQ(event->before, old_id);
    EXPECT_EQ(event->after, new_id);
    EXPECT_EQ(event->checkout_sha, "");
}

TEST(GitlabEvent, ReadsACreatedAndADeletedBranch) {
    const auto created = decode_gitlab_event(push_of("refs/heads/new", zeros, new_id));
    ASSERT_TRUE(created);
    EXPECT_EQ(created->before, zeros);
    const auto deleted = decode_gitlab_event(push_of("refs/heads/new", old_id, zeros));
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted->kind, GitlabEventKind::push);
    EXPECT_EQ(deleted->after, zeros);
}

TEST(GitlabEvent, ReadsAnAnnotatedTagWithTheCommitBesideTheTagObject) {
    const auto event = decode_gitlab_event(R"({
        "object_kind": "tag_push", "event_name": "tag_push",
        "before": "0000000000000000000000000000000000000000",
        "after": "fabed3d94cd2e8ee7a5d11ae2ab6ab3ae3a7e1c4",
        "ref": "refs/tags/v1.0.0", "checkout_sha": "16862e368d8ab812e48833b741dad720d6e2cb7f",
        "message": "hi", "project_id": 2, "project": {"id": 2, "path_with_namespace": "a/b"}
    })");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->kind, GitlabEventKind::tag_push);
    EXPECT_EQ(event->ref, "refs/tags/v1.0.0");
    EXPECT_EQ(event->after, "fabed3d94cd2e8ee7a5d11ae2ab6ab3ae3a7e1c4");
    EXPECT_EQ(event->checkout_sha, "16862e368d8ab812e48833b741dad720d6e2cb7f");
}

TEST(GitlabEvent, TakesTheKindFromTheRef) {
    const auto event = decode_gitlab_event(
        R"({"object_kind": "tag_push", "ref": "refs/heads/main",
            "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
            "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7"})"
    );
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, GitlabEventKind::push);
    EXPECT_EQ(event->name, "tag_push");
}

TEST(GitlabEvent, ReadsASystemHookWithoutObjectKind) {
    const auto event = decode_gitlab_event(R"({
        "event_name": "push", "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
        "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "ref": "refs/heads/master",
        "checkout_sha": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "project_id": 15,
        "project": {"name": "Diaspora", "path_with_namespace": "mike/diaspora"},
        "commits": [], "total_commits_count": 0
    })");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->kind, GitlabEventKind::push);
    EXPECT_EQ(event->name, "push");
    EXPECT_EQ(event->project_id, 15);
    EXPECT_EQ(event->project_path, "mike/diaspora");
}

TEST(GitlabEvent, ReadsAnOldPayloadThatHasAProjectIdOnly) {
    const auto event = decode_gitlab_event(R"({
        "object_kind": "push", "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
        "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "ref": "refs/heads/master",
        "user_id": 4, "user_name": "John Smith", "project_id": 15,
        "repository": {"name": "Diaspora", "url": "git@example.com:diaspora.git"}
    })");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->project_id, 15);
    EXPECT_EQ(event->project_path, "");
    EXPECT_EQ(event->checkout_sha, "");
}

TEST(GitlabEvent, TakesTheProjectsOwnIdWhereTheOtherIsMissing) {
    EXPECT_EQ(decode_gitlab_event(R"({"project": {"id": 7}})")->project_id, 7);
    EXPECT_EQ(decode_gitlab_event(R"({"project": {"id": null}, "project_id": 8})")->project_id, 8);
    EXPECT_EQ(decode_gitlab_event(R"({"project_id": "8"})")->project_id, 0);
}

TEST(GitlabEvent, ReadsIdsOf64Digits) {
    const std::string long_id(64, 'a');
    const auto event =
        decode_gitlab_event(push_of("refs/heads/main", std::string(64, '0'), long_id));
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->before, std::string(64, '0'));
    EXPECT_EQ(event->after, long_id);
}

TEST(GitlabEvent, PassesOtherEventsOnByName) {
    const auto merge_request = decode_gitlab_event(R"({
        "object_kind": "merge_request", "event_type": "merge_request",
        "project": {"id": 1, "path_with_namespace": "a/b"},
        "object_attributes": {"action": "update", "oldrev": "x", "ref": "refs/heads/main"}
    })");
    ASSERT_TRUE(merge_request);
    EXPECT_EQ(merge_request->kind, GitlabEventKind::other);
    EXPECT_EQ(merge_request->name, "merge_request");
    EXPECT_EQ(merge_request->project_path, "a/b");
    const auto update = decode_gitlab_event(R"({
        "event_name": "repository_update", "project_id": 1,
        "changes": [{"before": "x", "after": "y", "ref": "refs/heads/main"}],
        "refs": ["refs/heads/main"]
    })");
    ASSERT_TRUE(update);
    EXPECT_EQ(update->kind, GitlabEventKind::other);
    EXPECT_EQ(update->name, "repository_update");
    EXPECT_EQ(update->ref, "");
}

TEST(GitlabEvent, OfNoUsableNameIsAnother) {
    for (const char* body : {
             "{}",
             R"({"object_kind": 5})",
             R"({"object_kind": "", "event_name": null})",
             R"({"object_kind": "push\nlevel=error", "event_name": "<b>"})",
         }) {
        const auto event = decode_gitlab_event(body);
        ASSERT_TRUE(event) << body;
        EXPECT_EQ(event->kind, GitlabEventKind::other) << body;
        EXPECT_EQ(event->name, "") << body;
    }
    const auto long_name =
        decode_gitlab_event(R"({"object_kind": ")" + std::string(65, 'a') + R"("})");
    EXPECT_EQ(long_name->name, "");
}

TEST(GitlabEvent, RefusesAPushWithoutAUsableRef) {
    for (const char* ref :
         {"",
          "main",
          "heads/main",
          "refs/heads/",
          "refs/tags/",
          "refs/merge-requests/1/head",
          "refs/heads/a b",
          "refs/heads/a\\nb",
          "refs/heads/a\\u0000"}) {
        const auto event = decode_gitlab_event(push_of(ref, old_id, new_id));
        ASSERT_FALSE(event) << ref;
        EXPECT_EQ(event.error().code, ErrorCode::invalid);
    }
    EXPECT_FALSE(decode_gitlab_event(push_of("refs/heads/" + std::string(4096, 'a'), old_id, new_id)
    ));
    EXPECT_TRUE(decode_gitlab_event(push_of("refs/heads/größe", old_id, new_id)));
}

TEST(GitlabEvent, RefusesAPushWithoutUsableIds) {
    for (const std::string_view id :
         {std::string_view(), std::string_view("HEAD"), old_id.substr(1), zeros.substr(1)}) {
        const auto bad_before = decode_gitlab_event(push_of("refs/heads/main", id, new_id));
        const auto bad_after = decode_gitlab_event(push_of("refs/heads/main", old_id, id));
        ASSERT_FALSE(bad_before) << id;
        ASSERT_FALSE(bad_after) << id;
        EXPECT_EQ(bad_after.error().code, ErrorCode::invalid);
    }
    EXPECT_FALSE(decode_gitlab_event(R"({"object_kind": "push", "ref": "refs/heads/main"})"));
    EXPECT_FALSE(decode_gitlab_event(
        R"({"object_kind": "push", "ref": "refs/heads/main", "before": 1, "after": 2})"
    ));
}

TEST(GitlabEvent, DropsACheckoutShaThatIsNoId) {
    const auto event = decode_gitlab_event(
        R"({"object_kind": "push", "ref": "refs/heads/main", "checkout_sha": "../../etc",
            "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
            "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7"})"
    );
    ASSERT_TRUE(event);
    EXPECT_EQ(event->checkout_sha, "");
}

TEST(GitlabEvent, TheLastOfARepeatedKeyCounts) {
    const auto event = decode_gitlab_event(
        R"({"object_kind": "push", "ref": "refs/heads/one", "ref": "refs/heads/two",
            "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
            "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7"})"
    );
    ASSERT_TRUE(event);
    EXPECT_EQ(event->ref, "refs/heads/two");
}

TEST(GitlabEvent, RefusesWhatIsNoJsonObject) {
    const std::string push = push_of("refs/heads/main", old_id, new_id);
    for (const std::string& body :
         {std::string(),
          std::string("[]"),
          std::string("null"),
          std::string("payload=%7B%7D"),
          "[" + push + "]",
          push + "{}",
          std::string("{\"object_kind\": \"\xc3\x28\"}"),
          R"({"x": )" + std::string(100, '[') + std::string(100, ']') + "}"}) {
        const auto event = decode_gitlab_event(body);
        ASSERT_FALSE(event) << body;
        EXPECT_EQ(event.error().code, ErrorCode::invalid);
    }
}

TEST(GitlabEvent, RefusesABodyThatIsCutAnywhere) {
    const std::string push = push_of("refs/heads/main", old_id, new_id);
    for (std::size_t size = 0; size < push.size(); ++size) {
        EXPECT_FALSE(decode_gitlab_event(std::string_view(push).substr(0, size))) << size;
    }
}

TEST(GitlabEvent, NeverQuotesTheBody) {
    const auto event = decode_gitlab_event(R"({"object_kind": "push", "ref": s3cret})");
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().message, "reading the webhook's body: it is not JSON: see byte 32");
    EXPECT_EQ(
        decode_gitlab_event(push_of("s3cret", "s3cret", "s3cret")).error().message.find("s3cret"),
        std::string::npos
    );
}

}  // namespace
}  // namespace slipway::wire
