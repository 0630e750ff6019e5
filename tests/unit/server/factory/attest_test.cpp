#include "server/factory/attest.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "core/model/object_id.hpp"
#include "server/config/config.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/run_step.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;
using Texts = std::vector<std::string>;

TEST(FillIn, PutsWhatIsKnownIntoArguments) {
    EXPECT_EQ(
        fill_in(
            {"sign", "--x={commit}", "{image}", "{folder}{", "{{image}}"},
            {{"{image}", "r/x@sha256:1"}, {"{commit}", "c0"}, {"{folder}", "{image}"}}
        ),
        (Texts{"sign", "--x=c0", "r/x@sha256:1", "{image}{", "{r/x@sha256:1}"})
    );
}

class Attest : public WorkshopTest {
protected:
    /// A program that is a shell's script and finds what it writes in `$OUT`.
    void wants(const std::string& name, const std::string& script, Texts arguments = {}) {
        config::Attestation wanted{.name = name, .command = {"sh", "-c", script, "sh"}};
        wanted.command.insert(wanted.command.end(), arguments.begin(), arguments.end());
        wanted.env = {{.name = "OUT", .value = config::Secret(out_.path().string())}};
        order_.wanted.push_back(std::move(wanted));
    }

    store::Step run(store::Step step = make_step(0, "base")) {
        Workshop shop = workshop();
        order_.folder = data_ / "attest";
        order_.build = BuildId{7};
        shop.attest = order_;
        const Observer observer = recorder_.observer();
        Bases bases(context_.get_executor());
        const std::vector<store::Step> steps;
        Parents parents(bases, source(), steps);
        auto work = run_step(shop, source(), observer, parents, std::move(step));
        return test::run_coroutine(context_, std::move(work)).value();
    }

    std::string written(const std::string& name) const {
        std::ifstream file(out_ / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    bool logged(std::string_view part) const {
        return std::ranges::any_of(recorder_.logs(), [&](const std::string& line) {
            return line.contains(part);
        });
    }

    bool left_nothing() const {
        return !std::filesystem::exists(order_.folder) || std::filesystem::is_empty(order_.folder);
    }

    test::TempFolder data_;
    test::TempFolder out_;
    AttestOrder order_;
    test::MemoryRecorder recorder_{{make_step(0, "base")}};
};

TEST_F(Attest, SaysWhatIsWantedInItsOrderAfterThePush) {
    wants("sbom", "echo \"$@\" >> $OUT/calls", {"sbom", "{image}", "{commit}", "{folder}"});
    wants(
        "signature", "echo signature \"$1\" >> $OUT/calls; echo signed; echo noted >&2", {"{image}"}
    );
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::pushed) << step.error;
    EXPECT_EQ(step.attested, (Texts{"sbom", "signature"}));
    EXPECT_EQ(recorder_.steps()[0], step) << "kept with the step";
    const std::string image = "r.example/base@digest-of-sha256:1";
    EXPECT_EQ(
        written("calls"),
        "sbom " + image + " " + to_string(source().commit.id) + " base\nsignature " + image + "\n"
    );
    EXPECT_TRUE(logged("attesting signature of " + image));
    EXPECT_TRUE(logged("signed"));
    EXPECT_TRUE(logged("noted"));
    EXPECT_TRUE(left_nothing());
}

TEST_F(Attest, WritesTheProvenanceForWhoAsksForIt) {
    wants(
        "provenance",
        "cp \"$1\" \"$2\" $OUT; pwd -P > $OUT/folder; echo $TMPDIR >> $OUT/folder; ls -ld . >> "
        "$OUT/folder",
        {"{provenance}", "{statement}"}
    );
    order_.ref = "refs/heads/main";
    EXPECT_EQ(run().state, StepState::pushed);
    const auto statement = nlohmann::json::parse(written("statement.json"));
    EXPECT_EQ(statement["subject"][0]["name"], "r.example/base");
    const auto predicate = nlohmann::json::parse(written("provenance.json"));
    EXPECT_EQ(statement["predicate"], predicate);
    const auto& parameters = predicate["buildDefinition"]["externalParameters"];
    EXPECT_EQ(parameters["repository"], "https://git.example/images");
    EXPECT_EQ(parameters["ref"], "refs/heads/main");
    EXPECT_EQ(parameters["folder"], "base");
    EXPECT_EQ(predicate["runDetails"]["metadata"]["invocationId"], "7/0");
    const std::string folder = (order_.folder / "7-0").string();
    EXPECT_TRUE(written("folder").starts_with(folder + "\n" + folder + "\ndrwx------ "))
        << written("folder");
}

TEST_F(Attest, EachDigestIsSaidOnceWhateverItsTags) {
    wants("signature", "echo \"$1\" >> $OUT/calls", {"{image}"});
    store::Step step = make_step(0, "base");
    step.references = {"r.example/base:1", "r.example/base:latest", "other.example/base:1"};
    EXPECT_EQ(run(step).attested, Texts{"signature"});
    EXPECT_EQ(
        written("calls"),
        "other.example/base@digest-of-sha256:1\nr.example/base@digest-of-sha256:1\n"
    );
}

TEST_F(Attest, IsTriedAgainWithoutAnotherBuildOrPush) {
    wants("sbom", "echo sbom >> $OUT/calls");
    wants("signature", "echo try >> $OUT/calls; [ $(grep -c try $OUT/calls) = 2 ]");
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::pushed);
    EXPECT_EQ(step.error, "");
    EXPECT_EQ(written("calls"), "sbom\ntry\ntry\n") << "what was said is not said again";
    EXPECT_EQ(engine_.calls("build").size(), 1U);
    EXPECT_EQ(engine_.calls("push").size(), 1U);
}

TEST_F(Attest, FailsTheStepInTheEnd) {
    wants("signature", "echo try >> $OUT/calls; echo why >&2; exit 3");
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_TRUE(step.attested.empty());
    EXPECT_EQ(
        step.error,
        "attesting signature of r.example/base@digest-of-sha256:1: it ended with exit code 3, see "
        "the log"
    );
    EXPECT_TRUE(logged("why"));
    EXPECT_EQ(written("calls"), "try\ntry\ntry\n") << "as often as a push";
    EXPECT_TRUE(left_nothing());
}

TEST_F(Attest, ProgramThatIsNotThereIsNotTriedAgain) {
    order_.wanted = {{.name = "signature", .command = {"no-such-program"}}};
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_TRUE(step.error.contains("starting 'no-such-program': No such file")) << step.error;
    EXPECT_EQ(step.attempts, 1);
}

TEST_F(Attest, ProgramThatHangsIsKilled) {
    wants("signature", "echo $$ >> $OUT/calls; exec sleep 60");
    order_.wanted[0].timeout = std::chrono::seconds(0);
    const store::Step step = run();
    EXPECT_EQ(step.state, StepState::failed);
    EXPECT_TRUE(step.error.contains("did not end within 0 s and was killed")) << step.error;
    EXPECT_TRUE(left_nothing());
}

TEST_F(Attest, StopEndsTheProgramAndLeavesTheStepToGoOn) {
    wants("signature", "echo started; exec sleep 60");
    Workshop shop = workshop();
    order_.folder = data_ / "attest";
    shop.attest = order_;
    const Observer observer = recorder_.observer();
    Bases bases(context_.get_executor());
    const std::vector<store::Step> steps;
    Parents parents(bases, source(), steps);
    net::cancellation_signal stop;
    auto done = net::co_spawn(
        context_,
        run_step(shop, source(), observer, parents, make_step(0, "base")),
        net::bind_cancellation_slot(stop.slot(), net::use_future)
    );
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!logged("started") && context_.run_one_until(limit) > 0) {
    }
    stop.emit(net::cancellation_type::terminal);
    context_.run_until(limit);
    ASSERT_EQ(done.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    const store::Step step = done.get().value();
    EXPECT_EQ(step.state, StepState::built);
    EXPECT_EQ(step.digests.size(), 1U) << "not pushed again";
    EXPECT_TRUE(step.attested.empty());
    EXPECT_TRUE(left_nothing());
}

TEST_F(Attest, NothingIsSaidOfWhatIsNotPushed) {
    wants("signature", "echo x >> $OUT/calls");
    store::Step step = make_step(0, "base");
    step.push = false;
    EXPECT_EQ(run(step).state, StepState::built);
    EXPECT_EQ(written("calls"), "");
}

TEST_F(Attest, FolderIsNeverAnOption) {
    wants("sbom", "echo \"$1\" > $OUT/calls", {"{folder}"});
    Workshop shop = workshop();
    order_.folder = data_ / "attest";
    shop.attest = order_;
    store::Step step = make_step(0, "--key=x");
    step.digests = {{"r.example/x:1", "sha256:1"}};
    const auto done =
        test::run_coroutine(context_, attest(shop, source(), step, [](const auto&) {}));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(written("calls"), "./--key=x\n");
}

}  // namespace
}  // namespace slipway::factory
