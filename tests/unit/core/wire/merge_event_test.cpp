#include "core/wire/merge_event.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <string>

namespace slipway::wire {
namespace {

const std::string tip(40, 'a');

/// As GitLab sends it, with a few of the fields that nobody here reads.
std::string event_of(const std::string& attributes, const std::string& changes = "{}") {
    return R"({"object_kind": "merge_request", "event_type": "merge_request",
        "project": {"id": 15, "path_with_namespace": "platform/images"},
        "object_attributes": {"id": 99, "iid": 7, "target_branch": "main", "source_branch": "x",
            "last_commit": {"id": ")" +
           tip + R"(", "message": "m"}, )" + attributes + R"(},
        "labels": [], "changes": )" +
           changes + "}";
}

bool changes(const std::string& attributes, const std::string& changed = "{}") {
    const auto event = decode_merge_event(event_of(attributes, changed));
    EXPECT_TRUE(event);
    return event && changes_plan(*event);
}

TEST(MergeEvent, ReadsWhatItIsOf) {
    const auto event = decode_merge_event(event_of(R"("action": "open", "state": "opened")"));
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->number, 7);
    EXPECT_EQ(event->commit, tip);
    EXPECT_EQ(event->target_branch, "main");
    EXPECT_EQ(event->action, "open");
    EXPECT_EQ(event->state, "opened");
}

TEST(MergeEvent, KnowsWhatChangesAPlan) {
    EXPECT_TRUE(changes(R"("action": "open")"));
    EXPECT_TRUE(changes(R"("action": "reopen", "state": "opened")"));
    EXPECT_TRUE(changes(R"("action": "update", "oldrev": "b")"));
    EXPECT_TRUE(changes(
        R"("action": "update")", R"({"target_branch": {"previous": "a", "current": "main"}})"
    ));
    EXPECT_FALSE(changes(R"("action": "update")", R"({"title": {"previous": "a", "current": "b"}})")
    );
    EXPECT_FALSE(changes(R"("action": "update", "oldrev": "b", "state": "merged")"));
    EXPECT_FALSE(changes(R"("action": "merge", "state": "merged")"));
    EXPECT_FALSE(changes(R"("action": "approved")"));
    EXPECT_FALSE(changes(R"("state": "opened")"));
}

TEST(MergeEvent, RefusesWhatCantBeUsed) {
    const std::string good = event_of(R"("action": "open")");
    const auto code_with = [&good](const std::string& part, const std::string& instead) {
        std::string text = good;
        text.replace(text.find(part), part.size(), instead);
        const auto event = decode_merge_event(text);
        return event ? ErrorCode::internal : event.error().code;
    };
    EXPECT_EQ(code_with("\"iid\": 7", "\"iid\": \"7\""), ErrorCode::invalid);
    EXPECT_EQ(code_with("\"iid\": 7", "\"iid\": -7"), ErrorCode::invalid);
    EXPECT_EQ(code_with(tip, "HEAD"), ErrorCode::invalid);
    EXPECT_EQ(code_with(tip, std::string(40, '0')), ErrorCode::invalid);
    EXPECT_EQ(code_with("\"main\"", "\"a b\""), ErrorCode::invalid);
    EXPECT_EQ(
        code_with("\"object_attributes\": {", "\"object_attributes\": [{"), ErrorCode::invalid
    );
    EXPECT_EQ(decode_merge_event("[]").error().code, ErrorCode::invalid);
    EXPECT_EQ(decode_merge_event("").error().code, ErrorCode::invalid);
}

// As of a push: no tree is made of it, and so nothing of what nobody wants.
TEST(MergeEvent, RefusesMoreThan64Levels) {
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    const auto event = decode_merge_event(event_of(R"("action": "open", "x": )" + deep));
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().code, ErrorCode::invalid);
    EXPECT_TRUE(event.error().message.contains("64")) << event.error().message;
}

TEST(MergeEvent, TakesNothingFromElsewhere) {
    const auto event = decode_merge_event(event_of(
        R"("action": "update", "source": {"target_branch": "x", "last_commit": {"id": "x"}},
           "assignees": [{"id": "x"}])",
        R"({"labels": {"target_branch": {"current": "x"}}})"
    ));
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->commit, tip);
    EXPECT_EQ(event->target_branch, "main");
    EXPECT_FALSE(event->has_new_target);
}

}  // namespace
}  // namespace slipway::wire
