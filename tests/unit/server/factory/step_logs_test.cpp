#include "server/factory/step_logs.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/wire/engine_progress.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/unavailable_store.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>

namespace slipway::factory {
namespace {

using Kind = wire::LogLine::Kind;

class LogStore final : public test::UnavailableStore {
public:
    Answer<void> append_log(BuildId build, int position, std::string text) override {
        ++writes;
        if (full) {
            co_return fail(ErrorCode::unavailable, "the disk is full");
        }
        EXPECT_EQ(build, BuildId{7});
        logs[position] += text;
        co_return Result<void>();
    }

    std::map<int, std::string> logs;
    int writes = 0;
    bool full = false;
};

class StepLogsTest : public testing::Test {
protected:
    void flush() { test::run_coroutine(logs_.flush()); }

    LogStore store_;
    StepLogs logs_{store_, BuildId{7}};
};

TEST_F(StepLogsTest, WritesEveryStepsLinesAtOnce) {
    logs_.add(0, {Kind::step, "pulling base"});
    logs_.add(2, {Kind::output, "other"});
    logs_.add(0, {Kind::output, "hello"});
    EXPECT_EQ(store_.writes, 0);
    flush();
    EXPECT_EQ(store_.writes, 2);
    EXPECT_EQ(store_.logs[0], "pulling base\nhello\n");
    EXPECT_EQ(store_.logs[2], "other\n");
}

TEST_F(StepLogsTest, WarningsAndErrorsSaySo) {
    logs_.add(0, {Kind::warning, "old"});
    logs_.add(0, {Kind::error, "broken"});
    logs_.add(0, {Kind::progress, "layer"});
    flush();
    EXPECT_EQ(store_.logs[0], "WARNING: old\nERROR: broken\nlayer\n");
}

TEST_F(StepLogsTest, NothingIsWrittenTwice) {
    logs_.add(0, {Kind::output, "a"});
    flush();
    flush();
    logs_.add(0, {Kind::output, "b"});
    flush();
    EXPECT_EQ(store_.logs[0], "a\nb\n");
    EXPECT_EQ(store_.writes, 2);
}

TEST_F(StepLogsTest, WhatCanNotBeWrittenIsDropped) {
    store_.full = true;
    logs_.add(0, {Kind::output, "lost"});
    flush();
    store_.full = false;
    logs_.add(0, {Kind::output, "kept"});
    flush();
    EXPECT_EQ(store_.logs[0], "kept\n");
}

TEST_F(StepLogsTest, EndsWithANoteAt16MebibytesOfOneStep) {
    const std::string line((std::size_t{1} << 20U) - 1, 'x');
    for (int i = 0; i < 20; ++i) {
        logs_.add(0, {Kind::output, line});
        flush();
    }
    const std::string& text = store_.logs[0];
    EXPECT_GT(text.size(), std::size_t{16} << 20U);
    EXPECT_LT(text.size(), std::size_t{18} << 20U);
    EXPECT_TRUE(text.ends_with("\nWARNING: the log ends here: it is longer than 16 MiB\n"));
    logs_.add(1, {Kind::output, "another step"});
    flush();
    EXPECT_EQ(store_.logs[1], "another step\n");
}

}  // namespace
}  // namespace slipway::factory
