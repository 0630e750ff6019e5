#include "server/base/log.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace slipway::log {
namespace {

constexpr std::size_t time_size = std::string_view("2026-11-22T18:06:00.123Z").size();

/// What is written to standard error meanwhile.
std::string written(const std::function<void()>& act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
}

class Log : public testing::Test {
protected:
    void TearDown() override { configure(Level::info, Format::text); }
};

/// One line of text without its time.
std::string text_line(std::string_view message, std::initializer_list<Field> fields = {}) {
    configure(Level::info, Format::text);
    return written([&] { info(message, fields); }).substr(time_size);
}

std::string json_line(std::string_view message, std::initializer_list<Field> fields = {}) {
    configure(Level::info, Format::json);
    return written([&] { info(message, fields); });
}

TEST_F(Log, WritesTimeLevelMessageAndFields) {
    const std::string line = written([] {
        warning("build finished", {{"build", 7}, {"state", "succeeded"}, {"pushed", true}});
    });
    EXPECT_EQ(
        line.substr(time_size), " warning build finished build=7 state=succeeded pushed=true\n"
    );
    EXPECT_EQ(line[10], 'T');
    EXPECT_EQ(line[time_size - 1], 'Z');
}

TEST_F(Log, QuotesTextValuesThatAreNotOneWord) {
    EXPECT_EQ(text_line("x", {{"a", ""}}), " info x a=\"\"\n");
    EXPECT_EQ(text_line("x", {{"a", "b c"}}), " info x a=\"b c\"\n");
    EXPECT_EQ(text_line("x", {{"a", "b=\"c\\"}}), " info x a=\"b=\\\"c\\\\\"\n");
    EXPECT_EQ(text_line("x", {{"a", "größe"}}), " info x a=größe\n");
}

TEST_F(Log, KeepsAnEventOnOneLine) {
    EXPECT_EQ(text_line("a\nb", {{"c", "d\r\ne"}}), " info \"a\\nb\" c=\"d\\r\\ne\"\n");
    EXPECT_EQ(text_line("\x1b[31m"), " info \"\\u001b[31m\"\n");
    const std::string line = json_line("a\nb", {{"c", "d\ne"}});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST_F(Log, ReplacesInvalidUtf8) {
    EXPECT_EQ(text_line("a\xff", {{"b", "c\xfe"}}), " info \"a�\" b=\"c�\"\n");
    EXPECT_EQ(nlohmann::json::parse(json_line("a\xff")).at("msg"), "a�");
}

TEST_F(Log, WritesJsonWithNumbersAndTruthsAsSuch) {
    const std::string line =
        json_line("say \"hi\"", {{"build", 7}, {"path", "a\\b"}, {"pushed", false}, {"n", "8"}});
    const auto event = nlohmann::json::parse(line);
    EXPECT_EQ(event.at("ts").get<std::string>().size(), time_size);
    EXPECT_EQ(event.at("level"), "info");
    EXPECT_EQ(event.at("msg"), "say \"hi\"");
    EXPECT_EQ(event.at("build"), 7);
    EXPECT_EQ(event.at("path"), "a\\b");
    EXPECT_EQ(event.at("pushed"), false);
    EXPECT_EQ(event.at("n"), "8");
}

TEST_F(Log, DoesNotTakeTheMessageForAFormat) {
    EXPECT_EQ(text_line("{} %v %s {0:x}"), " info {} %v %s {0:x}\n");
}

TEST_F(Log, PassesOverWhatIsBelowItsLevel) {
    EXPECT_EQ(written([] { debug("x"); }), "");
    configure(Level::debug, Format::text);
    EXPECT_EQ(written([] { debug("x"); }).substr(time_size), " debug x\n");
    configure(Level::error, Format::text);
    EXPECT_EQ(written([] { warning("x"); }), "");
    EXPECT_EQ(written([] { error("x"); }).substr(time_size), " error x\n");
}

TEST_F(Log, KeepsLinesOfSeveralThreadsWhole) {
    const std::string text = written([] {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([i] {
                for (int j = 0; j < 100; ++j) {
                    info("event", {{"id", (i * 100) + j}});
                }
            });
        }
    });
    std::set<std::string> events;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = text.find('\n', start);
        events.insert(text.substr(start + time_size, end - start - time_size));
        start = end + 1;
    }
    EXPECT_EQ(events.size(), 400U);
    EXPECT_TRUE(events.contains(" info event id=399"));
}

}  // namespace
}  // namespace slipway::log
