#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/run_step.hpp"
#include "server/factory/work.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;

const std::string digest = "sha256:" + std::string(64, 'a');

std::string found() {
    return test::http_answer("200 OK", {"Docker-Content-Digest: " + digest});
}

std::string missing() {
    return test::http_answer("404 Not Found", {});
}

/// A step that is pushed to a registry which a test scripts.
class RegistryCheck : public WorkshopTest {
protected:
    store::Step run(
        bool refuse_overwrite = false, std::chrono::milliseconds total = std::chrono::seconds(20)
    ) {
        registry::RegistryClient client({}, {.total = total});
        Workshop shop = workshop();
        shop.registries = &client;
        shop.refuse_overwrite = refuse_overwrite;
        store::Step step = make_step(0, "base");
        step.references = {server_.address() + "/team/base:1"};
        const Observer observer = recorder_.observer();
        const std::vector<store::Step> steps = {step};
        Bases bases(context_.get_executor());
        Parents parents(bases, source(), steps);
        return test::run_coroutine(
                   context_, run_step(shop, source(), observer, parents, std::move(step))
        )
            .value();
    }

    bool logged(std::string_view part) const {
        return std::ranges::any_of(recorder_.logs(), [&](const std::string& line) {
            return line.contains(part);
        });
    }

    test::ScriptedRegistry server_;
    test::MemoryRecorder recorder_{{make_step(0, "base")}};
};

TEST_F(RegistryCheck, NameThatIsTakenFailsBeforeTheBuild) {
    server_.on("HEAD /v2/team/base/manifests/1", {found()});
    const store::Step step = run(true);
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_EQ(step.attempts, 1);
    EXPECT_TRUE(step.error.contains(digest)) << step.error;
    EXPECT_TRUE(step.error.contains("give base/manifest.yml a new version")) << step.error;
    EXPECT_TRUE(engine_.calls().empty());
}

TEST_F(RegistryCheck, NameThatIsFreeIsBuilt) {
    server_.on("HEAD ", {missing(), missing()});
    run(true);
    EXPECT_EQ(engine_.calls("build").size(), 1U);
}

TEST_F(RegistryCheck, NameIsNotAskedForBeforeWhereItMayBeOverwritten) {
    server_.on("HEAD ", {found()});
    run(false);
    EXPECT_EQ(engine_.calls("push").size(), 1U);
    EXPECT_EQ(server_.requests().size(), 1U) << "after the push";
}

TEST_F(RegistryCheck, RegistryThatHangsIsAskedAgainBeforeItIsGivenUp) {
    server_.on("HEAD ", {std::string(test::silence)});
    const store::Step step = run(true, std::chrono::milliseconds(200));
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_EQ(step.attempts, 3);
    EXPECT_TRUE(engine_.calls().empty());
}

TEST_F(RegistryCheck, NameThatHoldsSomethingElseAfterThePushFails) {
    server_.on("HEAD ", {found()});
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_TRUE(step.error.contains("pushed digest-of-sha256:1")) << step.error;
    EXPECT_TRUE(step.error.contains(digest)) << step.error;
}

TEST_F(RegistryCheck, NameThatHoldsNothingAfterThePushFails) {
    server_.on("HEAD ", {missing()});
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_TRUE(step.error.contains("nothing in the registry")) << step.error;
}

TEST_F(RegistryCheck, RegistryThatCanNotBeAskedIsToldOf) {
    server_.on("HEAD ", {test::http_answer("500 Internal Server Error", {})});
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::pushed);
    EXPECT_EQ(step.digests.size(), 1U);
    EXPECT_TRUE(logged("is unknown"));
}

TEST_F(RegistryCheck, ImmutableTagAsksForANewVersion) {
    engine_.fail_next(
        "push",
        ErrorCode::failed,
        1,
        "tag invalid: cannot be overwritten because the tag is immutable"
    );
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_TRUE(step.error.contains("new version")) << step.error;
}

TEST_F(RegistryCheck, ImmutableTagThatIsThisImageIsPushed) {
    const std::string manifest = R"({"config":{"digest":"sha256:1"}})";  // as the engine calls it
    server_.on("GET /v2/team/base/manifests/1", {test::http_answer("200 OK", {}, manifest)});
    engine_.fail_next("push", ErrorCode::failed, 1, "tag invalid: cannot be overwritten");
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::pushed) << step.error;
    EXPECT_EQ(step.digests.size(), 1U);
    EXPECT_TRUE(step.digests.begin()->second.starts_with("sha256:"));
}

TEST_F(RegistryCheck, NameThatSaysImmutableIsNoImmutableTag) {
    engine_.fail_next("push", ErrorCode::failed, 1, "pushing r.example/immutable:1: no");
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_FALSE(step.error.contains("new version")) << step.error;
}

}  // namespace
}  // namespace slipway::factory
