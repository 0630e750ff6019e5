#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/api/daemon.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using model::StepState;

class LedgerRoutes : public ApiTest {
protected:
    /// python is pushed, web failed.
    void have_one_of_each() {
        push('a', 'b');
        plan({step(0, "python"), step(1, "team/web")});
        work({StepState::building, StepState::built, StepState::pushing, StepState::pushed});
        work({StepState::building, StepState::failed}, "exit code 2\nmore");
    }

    static std::vector<std::string> folders(const nlohmann::json& list) {
        std::vector<std::string> folders;
        for (const auto& entry : list) {
            folders.push_back(entry["folder"]);
        }
        return folders;
    }
};

TEST_F(LedgerRoutes, NothingIsOwedWhenAllIsWell) {
    const http::Response response = get("/api/v1/owed");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, "{\"owed\":[],\"next\":null}\n");
}

TEST_F(LedgerRoutes, OwedTellsSinceWhenAndWhy) {
    have_one_of_each();
    const nlohmann::json owed = json(get("/api/v1/owed"))["owed"];
    ASSERT_EQ(folders(owed), std::vector<std::string>{"team/web"});
    EXPECT_EQ(owed[0]["repository"], "images");
    EXPECT_EQ(owed[0]["ref"], "refs/heads/main");
    EXPECT_EQ(owed[0]["image"], "r.example/team/web:1");
    EXPECT_EQ(owed[0]["since"], "2026-11-22T18:06:00.000Z");
    EXPECT_EQ(owed[0]["why"], "failed in build 1: exit code 2");
    EXPECT_EQ(owed[0]["commit"], std::string(40, 'b'));
    EXPECT_EQ(owed[0]["build"], 1);
    EXPECT_TRUE(owed[0].at("pushed_commit").is_null());
    EXPECT_TRUE(owed[0].at("moved").is_null());
}

TEST_F(LedgerRoutes, OwedTellsOfABaseThatMoved) {
    have_one_of_each();
    done(store_->owe(
        "images",
        "refs/heads/main",
        "python",
        "debian:12 moved",
        R"({"reference":"debian:12","from":"sha256:1","to":"sha256:2"})"
    ));
    const nlohmann::json owed = json(get("/api/v1/owed"))["owed"];
    ASSERT_EQ(folders(owed), (std::vector<std::string>{"python", "team/web"}));
    EXPECT_EQ(owed[0]["moved"]["to"], "sha256:2");
    EXPECT_EQ(owed[0]["pushed_commit"], std::string(40, 'b'));
}

TEST_F(LedgerRoutes, ListsTakeARepositoryAndAReference) {
    have_one_of_each();
    for (const std::string path : {"/api/v1/owed", "/api/v1/images"}) {
        const std::string field = path.substr(path.rfind('/') + 1);
        const auto count = [&](const std::string& query) {
            return json(get(path + "?" + query))[field].size();
        };
        EXPECT_GT(count("repository=images&ref=main"), 0U) << path;
        EXPECT_GT(count("ref=refs/heads/main"), 0U) << path;
        EXPECT_EQ(count("repository=other"), 0U) << path;
        EXPECT_EQ(count("ref=next"), 0U) << path;
    }
}

TEST_F(LedgerRoutes, ImagesComeInPages) {
    have_one_of_each();
    const http::Response first = get("/api/v1/images?limit=1&ref=main");
    EXPECT_EQ(folders(json(first)["images"]), std::vector<std::string>{"python"});
    const std::string next = json(first)["next"];
    EXPECT_EQ(next, "/api/v1/images?limit=1&cursor=1&ref=refs%2Fheads%2Fmain");
    EXPECT_EQ(header(first, "Link"), "<" + next + ">; rel=\"next\"");
    EXPECT_EQ(folders(json(get(next))["images"]), std::vector<std::string>{"team/web"});
    EXPECT_EQ(get("/api/v1/images?cursor=2147483648").status, 400U);
    EXPECT_EQ(get("/api/v1/owed?limit=x").status, 400U);
}

TEST_F(LedgerRoutes, ImageIsShownWithWhatWasPushed) {
    push('a', 'b');
    plan({step(0, "python")});
    auto claimed = done(store_->claim_steps(worker(), 1)).at(0);
    claimed.step.started = clock_.now();
    claimed.step.input_id = "f00";
    claimed.step.bases = {{"debian:12", "sha256:1"}};
    claimed.step.digests = {{"r.example/python:1", "sha256:2"}};
    for (const StepState state :
         {StepState::building, StepState::built, StepState::pushing, StepState::pushed}) {
        claimed.step.state = state;
        claimed.step.finished = clock_.now() + std::chrono::seconds(4);
        done(store_->update_step(worker(), claimed.build.id, claimed.step));
    }
    const nlohmann::json image = json(get("/api/v1/images/images/python"));
    EXPECT_EQ(image["repository"], "images");
    EXPECT_EQ(image["folder"], "python");
    ASSERT_EQ(image["images"].size(), 1U);
    const nlohmann::json entry = image["images"][0];
    EXPECT_EQ(entry["ref"], "refs/heads/main");
    EXPECT_EQ(entry["image"], "r.example/python:1");
    EXPECT_EQ(entry["references"], nlohmann::json({"r.example/python:1"}));
    EXPECT_EQ(entry["digests"]["r.example/python:1"], "sha256:2");
    EXPECT_EQ(entry["commit"], std::string(40, 'b'));
    EXPECT_EQ(entry["tree"], std::string(40, 'e'));
    EXPECT_EQ(entry["input_id"], "f00");
    EXPECT_EQ(entry["bases"]["debian:12"], "sha256:1");
    EXPECT_EQ(entry["build"], 1);
    EXPECT_TRUE(entry["pushed"].is_string());
    for (const char* const field : {"owed", "removed", "moved_to"}) {
        EXPECT_TRUE(entry.at(field).is_null()) << field;
    }
    EXPECT_EQ(image["history"], nlohmann::json::parse(R"([{"duration_ms":4000}])"));
}

TEST_F(LedgerRoutes, FolderOfAnImageMayHoldSlashes) {
    have_one_of_each();
    const nlohmann::json image = json(get("/api/v1/images/images/team/web?ref=main"));
    EXPECT_EQ(image["folder"], "team/web");
    EXPECT_EQ(image["images"][0]["owed"]["why"], "failed in build 1: exit code 2");
    EXPECT_TRUE(image["images"][0].at("pushed").is_null());
    EXPECT_EQ(get("/api/v1/images/images/team%2Fweb").status, 200U);
    EXPECT_EQ(get("/api/v1/images/images/team").status, 404U);
    EXPECT_EQ(get("/api/v1/images/images/team/web?ref=next").status, 404U);
    EXPECT_EQ(get("/api/v1/images/other/team/web").status, 404U);
}

TEST_F(LedgerRoutes, RootOfTheRepositoryIsADot) {
    push('a', 'b');
    plan({step(0, ".")});
    EXPECT_EQ(json(get("/api/v1/images/images/."))["folder"], ".");
    EXPECT_EQ(json(get("/api/v1/images/images/"))["folder"], ".")
        << "as clients that take a dot out of an address write it";
}

}  // namespace
}  // namespace slipway::api
