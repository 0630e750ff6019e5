#include "server/registry/run_helper.hpp"

#include "core/base/result.hpp"
#include "tests/unit/server/registry/helper_scripts.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace slipway::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_gone(const std::string& process) {
    return ::kill(static_cast<pid_t>(std::stol(process)), 0) != 0 && errno == ESRCH;
}

std::ptrdiff_t open_descriptors() {
    return std::distance(
        std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()
    );
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        ++times;
    }
    return times;
}

class RunHelper : public ::testing::Test, public HelperScripts {
protected:
    static Result<HelperOutput> run(
        std::string_view input = "r.example", milliseconds time = seconds(30)
    ) {
        return run_helper("docker-credential-x", input, time);
    }
};

TEST_F(RunHelper, GivesNoVariableOfOursThatMayBeASecret) {
    // NOLINTBEGIN(concurrency-mt-unsafe): there is no other thread
    ::setenv("SLIPWAY_SIGNING_KEY", "secret-1", 1);
    ::setenv("OTHERS", "other-1", 1);
    helper("x", "env");
    const auto output = run();
    ::unsetenv("SLIPWAY_SIGNING_KEY");
    ::unsetenv("OTHERS");
    // NOLINTEND(concurrency-mt-unsafe)
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_FALSE(output->answer.contains("secret-1"));
    EXPECT_TRUE(output->answer.contains("OTHERS=other-1"));
}

TEST_F(RunHelper, PassesTheWordGetAndTheInputAsItIs) {
    helper("x", "printf '%s:' \"$#\" \"$1\"; cat");
    const auto output = run("r.example:5000");
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->answer, "1:get:r.example:5000");
    EXPECT_EQ(output->notes, "");
    EXPECT_EQ(output->exit_code, 0);
}

TEST_F(RunHelper, KeepsTheStreamsApartAndTheExitCode) {
    helper("x", "echo out; echo err >&2; exit 2");
    const auto output = run();
    ASSERT_TRUE(output);
    EXPECT_EQ(output->answer, "out\n");
    EXPECT_EQ(output->notes, "err\n");
    EXPECT_EQ(output->exit_code, 2);
}

TEST_F(RunHelper, SignalIsAnExitCodeAsInAShell) {
    helper("x", "kill -9 $$");
    EXPECT_EQ(run().value().exit_code, 137);
}

TEST_F(RunHelper, HelperThatDoesNotReadIsNoTrouble) {
    helper("x", "exec <&-; echo done");
    EXPECT_EQ(run(std::string(4096, 'x')).value().answer, "done\n");
}

TEST_F(RunHelper, InputThatDoesNotFitIsRefused) {
    helper("x", "cat");
    const auto output = run(std::string(4097, 'x'));
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, ErrorCode::invalid);
}

TEST_F(RunHelper, EnvironmentIsPassedThrough) {
    helper("x", "printf %s \"$TEST_WORD\"");
    ::setenv("TEST_WORD", "hello", 1);  // NOLINT(concurrency-mt-unsafe): one thread
    const auto output = run();
    ::unsetenv("TEST_WORD");  // NOLINT(concurrency-mt-unsafe): one thread
    EXPECT_EQ(output.value().answer, "hello");
}

TEST_F(RunHelper, SignalsThatWeIgnoreAreNotIgnoredThere) {
    helper("x", "sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status");
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    const auto output = run();
    std::signal(SIGPIPE, before);
    ASSERT_TRUE(output);
    EXPECT_EQ(std::stoull(output->answer, nullptr, 16) & (1ULL << (SIGPIPE - 1U)), 0U);
}

TEST_F(RunHelper, HasNoDescriptorsButItsThreeStreams) {
    helper("x", "ls -l /proc/$$/fd");
    const auto before = open_descriptors();
    const auto output = run();
    EXPECT_EQ(open_descriptors(), before) << "and leaves none open here";
    for (const std::string_view stream : {" 0 -> ", " 1 -> ", " 2 -> "}) {
        // Another end of one of our pipes would show the same number.
        const std::string_view answer = output.value().answer;
        const auto at = answer.find(stream) + stream.size();
        const std::string_view pipe = answer.substr(at, answer.find('\n', at) - at);
        EXPECT_TRUE(pipe.starts_with("pipe:")) << answer;
        EXPECT_EQ(count(answer, pipe), 1U) << answer;
    }
}

TEST_F(RunHelper, TheLongestOutputIsReadWhole) {
    helper("x", "head -c 65536 /dev/zero; head -c 65536 /dev/zero >&2");
    const auto output = run();
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->answer, std::string(65536, '\0'));
    EXPECT_EQ(output->notes.size(), 65536U);
}

TEST_F(RunHelper, MoreOutputIsRefused) {
    for (const std::string_view stream : {"", " >&2"}) {
        helper("x", "echo $$ > $here/id; head -c 1048576 /dev/zero" + std::string(stream));
        const auto output = run();
        ASSERT_FALSE(output);
        EXPECT_EQ(output.error().code, ErrorCode::too_large);
        EXPECT_TRUE(is_gone(written("id")));
    }
}

TEST_F(RunHelper, HelperThatHangsIsKilledWithAllThatItStarted) {
    const std::string fifo = script_file("fifo").string();
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    // A shell holds the fifo open, and so does what it starts.
    helper("x", "echo $$ > $here/id; exec 3> $here/fifo; sleep 60 & sleep 60");
    const auto before = std::chrono::steady_clock::now();
    const auto output = run("r.example", milliseconds(2000));
    const auto took = std::chrono::steady_clock::now() - before;
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(output.error().message.contains("2000 ms")) << output.error().message;
    EXPECT_GE(took, milliseconds(2000));
    EXPECT_LT(took, seconds(20));
    EXPECT_TRUE(is_gone(written("id"))) << "reaped too";
    pollfd ready{.fd = reader, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, 20'000), 1);
    EXPECT_EQ(ready.revents, POLLHUP) << "nobody holds the fifo any more";
    ::close(reader);
}

TEST_F(RunHelper, HelperThatClosesItsStreamsIsStillWaitedFor) {
    helper("x", "exec >&- 2>&-; sleep 0.05; exit 3");
    EXPECT_EQ(run().value().exit_code, 3);
    helper("x", "exec >&- 2>&-; sleep 60");
    EXPECT_FALSE(run("r.example", milliseconds(200)));
}

TEST_F(RunHelper, WhatItLeavesInTheBackgroundIsNotWaitedFor) {
    helper("x", "sleep 60 & echo $!");
    const auto output = run();
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(::kill(static_cast<pid_t>(std::stol(output->answer)), SIGKILL), 0) << "still there";
}

TEST_F(RunHelper, MissingProgramIsNamed) {
    const auto output = run();
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, ErrorCode::invalid);
    EXPECT_TRUE(output.error().message.contains("docker-credential-x")) << output.error().message;
    EXPECT_TRUE(output.error().message.contains("PATH")) << output.error().message;
}

TEST_F(RunHelper, ProgramThatMayNotRunIsInvalid) {
    helper("x", "echo");
    std::filesystem::permissions(
        script_file("docker-credential-x"), std::filesystem::perms::owner_read
    );
    const auto output = run();
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace slipway::registry
