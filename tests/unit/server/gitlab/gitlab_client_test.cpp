#include "server/gitlab/gitlab_client.hpp"

#include "core/base/result.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::gitlab {
namespace {

using test::http_answer;
using Lines = std::vector<std::string>;

class Gitlab : public testing::Test {
protected:
    Project project() {
        return {.url = "http://" + server_.address(), .path = "team/images", .token = "t0ken"};
    }

    Result<void> set(StatusState state) {
        CommitStatus status{
            .commit = commit_,
            .state = state,
            .name = "slipway/python",
            .ref = "main",
            .description = "built & pushed",
        };
        return test::run_coroutine(client_.set_status(project(), status));
    }

    Result<std::vector<std::int64_t>> find() {
        return test::run_coroutine(client_.find_notes(project(), 7, "<!-- mine -->"));
    }

    static std::string json(
        const std::string& body, const std::string& status = "200 OK", Lines fields = {}
    ) {
        fields.emplace_back("Content-Type: application/json");
        return http_answer(status, fields, body);
    }

    static std::string note(int id, int author, const std::string& body) {
        return R"({"id":)" + std::to_string(id) + R"(,"system":false,"author":{"id":)" +
               std::to_string(author) + R"(},"body":")" + body + "\"}";
    }

    std::string commit_ = std::string(40, 'a');
    test::ScriptedRegistry server_;
    GitlabClient client_{{.total = std::chrono::seconds(10), .pages = 3}};
};

TEST_F(Gitlab, SetsAStatus) {
    server_.on(
        "POST /api/v4/projects/team%2Fimages/statuses/" + commit_, {json("{}", "201 Created")}
    );
    const auto set_it = set(StatusState::running);
    ASSERT_TRUE(set_it) << set_it.error().message;
    const auto request = server_.requests().at(0);
    EXPECT_EQ(
        request.body,
        "state=running&name=slipway%2Fpython&ref=main&description=built%20%26%20pushed"
    );
    EXPECT_EQ(request.headers.at("authorization"), "Bearer t0ken");
}

TEST_F(Gitlab, AStatusThatIsSoAlreadyIsDone) {
    const std::string again =
        R"x({"message":"Cannot transition status via :run from :running (Reason(s): no)"})x";
    server_.on("POST", {json(again, "400 Bad Request")});
    EXPECT_TRUE(set(StatusState::running));
}

TEST_F(Gitlab, TellsErrorsApart) {
    const auto code = [this](const std::string& status, const std::string& body = "{}") {
        server_.on("POST", {json(body, status)});
        return set(StatusState::failed).error().code;
    };
    EXPECT_EQ(
        code("400 Bad Request", R"({"message":{"name":["is too long"]}})"), ErrorCode::failed
    );
    EXPECT_EQ(code("401 Unauthorized"), ErrorCode::denied);
    EXPECT_EQ(code("403 Forbidden"), ErrorCode::denied);
    EXPECT_EQ(code("404 Not Found"), ErrorCode::not_found);
    EXPECT_EQ(code("409 Conflict"), ErrorCode::unavailable);
    EXPECT_EQ(code("429 Too Many Requests"), ErrorCode::unavailable);
    EXPECT_EQ(code("502 Bad Gateway", "<html>"), ErrorCode::unavailable);
    EXPECT_EQ(code("301 Moved Permanently"), ErrorCode::failed);
}

TEST_F(Gitlab, SaysWhatGitLabSaysAndNeverTheToken) {
    server_.on("POST", {json(R"({"message":"404 Commit Not Found\n"})", "404 Not Found")});
    const std::string message = set(StatusState::failed).error().message;
    EXPECT_EQ(
        message,
        "telling GitLab that slipway/python of " + commit_ +
            " is failed: it answered 404 Not Found (404 Commit Not Found )"
    );
}

TEST_F(Gitlab, SaysWhenToComeAgain) {
    server_.on("POST", {json("{}", "429 Too Many Requests", {"Retry-After: 17"})});
    EXPECT_EQ(set(StatusState::failed).error().retry_after, std::chrono::seconds(17));
}

TEST_F(Gitlab, IsNotWaitedForForEver) {
    GitlabClient hasty({.total = std::chrono::seconds(1)});
    server_.on("POST", {std::string(test::silence)});
    const auto written = test::run_coroutine(hasty.create_note(project(), 7, "x"));
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(server_.wait_until_closed());
}

TEST_F(Gitlab, ATokenThatCantBeAFieldIsRefused) {
    Project project = this->project();
    project.token = "a\r\nX: y";
    const auto found = test::run_coroutine(client_.find_notes(project, 7, "x"));
    EXPECT_EQ(found.error().code, ErrorCode::denied);
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Gitlab, FindsItsOwnNoteOnAnyPage) {
    server_.on("GET /api/v4/user", {json(R"({"id":5})")});
    server_.on(
        "&page=1",
        {json(
            "[" + note(1, 4, "<!-- mine -->") + "," + note(2, 5, "x") + "]",
            "200 OK",
            {"X-Next-Page: 2"}
        )}
    );
    server_.on(
        "&page=2", {json("[" + note(3, 5, "<!-- mine -->\\n|") + "]", "200 OK", {"X-Next-Page: "})}
    );
    EXPECT_EQ(find().value(), std::vector<std::int64_t>{3});
    EXPECT_EQ(find().value(), std::vector<std::int64_t>{3});
    const std::string notes =
        "GET /api/v4/projects/team%2Fimages/merge_requests/7/notes"
        "?sort=asc&order_by=created_at&per_page=100&page=";
    EXPECT_EQ(
        server_.asked(),
        (Lines{"GET /api/v4/user", notes + "1", notes + "2", notes + "1", notes + "2"})
    );
}

TEST_F(Gitlab, DoesNotTakeAPartForAllNotes) {
    server_.on("GET /api/v4/user", {json(R"({"id":5})")});
    server_.on("notes", {json("[]", "200 OK", {"X-Next-Page: 2"})});
    EXPECT_EQ(find().error().code, ErrorCode::failed);
    server_.on("notes", {json("[]")});
    EXPECT_TRUE(find().value().empty());
    server_.on("notes", {json("{}")});
    EXPECT_EQ(find().error().code, ErrorCode::failed);
}

TEST_F(Gitlab, WritesNotes) {
    server_.on("POST", {json("{}", "201 Created")});
    server_.on("PUT", {json("{}", "404 Not Found")});
    EXPECT_TRUE(test::run_coroutine(client_.create_note(project(), 7, "a b")));
    const auto updated = test::run_coroutine(client_.update_note(project(), 7, 9, "c"));
    EXPECT_EQ(updated.error().code, ErrorCode::not_found);
    EXPECT_EQ(server_.requests().at(0).body, "body=a%20b");
    EXPECT_EQ(server_.asked().at(1), "PUT /api/v4/projects/team%2Fimages/merge_requests/7/notes/9");
}

TEST_F(Gitlab, ANoteThatIsGoneIsDeleted) {
    server_.on("DELETE", {json("{}", "404 Not Found"), json("{}", "403 Forbidden")});
    EXPECT_TRUE(test::run_coroutine(client_.delete_note(project(), 7, 9)));
    EXPECT_FALSE(test::run_coroutine(client_.delete_note(project(), 7, 9)));
    EXPECT_EQ(
        server_.asked().at(0), "DELETE /api/v4/projects/team%2Fimages/merge_requests/7/notes/9"
    );
}

TEST_F(Gitlab, ReadsHooks) {
    server_.on(
        "hooks",
        {json(
            R"([{"id":3,"url":"https://s/webhooks/gitlab","push_events":true,"merge_requests_events":false,)"
            R"("alert_status":"temporarily_disabled","disabled_until":"2026-11-26T20:00:00Z"}])"
        )}
    );
    const Hook expected{
        .id = 3,
        .url = "https://s/webhooks/gitlab",
        .alert_status = "temporarily_disabled",
        .disabled_until = "2026-11-26T20:00:00Z",
        .push_events = true,
        .merge_requests_events = false,
    };
    EXPECT_EQ(test::run_coroutine(client_.hooks(project())).value(), std::vector{expected});
}

TEST_F(Gitlab, ReadsWhatAHookMissed) {
    server_.on(
        "events",
        {json(R"([{"id":1,"trigger":"push_hooks","response_status":"200","request_data":{}},)"
              R"({"id":2,"trigger":"push_hooks","response_status":"internal error",)"
              R"("request_data":{"ref":"refs/heads/main","before":"b","after":"a"}}])")}
    );
    const MissedDelivery expected{
        .id = 2,
        .event = "push_hooks",
        .answer = "internal error",
        .ref = "refs/heads/main",
        .before = "b",
        .after = "a",
    };
    EXPECT_EQ(
        test::run_coroutine(client_.missed_deliveries(project(), 3)).value(), std::vector{expected}
    );
}

}  // namespace
}  // namespace slipway::gitlab
