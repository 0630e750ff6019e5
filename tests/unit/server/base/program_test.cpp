#include "server/base/program.hpp"

#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway {
namespace {

// What a helper of registries can show of a program is in registry/run_helper_test.cpp.

/// What a program prints until it ends.
std::string run(Program& program, const ProgramCall& call) {
    EXPECT_EQ(program.start(call), 0);
    while (true) {
        const bool ended = program.has_ended();
        if (!program.read_some(std::chrono::milliseconds(ended ? 0 : 10)) && ended) {
            return std::exchange(program.output().answer, {});
        }
    }
}

TEST(Program, GetsItsWordsAsTheyAre) {
    Program program;
    EXPECT_EQ(run(program, {.words = {"printf", "%s|", "a b", "$HOME", ""}}), "a b|$HOME||");
    EXPECT_EQ(program.exit_code(), 0);
}

TEST(Program, GivenVariablesGoBeforeThoseOfOurs) {
    // NOLINTBEGIN(concurrency-mt-unsafe): there is no other thread
    ::setenv("OTHERS", "inherited", 1);
    Program program;
    const std::string all =
        run(program, {.words = {"env"}, .variables = {{"OTHERS", "given"}, {"NEW", "x=y"}}});
    ::unsetenv("OTHERS");
    // NOLINTEND(concurrency-mt-unsafe)
    EXPECT_TRUE(all.contains("OTHERS=given\n")) << all;
    EXPECT_FALSE(all.contains("inherited"));
    EXPECT_TRUE(all.contains("NEW=x=y\n"));
}

TEST(Program, InheritsNoDescriptor) {
    const int ours = ::open("/dev/null", O_RDONLY);  // NOLINT(android-cloexec-open): as Asio does
    ASSERT_GT(ours, 2);
    Program program;
    run(program, {.words = {"sh", "-c", "test ! -e /proc/$$/fd/" + std::to_string(ours)}});
    ::close(ours);
    EXPECT_EQ(program.exit_code(), 0);
}

TEST(Program, StartsInItsFolder) {
    const test::TempFolder folder;
    Program program;
    EXPECT_EQ(
        run(program, {.words = {"pwd", "-P"}, .folder = folder.path()}),
        folder.path().string() + "\n"
    );
    Program nowhere;
    EXPECT_EQ(nowhere.start({.words = {"pwd"}, .folder = folder / "gone"}), ENOENT);
    EXPECT_TRUE(nowhere.has_ended());
}

}  // namespace
}  // namespace slipway
