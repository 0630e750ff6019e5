#include "core/git/shortage.hpp"

#include <gtest/gtest.h>

namespace slipway::git {
namespace {

TEST(Shortage, OfADiskMemoryThreadsOrFilesIsToldWhatToDo) {
    EXPECT_EQ(
        advice_on_shortage("failed to write 'a': No space left on device"),
        "; make room on the disk"
    );
    EXPECT_EQ(
        advice_on_shortage("unable to create thread"),
        "; give slipway more memory, or let fewer builds run"
    );
    EXPECT_EQ(
        advice_on_shortage("failed to open 'a': Too many open files"),
        "; raise the limit of open files (ulimit -n)"
    );
}

TEST(Shortage, IsNotWhatGitDoesNotFind) {
    EXPECT_EQ(advice_on_shortage("object not found - no match for id (0123)"), "");
    EXPECT_EQ(advice_on_shortage(""), "");
}

}  // namespace
}  // namespace slipway::git
