#include "server/cli/progress.hpp"

#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace slipway::cli {
namespace {

using model::StepState;
using Kind = wire::LogLine::Kind;

store::Step make_step(int position, const std::string& folder) {
    store::Step step;
    step.position = position;
    step.folder = folder;
    step.image = "r.example/" + folder + ":1";
    step.started = store::Time(std::chrono::seconds(10));
    step.finished = store::Time(std::chrono::seconds(12));
    return step;
}

class ProgressTest : public testing::Test {
protected:
    Progress shown(bool terminal, bool colours = false) {
        return {{make_step(0, "base"), make_step(1, "python")}, terminal, colours, out_.get()};
    }

    static store::Step at(store::Step step, StepState state, const std::string& error = "") {
        step.state = state;
        step.error = error;
        return step;
    }

    std::string text() {
        std::fflush(out_.get());
        std::rewind(out_.get());
        std::array<char, 65536> buffer{};
        return {buffer.data(), std::fread(buffer.data(), 1, buffer.size(), out_.get())};
    }

    const store::Step base_ = make_step(0, "base");
    const store::Step python_ = make_step(1, "python");

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> out_{std::tmpfile(), &std::fclose};
};

TEST_F(ProgressTest, PlainLinesNameTheirFolder) {
    Progress progress = shown(false);
    progress.on_step(at(base_, StepState::ready));
    progress.on_step(at(base_, StepState::building));
    progress.on_log(0, {Kind::step, "#1 FROM scratch"});
    progress.on_step(at(python_, StepState::building));
    progress.on_log(1, {Kind::output, "hello"});
    progress.on_step(at(base_, StepState::built));
    progress.on_step(at(base_, StepState::pushing));
    progress.on_step(at(base_, StepState::pushed));
    progress.on_step(at(python_, StepState::failed, "exit code: 1"));
    progress.tick();
    progress.end();
    EXPECT_EQ(
        text(),
        "[base] building\n"
        "[base] #1 FROM scratch\n"
        "[python] building\n"
        "[python] hello\n"
        "[base] pushing\n"
        "✓ base    pushed  r.example/base:1  2.0s\n"
        "✗ python  failed  r.example/python:1  exit code: 1  2.0s\n"
    );
}

TEST_F(ProgressTest, SameStateAgainIsShownOnce) {
    Progress progress = shown(false);
    progress.on_step(at(base_, StepState::building));
    progress.on_step(at(base_, StepState::building));
    EXPECT_EQ(text(), "[base] building\n");
}

TEST_F(ProgressTest, StepThatIsNotPushedEndsBuilt) {
    Progress progress = shown(false);
    store::Step step = at(base_, StepState::built);
    step.push = false;
    progress.on_step(step);
    EXPECT_EQ(text(), "✓ base    built  r.example/base:1  2.0s\n");
}

TEST_F(ProgressTest, SkippedStepSaysWhy) {
    Progress progress = shown(false);
    store::Step step = at(python_, StepState::skipped, "not built, because base failed");
    step.started.reset();
    progress.on_step(step);
    EXPECT_EQ(
        text(), "– python  skipped  r.example/python:1  not built, because base failed  0.0s\n"
    );
}

TEST_F(ProgressTest, ControlSequencesOfTheLogAreLeftOut) {
    Progress progress = shown(false);
    progress.on_log(0, {Kind::output, "\x1b[31mred\x1b[0m"});
    progress.on_log(0, {Kind::output, "\x1b[2Kcompiling main"});
    progress.on_log(0, {Kind::output, "a\tb\x1b[1;2Hc\x1b"});
    progress.on_log(0, {Kind::output, "cut \x1b[3"});
    progress.on_log(0, {Kind::output, "\x1b(Bok"});
    EXPECT_EQ(text(), "[base] red\n[base] compiling main\n[base] abc\n[base] cut \n[base] ok\n");
}

TEST_F(ProgressTest, ColoursAreThereOnlyWhereTheyAreWanted) {
    Progress progress = shown(false, true);
    progress.on_step(at(base_, StepState::building));
    progress.on_step(at(base_, StepState::pushed));
    EXPECT_EQ(
        text(),
        "\x1b[36m[base] \x1b[0mbuilding\n"
        "\x1b[32m✓\x1b[0m base    pushed  r.example/base:1  \x1b[2m2.0s\x1b[0m\n"
    );
}

TEST_F(ProgressTest, ColoursOfTheLogAreAllThatReachesATerminal) {
    const std::string hostile = "\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07\x1b[2J\xc2\x9b\x31mtext\xff";
    const std::string kept = "\x1b[31mred\x1b[0m 52;c;aGk=\\xc2\\x9b1mtext\\xff";
    Progress plain_lines = shown(false, true);
    plain_lines.on_log(0, {Kind::output, hostile});
    EXPECT_EQ(text(), "\x1b[36m[base] \x1b[0m" + kept + "\n");
    Progress terminal = shown(true);
    terminal.on_log(1, {Kind::output, hostile});
    terminal.on_step(at(python_, StepState::failed, "exit \x1b[2J"));
    EXPECT_TRUE(text().contains("python  failed  r.example/python:1  exit \\x1b[2J")) << text();
    EXPECT_TRUE(text().contains("    | red 52;c;aGk=\\xc2\\x9b1mtext\\xff\n")) << text();
}

TEST_F(ProgressTest, FoldersAreShownAndNotObeyed) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{std::tmpfile(), &std::fclose};
    const store::Step step = make_step(0, "a\x1b[2J");
    Progress progress({step}, false, false, out.get());
    progress.on_step(at(step, StepState::building));
    std::rewind(out.get());
    std::array<char, 100> line{};
    EXPECT_EQ(
        std::string(std::fgets(line.data(), line.size(), out.get())), "[a\\x1b[2J] building\n"
    );
}

TEST_F(ProgressTest, TerminalShowsTheLogOfAFailureOnly) {
    Progress progress = shown(true);
    progress.on_step(at(base_, StepState::building));
    progress.on_log(0, {Kind::output, "fine"});
    progress.on_step(at(base_, StepState::pushed));
    progress.on_step(at(python_, StepState::building));
    progress.on_log(1, {Kind::output, "what went wrong"});
    progress.on_step(at(python_, StepState::failed, "exit code: 1"));
    progress.end();
    EXPECT_EQ(
        text(),
        "✓ base    pushed  r.example/base:1  2.0s\n"
        "✗ python  failed  r.example/python:1  exit code: 1  2.0s\n"
        "    | what went wrong\n"
    );
}

TEST_F(ProgressTest, TerminalRedrawsTheLinesOfWhatRuns) {
    Progress progress = shown(true);
    progress.on_step(at(base_, StepState::building));
    progress.on_step(at(python_, StepState::building));
    progress.on_log(1, {Kind::output, "\x1b[31mhello"});
    progress.tick();
    progress.tick();
    progress.end();
    const std::string drawn = text();
    EXPECT_TRUE(drawn.contains("base    building 0.0s")) << drawn;
    EXPECT_TRUE(drawn.contains("python  building 0.0s  hello\n")) << drawn;
    EXPECT_TRUE(drawn.ends_with("\x1b[2A\x1b[J")) << "takes its two lines away";
    EXPECT_TRUE(drawn.contains("⠙"));
    EXPECT_TRUE(drawn.contains("⠹"));
}

}  // namespace
}  // namespace slipway::cli
