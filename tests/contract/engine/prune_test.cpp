#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/contract/engine/engine_fixture.hpp"
#include "tests/support/recorded_answer.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace slipway::engine {
namespace {

using test::http_answer;

class Prune : public ScriptedEngineTest {
protected:
    static std::string json(const std::string& body) {
        return http_answer(200, "Content-Type: application/json\r\n", body);
    }

    Result<std::uint64_t> prune(CachePrune what) { return run(engine_->prune_cache(what)); }
};

TEST_F(Prune, RemovesANameAndNotByForce) {
    script_.on("DELETE ", {.answer = json("[]")});
    ASSERT_TRUE(run(engine_->remove("r.example/a:1")));
    EXPECT_EQ(only_target(), "DELETE /v1.41/images/r.example/a:1");
}

TEST_F(Prune, NameThatIsNotThereIsRemovedAlready) {
    script_.on("DELETE ", {.answer = http_answer(404, "", R"({"message":"No such image: x"})")});
    EXPECT_TRUE(run(engine_->remove("x:1")));
}

TEST_F(Prune, ImageOfAContainerIsAConflict) {
    const std::string words = R"({"message":"conflict: unable to remove repository reference"})";
    script_.on("DELETE ", {.answer = http_answer(409, "", words)});
    EXPECT_EQ(run(engine_->remove("x:1")).error().code, ErrorCode::conflict);
}

TEST_F(Prune, CacheIsPrunedByAgeAndSize) {
    script_.on("/build/prune", {.answer = json(R"({"CachesDeleted":null,"SpaceReclaimed":42})")});
    EXPECT_EQ(prune({.unused_for = std::chrono::hours(2), .keep_bytes = 1000}), 42U);
    EXPECT_EQ(
        only_target(),
        "POST /v1.41/build/prune?all=1&filters=%7B%22until%22%3A%5B%227200s%22%5D%7D"
        "&keep-storage=1000"
    );
}

TEST_F(Prune, NewerEnginesHaveAnotherWordForTheSize) {
    script_.on("GET /_ping", {.answer = recorded("29_ping")});
    script_.on("/build/prune", {.answer = json(R"({"SpaceReclaimed":0})")});
    EXPECT_EQ(prune({.keep_bytes = 0}), 0U);
    EXPECT_EQ(only_target(), "POST /v1.56/build/prune?all=1&max-used-space=0");
}

TEST_F(Prune, UsageIsThatOfImagesAndOfTheCacheBesideThem) {
    script_.on("/system/df", {.answer = json(R"({"LayersSize":100,"BuilderSize":23})")});
    EXPECT_EQ(run(engine_->disk_usage()), 123U);
}

TEST_F(Prune, CacheRecordsThatLieInLayersAreCountedOnce) {
    const std::string body =
        R"({"LayersSize":100,"BuildCache":[{"Size":5,"Shared":false},{"Size":7,"Shared":true}]})";
    script_.on("/system/df", {.answer = json(body)});
    EXPECT_EQ(run(engine_->disk_usage()), 105U);
}

TEST_F(Prune, UsageThatIsNoObjectIsAnError) {
    script_.on("/system/df", {.answer = json("[]")});
    EXPECT_EQ(run(engine_->disk_usage()).error().code, ErrorCode::failed);
}

}  // namespace
}  // namespace slipway::engine
