#include "server/factory/run_step.hpp"

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/server/factory/workshop.hpp"
#include "tests/unit/server/registry/helper_scripts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;
using Texts = std::vector<std::string>;

class RunStep : public WorkshopTest {
protected:
    /// `steps`: of the whole build.
    Result<store::Step> try_run(store::Step step, std::vector<store::Step> steps = {}) {
        Workshop shop = workshop();
        shop.offer = offer_;
        const Observer observer = recorder_.observer();
        Bases bases(context_.get_executor());
        Parents parents(bases, source(), steps);
        return test::run_coroutine(
            context_, run_step(shop, source(), observer, parents, std::move(step))
        );
    }

    store::Step run(store::Step step, std::vector<store::Step> steps = {}) {
        return try_run(std::move(step), std::move(steps)).value();
    }

    /// As it is claimed after a restart: built, its image known as `id`.
    static store::Step built_before(const std::string& folder, const std::string& id) {
        store::Step step = make_step(0, folder);
        step.state = StepState::built;
        step.image_id = id;
        return step;
    }

    Texts states() const {
        Texts states;
        for (const std::string& entry : recorder_.history()) {
            states.push_back(entry.substr(entry.find(' ') + 1));
        }
        return states;
    }

    bool logged(std::string_view part) const {
        return std::ranges::any_of(recorder_.logs(), [&](const std::string& line) {
            return line.contains(part);
        });
    }

    void record_from(const store::Step& step) { recorder_ = test::MemoryRecorder({step}); }

    BuildOffer offer_;
    test::MemoryRecorder recorder_{{make_step(0, "base")}};
};

TEST_F(RunStep, BuildsThenPushesAndRecordsEveryState) {
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(states(), (Texts{"building", "built", "pushing", "pushed"}));
    EXPECT_EQ(step, recorder_.steps()[0]) << "what comes back is what was recorded last";
    EXPECT_EQ(step.state, StepState::pushed);
    EXPECT_EQ(step.image_id, "sha256:1");
    EXPECT_EQ(step.digests.at("r.example/base:1"), "digest-of-sha256:1");
    EXPECT_EQ(step.error, "");
    EXPECT_EQ(
        engine_.calls(),
        (Texts{"build r.example/base:1", "tag sha256:1 r.example/base:1", "push r.example/base:1"})
    );
}

TEST_F(RunStep, StepThatIsNotPushedEndsBuilt) {
    store::Step step = make_step(0, "base");
    step.push = false;
    step = run(step);
    EXPECT_EQ(states(), (Texts{"building", "built"}));
    EXPECT_TRUE(step.finished);
    EXPECT_TRUE(engine_.calls("push").empty());
}

TEST_F(RunStep, TimesAreTheClocks) {
    recorder_.on_record([this](const std::string&) { clock_.advance(std::chrono::seconds(1)); });
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.started, test::ManualClock::start);
    EXPECT_EQ(step.built, test::ManualClock::start + std::chrono::seconds(1));
    EXPECT_EQ(step.finished, test::ManualClock::start + std::chrono::seconds(3));
}

TEST_F(RunStep, EngineGetsTheContextAndWhatTheManifestSays) {
    store::Step step = make_step(0, "base");
    step.references = {"r.example/base:1-topic"};
    run(step);
    ASSERT_EQ(engine_.requests().size(), 1U);
    const engine::BuildRequest& request = engine_.requests()[0];
    EXPECT_EQ(request.tags, (Texts{"r.example/base:1-topic", "r.example/base:1"}))
        << "a child's FROM names the version";
    EXPECT_EQ(request.dockerfile, "Dockerfile");
    EXPECT_EQ(request.labels.at("team"), "web");
    EXPECT_TRUE(request.labels.contains("org.opencontainers.image.revision"));
    EXPECT_FALSE(request.builder);
    EXPECT_TRUE(engine_.contexts()[0].contains("content of the context"));
    EXPECT_EQ(engine_.calls("push"), Texts{"push r.example/base:1-topic"});
}

TEST_F(RunStep, ExternalBaseIsPulledFirstForItsPlatform) {
    record_from(make_step(0, "other"));
    run(make_step(0, "other"));
    EXPECT_EQ(engine_.calls()[0], "pull docker.io/library/python:3.10 for linux/arm64");
    EXPECT_EQ(engine_.calls()[1], "build r.example/other:1");
}

TEST_F(RunStep, BaseThatThisBuildMadeIsNotPulled) {
    record_from(make_step(0, "app"));
    run(make_step(0, "app"), {make_step(1, "base")});
    EXPECT_TRUE(engine_.calls("pull").empty());
}

TEST_F(RunStep, BaseThatCanNotBePulledIsTheEnginesOwnCopy) {
    record_from(make_step(0, "other"));
    engine_.give("docker.io/library/python:3.10", "sha256:old");
    engine_.fail_next("pull", ErrorCode::unavailable);
    EXPECT_EQ(run(make_step(0, "other")).state, StepState::pushed);
    EXPECT_TRUE(logged("using the engine's own copy of python:3.10"));
}

TEST_F(RunStep, BaseThatIsNowhereFailsTheStep) {
    record_from(make_step(0, "other"));
    engine_.fail_next("pull", ErrorCode::not_found);
    const store::Step step = run(make_step(0, "other"));
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_EQ(step.error, "pulling python:3.10: scripted");
    EXPECT_TRUE(engine_.calls("build").empty());
}

TEST_F(RunStep, TemporaryFailureOfTheBuildIsTriedAgain) {
    engine_.fail_next("build", ErrorCode::unavailable, 2);
    Texts attempts;
    recorder_.on_record([&](const std::string& entry) {
        attempts.push_back(entry + " " + std::to_string(recorder_.steps()[0].attempts));
    });
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(
        attempts,
        (Texts{
            "base building 1",
            "base ready 1",
            "base building 2",
            "base ready 2",
            "base building 3",
            "base built 0",
            "base pushing 1",
            "base pushed 1",
        })
    );
    EXPECT_EQ(step.error, "") << "what went well in the end shows no error";
    EXPECT_TRUE(logged("scripted"));
    EXPECT_TRUE(recorder_.failures().empty());
}

TEST_F(RunStep, BuildGetsWhatItsRepositoryAndItsEngineGive) {
    engines_.change(
        "one", {.builds = 1, .network = "host", .memory_bytes = 1, .cpu_millis = 2, .shm_bytes = 3}
    );
    offer_ = {
        .secrets = {{"npm", "s3cret"}},
        .ssh_agents = {{"default", "/no/agent"}},
        .cache_from = {"r.example/cache:1"},
        .no_cache = true,
    };
    EXPECT_EQ(run(make_step(0, "base")).state, StepState::pushed);
    const engine::BuildRequest& request = engine_.requests().at(0);
    EXPECT_EQ(request.session.secrets.at("npm"), "s3cret");
    EXPECT_EQ(request.session.ssh_agents.at("default"), "/no/agent");
    EXPECT_TRUE(request.session.credentials);
    EXPECT_EQ(request.cache_from, Texts{"r.example/cache:1"});
    EXPECT_TRUE(request.no_cache);
    EXPECT_EQ(request.network_mode, "host");
    EXPECT_EQ(request.memory_bytes, 1U);
    EXPECT_EQ(request.cpu_millis, 2);
    EXPECT_EQ(request.shm_bytes, 3U);
    EXPECT_TRUE(logged("the socket of ssh agent 'default' is not there"));
    EXPECT_FALSE(logged("s3cret"));
}

TEST_F(RunStep, FullDiskIsTriedAgainAndNoFaultOfTheDockerfile) {
    engine_.fail_next("build", ErrorCode::failed, 1, "write /x: no space left on device");
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::pushed);
    EXPECT_TRUE(logged("the disk of engine one is full"));
}

TEST_F(RunStep, EngineThatIsBeingStoppedIsNoFaultOfTheDockerfile) {
    engine_.fail_next("build", ErrorCode::failed, 1, "executor failed running [x]: exit code: 1");
    engine_.fail_next("ping", ErrorCode::unavailable);
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::pushed);
    EXPECT_TRUE(logged("engine one went away: executor failed running"));
}

TEST_F(RunStep, TemporaryFailuresAreBounded) {
    engine_.fail_next("build", ErrorCode::unavailable, 100);
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_EQ(step.error, "scripted");
    EXPECT_EQ(engine_.calls("build").size(), 3U);
    EXPECT_EQ(recorder_.failures(), Texts{"base: scripted"});
    EXPECT_TRUE(step.finished);
}

TEST_F(RunStep, PermanentFailureIsNotTriedAgain) {
    for (const ErrorCode code : {ErrorCode::failed, ErrorCode::denied, ErrorCode::cancelled}) {
        record_from(make_step(0, "base"));
        const auto before = engine_.calls("build").size();
        engine_.fail_next("build", code);
        EXPECT_EQ(run(make_step(0, "base")).state, StepState::failed);
        EXPECT_EQ(states(), (Texts{"building", "failed"}));
        EXPECT_EQ(engine_.calls("build").size(), before + 1);
    }
}

TEST_F(RunStep, FailedPushNeverBuildsAgain) {
    engine_.fail_next("push", ErrorCode::unavailable, 2);
    EXPECT_EQ(run(make_step(0, "base")).state, StepState::pushed);
    EXPECT_EQ(
        states(),
        (Texts{"building", "built", "pushing", "built", "pushing", "built", "pushing", "pushed"})
    );
    EXPECT_EQ(engine_.calls("build").size(), 1U);
    EXPECT_EQ(engine_.calls("inspect").size(), 2U) << "whether the image is still there";
}

TEST_F(RunStep, ImageThatIsGoneAfterAFailedPushIsBuiltAgain) {
    bool lost = false;
    recorder_.on_record([&](const std::string& entry) {
        if (entry == "base pushing" && !std::exchange(lost, true)) {
            engine_.lose("sha256:1");
        }
    });
    engine_.fail_next("tag", ErrorCode::unavailable);
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::pushed);
    EXPECT_EQ(step.image_id, "sha256:2");
    EXPECT_TRUE(logged("gone from the engine"));
}

TEST_F(RunStep, PushThatIsRefusedFailsTheStep) {
    engine_.fail_next("push", ErrorCode::denied);
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(states(), (Texts{"building", "built", "pushing", "failed"}));
    EXPECT_EQ(step.error, "pushing r.example/base:1: scripted");
    EXPECT_EQ(recorder_.failures().size(), 1U);
}

TEST_F(RunStep, RefusedCredentialsOfAHelperAreTriedAgainOnceTheyAreNew) {
    const registry::HelperScripts scripts;
    scripts.helper(
        "x", "{ cat; echo; } >> $here/asked\necho '{\"Username\":\"u\",\"Secret\":\"p\"}'"
    );
    std::ofstream(docker_config_ / "config.json") << R"({"credsStore":"x"})";
    const std::string hub = "https://index.docker.io/v1/\n";
    const std::string own = "r.example\n";
    const auto run_other = [this] {
        record_from(make_step(0, "other"));
        return run(make_step(0, "other")).state;
    };
    engine_.give("docker.io/library/python:3.10", "sha256:old");
    EXPECT_EQ(run_other(), StepState::pushed);
    EXPECT_EQ(run_other(), StepState::pushed);
    EXPECT_EQ(scripts.written("asked"), hub + own);

    engine_.fail_next("push", ErrorCode::denied);
    EXPECT_EQ(run_other(), StepState::pushed) << "with what the helper says now";
    EXPECT_EQ(scripts.written("asked"), hub + own + own);

    engine_.fail_next("push", ErrorCode::denied, 2);
    EXPECT_EQ(run_other(), StepState::failed) << "what it said just now is wrong as well";
    EXPECT_EQ(scripts.written("asked"), hub + own + own + own);

    engine_.fail_next("pull", ErrorCode::denied);
    EXPECT_EQ(run_other(), StepState::pushed);
    EXPECT_EQ(run_other(), StepState::pushed);
    EXPECT_EQ(scripts.written("asked"), hub + own + own + own + hub + own);
}

TEST_F(RunStep, CredentialsThatCanNotBeReadFailTheStep) {
    std::ofstream(docker_config_ / "config.json") << "[]";
    const store::Step step = run(make_step(0, "base"));
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_TRUE(step.error.contains("credentials for r.example: ")) << step.error;
    EXPECT_TRUE(engine_.calls("push").empty());
}

TEST_F(RunStep, PushesEveryReferenceOnceEvenIfOneIsTriedAgain) {
    store::Step step = make_step(0, "base");
    step.references = {"r.example/base:1", "r.example/base:latest", "r.example/base:stable"};
    engine_.fail_next("push r.example/base:latest", ErrorCode::unavailable);
    step = run(step);
    EXPECT_EQ(
        engine_.calls("push"),
        (Texts{
            "push r.example/base:1",
            "push r.example/base:latest",
            "push r.example/base:latest",
            "push r.example/base:stable",
        })
    );
    EXPECT_EQ(step.digests.size(), 3U);
}

TEST_F(RunStep, BuiltBeforeARestartIsOnlyPushed) {
    const store::Step before = built_before("base", "sha256:kept");
    record_from(before);
    engine_.give("r.example/base:1", "sha256:kept");
    EXPECT_EQ(run(before).state, StepState::pushed);
    EXPECT_EQ(states(), (Texts{"pushing", "pushed"}));
    EXPECT_TRUE(engine_.calls("build").empty());
    EXPECT_EQ(engine_.calls("tag"), Texts{"tag sha256:kept r.example/base:1"});
}

TEST_F(RunStep, ImageThatIsGoneAfterARestartIsBuiltAgain) {
    const store::Step before = built_before("base", "sha256:gone");
    record_from(before);
    const store::Step step = run(before);
    EXPECT_EQ(states(), (Texts{"ready", "building", "built", "pushing", "pushed"}));
    EXPECT_EQ(step.image_id, "sha256:1");
    EXPECT_EQ(engine_.calls("tag"), Texts{"tag sha256:1 r.example/base:1"});
    EXPECT_TRUE(logged("gone from the engine"));
}

TEST_F(RunStep, ImageThatIsBuiltAgainIsPushedUnderAllItsNames) {
    store::Step before = built_before("base", "sha256:gone");
    before.references = {"r.example/base:1", "r.example/base:latest"};
    before.digests = {{"r.example/base:1", "digest-of-sha256:gone"}};
    record_from(before);
    const store::Step step = run(before);
    EXPECT_EQ(step.digests.at("r.example/base:1"), "digest-of-sha256:1");
    EXPECT_EQ(step.digests.at("r.example/base:latest"), "digest-of-sha256:1");
}

TEST_F(RunStep, EngineThatDoesNotAnswerIsNoReasonToBuildAgain) {
    const store::Step before = built_before("base", "sha256:kept");
    record_from(before);
    engine_.give("r.example/base:1", "sha256:kept");
    engine_.fail_next("inspect", ErrorCode::unavailable);
    EXPECT_EQ(run(before).state, StepState::pushed);
    EXPECT_TRUE(engine_.calls("build").empty());
}

TEST_F(RunStep, StopBeforeItBeginsLeavesItAsItWas) {
    stop_.request();
    EXPECT_EQ(run(make_step(0, "base")), make_step(0, "base"));
    EXPECT_TRUE(states().empty());
}

TEST_F(RunStep, StopWhileItBuildsEndsItBuiltAndNotPushed) {
    recorder_.on_record([this](const std::string&) { stop_.request(); });
    EXPECT_EQ(run(make_step(0, "base")).state, StepState::built);
    EXPECT_EQ(states(), (Texts{"building", "built"}));
}

TEST_F(RunStep, StopWhileItWaitsToTryAgainEndsItReady) {
    engine_.fail_next("build", ErrorCode::unavailable);
    recorder_.on_record([this](const std::string& entry) {
        if (entry == "base ready") {
            stop_.request();
        }
    });
    EXPECT_EQ(run(make_step(0, "base")).state, StepState::ready);
    EXPECT_EQ(engine_.calls("build").size(), 1U);
}

TEST_F(RunStep, RecorderThatFailsEndsItBeforeTheNextThingIsDone) {
    recorder_.fail_at("base building");
    const auto unrecorded = try_run(make_step(0, "base"));
    ASSERT_FALSE(unrecorded);
    EXPECT_EQ(unrecorded.error().message, "the disk is full");
    EXPECT_TRUE(engine_.calls().empty());

    record_from(make_step(0, "base"));
    recorder_.fail_at("base built");
    EXPECT_FALSE(try_run(make_step(0, "base")));
    EXPECT_TRUE(engine_.calls("push").empty());
}

}  // namespace
}  // namespace slipway::factory
