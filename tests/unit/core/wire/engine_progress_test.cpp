#include "core/wire/engine_progress.hpp"

#include "core/wire/base64.hpp"
#include "tests/unit/core/wire/print_log_line.hpp"  // IWYU pragma: keep: GoogleTest prints lines with it

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::wire {
namespace {

using Kind = LogLine::Kind;
using Lines = std::vector<LogLine>;
using Texts = std::vector<std::string>;

/// All lines of a whole stream, and its outcome.
struct Answer {
    Lines lines;
    EngineOutcome outcome;
};

Answer read(std::string_view stream) {
    EngineProgress progress;
    Answer answer{.lines = progress.feed(stream), .outcome = {}};
    const Lines rest = progress.finish();
    answer.lines.insert(answer.lines.end(), rest.begin(), rest.end());
    answer.outcome = progress.outcome();
    return answer;
}

Texts texts(const Answer& answer) {
    Texts texts;
    for (const LogLine& line : answer.lines) {
        texts.push_back(line.text);
    }
    return texts;
}

// --- The few parts of protobuf that a trace is made of.

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80U; value >>= 7U) {
        bytes += static_cast<char>((value & 0x7fU) | 0x80U);
    }
    return bytes + static_cast<char>(value);
}

std::string number(unsigned field, std::uint64_t value) {
    return varint(field << 3U) + varint(value);
}

std::string bytes(unsigned field, std::string_view value) {
    return varint((field << 3U) | 2U) + varint(value.size()) + std::string(value);
}

std::string time(unsigned field, std::uint64_t milliseconds) {
    return bytes(
        field, number(1, milliseconds / 1000) + number(2, milliseconds % 1000 * 1'000'000)
    );
}

std::string vertex(std::string_view digest, std::string_view name, const std::string& more = "") {
    return bytes(1, bytes(1, digest) + bytes(3, name) + more);
}

std::string log(std::string_view digest, std::string_view text, unsigned stream = 1) {
    return bytes(3, bytes(1, digest) + number(3, stream) + bytes(4, text));
}

std::string trace(const std::string& message) {
    return R"({"id":"moby.buildkit.trace","aux":")" + base64_encode(message) + "\"}\r\n";
}

std::string started(std::uint64_t milliseconds) {
    return time(5, milliseconds);
}

std::string completed(std::uint64_t milliseconds) {
    return time(6, milliseconds);
}

const std::string cached = number(4, 1);

// --- Traces

TEST(BuildkitTrace, SaysNothingOfAVertexBeforeItStarts) {
    EXPECT_EQ(texts(read(trace(vertex("a", "[1/2] FROM x")))), Texts{});
}

TEST(BuildkitTrace, SaysWhenAVertexStartsAndHowLongItTook) {
    const Answer answer = read(
        trace(vertex("a", "[1/2] RUN x", started(1000))) +
        trace(vertex("a", "[1/2] RUN x", started(1000) + completed(3260)))
    );
    EXPECT_EQ(answer.lines, (Lines{{Kind::step, "#1 [1/2] RUN x"}, {Kind::step, "#1 DONE 2.3s"}}));
}

TEST(BuildkitTrace, NumbersVerticesAsTheyStart) {
    const Answer answer = read(
        trace(vertex("a", "one") + vertex("b", "two")) + trace(vertex("b", "two", started(1000))) +
        trace(vertex("a", "one", started(1000)))
    );
    EXPECT_EQ(texts(answer), (Texts{"#1 two", "#2 one"}));
}

TEST(BuildkitTrace, ACachedVertexMayComeWithoutAStart) {
    const Answer answer = read(trace(vertex("a", "COPY x /x", cached + completed(5))));
    EXPECT_EQ(texts(answer), (Texts{"#1 COPY x /x", "#1 CACHED"}));
}

TEST(BuildkitTrace, DoesNotRepeatAResultThatIsTheSame) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1000) + completed(1010))) +
        trace(vertex("a", "x", started(1010) + completed(1020)))
    );
    EXPECT_EQ(texts(answer), (Texts{"#1 x", "#1 DONE 0.0s"}));
}

TEST(BuildkitTrace, AddsUpTheTimesOfAVertexThatRunsTwice) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1000) + completed(2000))) +
        trace(vertex("a", "x", started(1500) + completed(2500))) +
        trace(vertex("a", "x", started(9000) + completed(9500)))
    );
    EXPECT_EQ(texts(answer), (Texts{"#1 x", "#1 DONE 1.0s", "#1 DONE 1.5s", "#1 DONE 2.0s"}));
}

TEST(BuildkitTrace, AVertexThatFailsIsAnErrorLine) {
    const Answer answer =
        read(trace(vertex("a", "x", started(1) + completed(2) + bytes(7, "exit code: 3\nsee"))));
    EXPECT_EQ(
        answer.lines,
        (Lines{
            {Kind::step, "#1 x"}, {Kind::error, "#1 ERROR: exit code: 3"}, {Kind::error, "#1 see"}
        })
    );
    EXPECT_EQ(answer.outcome.error, std::nullopt) << "only the engine's own error line decides";
}

TEST(BuildkitTrace, AVertexThatIsStoppedIsNoErrorOfItsOwn) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1) + completed(2) + bytes(7, "process: context canceled")))
    );
    EXPECT_EQ(answer.lines, (Lines{{Kind::step, "#1 x"}, {Kind::step, "#1 CANCELED"}}));
}

TEST(BuildkitTrace, PutsOutputBetweenStartAndEndOfItsVertex) {
    const Answer answer =
        read(trace(vertex("a", "x", started(1) + completed(2)) + log("a", "hello\n")));
    EXPECT_EQ(texts(answer), (Texts{"#1 x", "#1 hello", "#1 DONE 0.0s"}));
}

TEST(BuildkitTrace, JoinsOutputThatIsCutInMidLineAndMidCharacter) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1)) + log("a", "gr\xc3")) + trace(
                                                                       log("a",
                                                                           "\xb6\xc3\x9f"
                                                                           "e\n")
                                                                   )
    );
    EXPECT_EQ(texts(answer), (Texts{"#1 x", "#1 größe"}));
}

TEST(BuildkitTrace, KeepsBothStreamsAndAllVerticesApart) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1)) + vertex("b", "y", started(1))) +
        trace(log("a", "o") + log("b", "O") + log("a", "e", 2)) +
        trace(log("a", "ut\n") + log("b", "UT\n") + log("a", "rr\n", 2))
    );
    EXPECT_EQ(texts(answer), (Texts{"#1 x", "#2 y", "#1 out", "#2 OUT", "#1 err"}));
}

TEST(BuildkitTrace, GivesOutputThatStoppedInMidLineWhenTheVertexOrTheStreamEnds) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1)) + log("a", "half\xff")) +
        trace(vertex("a", "x", started(1) + completed(2))) +
        trace(vertex("b", "y", started(1)) + log("b", "rest"))
    );
    EXPECT_EQ(texts(answer), (Texts{"#1 x", "#1 half�", "#1 DONE 0.0s", "#2 y", "#2 rest"}));
}

TEST(BuildkitTrace, ReducesAProgressBarToItsLastState) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1)) + log("a", "1%\r2%\r")) + trace(log("a", "100%\n\n"))
    );
    EXPECT_EQ(texts(answer), (Texts{"#1 x", "#1 100%", "#1"}));
}

TEST(BuildkitTrace, TellsOfAStatusOnceWhenItIsDone) {
    const auto status = [](const std::string& more) {
        return bytes(2, bytes(1, "sha256:abc") + bytes(2, "a") + more);
    };
    const Answer answer = read(
        trace(
            vertex("a", "x", started(1)) +
            status(number(4, 5) + number(5, 2'050'000) + time(7, 1000))
        ) +
        trace(status(number(5, 2'050'000) + time(7, 1000) + time(8, 1310))) +
        trace(status(number(5, 2'050'000) + time(7, 1000) + time(8, 1310)))
    );
    EXPECT_EQ(
        answer.lines,
        (Lines{{Kind::step, "#1 x"}, {Kind::progress, "#1 sha256:abc 2.05MB 0.3s done"}})
    );
}

TEST(BuildkitTrace, PassesWarningsOn) {
    const Answer answer = read(
        trace(vertex("a", "x", started(1))) +
        trace(bytes(4, bytes(1, "a") + bytes(3, "old syntax")))
    );
    EXPECT_EQ(answer.lines, (Lines{{Kind::step, "#1 x"}, {Kind::warning, "#1 WARN: old syntax"}}));
}

TEST(BuildkitTrace, PutsANameOfSeveralLinesOnOne) {
    const Answer answer = read(trace(vertex("a", "RUN <<EOF\necho\xff\nEOF", started(1))));
    EXPECT_EQ(texts(answer), (Texts{"#1 RUN <<EOF echo� EOF"}));
}

TEST(BuildkitTrace, TakesOutputOfAVertexThatNobodyNamed) {
    EXPECT_EQ(texts(read(trace(log("?", "lost\n")))), (Texts{"#1 lost"}));
}

TEST(BuildkitTrace, TakesTimesThatMakeNoSense) {
    const std::uint64_t huge = 0x7fffffffffffffff;
    const std::string far = bytes(6, number(1, huge) + number(2, 0x7fffffff));
    const Answer answer = read(
        trace(vertex("a", "x", bytes(5, number(1, ~huge)) + far)) +
        trace(vertex("b", "y", started(5000) + completed(1000)))
    );
    ASSERT_EQ(answer.lines.size(), 4U);
    EXPECT_EQ(answer.lines[3].text, "#2 DONE 0.0s");
}

// --- Classic builds, pushes and pulls

TEST(EngineProgress, JoinsTheClassicBuildersPiecesToLines) {
    const Answer answer = read(R"({"stream":"Step 1/2 : FROM x"})"
                               "\r\n"
                               R"({"stream":"\n"})"
                               "\r\n"
                               R"({"stream":" ---\u003e Running in 1\n"})"
                               "\r\n"
                               R"({"stream":"o"})"
                               "\r\n"
                               R"({"stream":"ut\n[Warning] w\n"})"
                               "\r\n"
                               R"({"stream":"no end"})"
                               "\r\n");
    EXPECT_EQ(
        answer.lines,
        (Lines{
            {Kind::step, "Step 1/2 : FROM x"},
            {Kind::step, " ---> Running in 1"},
            {Kind::output, "out"},
            {Kind::warning, "[Warning] w"},
            {Kind::output, "no end"},
        })
    );
}

TEST(EngineProgress, TheLastImageIdCounts) {
    const Answer answer = read(R"({"aux":{"ID":"sha256:stage"}})"
                               "\n"
                               R"({"id":"moby.image.id","aux":{"ID":"sha256:last"}})"
                               "\n");
    EXPECT_EQ(answer.outcome.image_id, "sha256:last");
}

TEST(EngineProgress, GivesALayersStateOnceUntilItChanges) {
    std::string stream;
    for (const char* state :
         {"Waiting",
          "Waiting",
          "Pushing",
          "Pushing",
          "Retrying in 5 seconds",
          "Retrying in 4 seconds",
          "Pushing",
          "Pushed"}) {
        stream += R"({"status":")" + std::string(state) +
                  R"(","progressDetail":{"current":1},"id":"ab"})"
                  "\n";
        stream += R"({"status":"Waiting","id":"cd"})"
                  "\n";
    }
    EXPECT_EQ(
        texts(read(stream)),
        (Texts{
            "ab: Waiting",
            "cd: Waiting",
            "ab: Pushing",
            "ab: Retrying in 5 seconds",
            "ab: Pushing",
            "ab: Pushed",
        })
    );
}

std::string status_with_digest(char digit) {
    return R"({"status":"1.0: digest: sha256:)" + std::string(64, digit) +
           R"( size: 12"})"
           "\n";
}

std::string aux_with_digest(char digit) {
    return R"({"progressDetail":{},"aux":{"Tag":"1.0","Digest":"sha256:)" + std::string(64, digit) +
           R"(","Size":12}})"
           "\n";
}

TEST(EngineProgress, TakesTheDigestFromAuxBeforeTheStatusLine) {
    EXPECT_EQ(read(status_with_digest('a')).outcome.digest, "sha256:" + std::string(64, 'a'));
    EXPECT_EQ(
        read(status_with_digest('a') + aux_with_digest('b')).outcome.digest,
        "sha256:" + std::string(64, 'b')
    );
    EXPECT_EQ(
        read(aux_with_digest('b') + status_with_digest('a')).outcome.digest,
        "sha256:" + std::string(64, 'b')
    );
}

TEST(EngineProgress, TakesNothingElseForADigest) {
    const std::string hex(64, 'a');
    for (const std::string& text :
         {"Digest: sha256:" + hex,
          ": digest: sha256:" + hex + " size: 1",
          "1: digest: sha256:" + hex,
          "1: digest: sha256:" + hex + "a size: 1",
          "1: digest: sha256:" + std::string(64, 'A') + " size: 1",
          "1: digest: sha512:" + hex + " size: 1"}) {
        EXPECT_EQ(read(R"({"status":")" + text + "\"}\n").outcome.digest, "") << text;
    }
    EXPECT_EQ(read(R"({"aux":{"Digest":"latest"}})").outcome.digest, "");
    EXPECT_EQ(
        read(R"({"id":"ab","status":"1: digest: sha256:)" + hex + R"( size: 1"})").outcome.digest,
        ""
    );
}

TEST(EngineProgress, WarnsWhenOnlyOnePlatformWasPushed) {
    const Answer answer =
        read(R"({"aux":{"manifestPushedInsteadOfIndex":true,"originalIndex":{}}})");
    ASSERT_EQ(answer.lines.size(), 1U);
    EXPECT_EQ(answer.lines[0].kind, Kind::warning);
}

TEST(EngineProgress, PrefersTheErrorsDetail) {
    const Answer both =
        read(R"({"error":"short","errorDetail":{"code":1,"message":"long\nsecond"}})");
    EXPECT_EQ(both.outcome.error, "long\nsecond");
    EXPECT_EQ(both.lines, (Lines{{Kind::error, "long"}, {Kind::error, "second"}}));
    EXPECT_EQ(read(R"({"error":"short"})").outcome.error, "short");
    EXPECT_EQ(read(R"({"error":"short","errorDetail":{"message":""}})").outcome.error, "short");
    EXPECT_EQ(read(R"({"errorDetail":{"message":""}})").outcome.error, "the engine gave no reason");
    EXPECT_EQ(read("{\"error\":\"first\"}\n{\"error\":\"second\"}\n").outcome.error, "first");
}

TEST(EngineProgress, PassesOverWhatItDoesNotKnow) {
    const Answer answer =
        read("\r\n\n  \n{}\n{\"new\":{\"status\":\"x\"}}\n{\"id\":\"moby.other\",\"aux\":\"eA\"}\n"
        );
    EXPECT_EQ(answer.lines, Lines{});
    EXPECT_EQ(answer.outcome, EngineOutcome{});
}

TEST(EngineProgress, ReadsALastLineWithoutItsEnd) {
    EngineProgress progress;
    EXPECT_EQ(progress.feed(R"({"status":"x"})"), Lines{});
    EXPECT_EQ(progress.finish(), (Lines{{Kind::progress, "x"}}));
}

// --- Streams that no engine should send

constexpr std::size_t four_mebibytes = std::size_t{4} * 1024 * 1024;

TEST(HostileStream, ALineAbove4MiBIsAnErrorAndTheEnd) {
    const std::string line(four_mebibytes + 1, 'x');
    for (const std::string& stream : {line, line + "\n{\"error\":\"later\"}\n"}) {
        const Answer answer = read(
            R"({"status":"before"})"
            "\n" +
            stream
        );
        ASSERT_EQ(answer.lines.size(), 2U);
        EXPECT_EQ(answer.lines[0].text, "before");
        EXPECT_TRUE(answer.outcome.error.value_or("").starts_with(
            "reading the engine's answer: a line is longer than 4 MiB;"
        ));
    }
}

TEST(HostileStream, ALineOfExactly4MiBIsRead) {
    const std::string head = R"({"stream":")";
    const std::string tail = R"(\n"})";
    const std::string text(four_mebibytes - head.size() - tail.size(), 'x');
    const Answer answer = read(head + text + tail + "\n");
    EXPECT_EQ(answer.outcome.error, std::nullopt);
    std::size_t size = 0;
    for (const LogLine& line : answer.lines) {
        size += line.text.size();
    }
    EXPECT_EQ(size, text.size());
}

TEST(HostileStream, WhatCannotBeDecodedIsAnErrorAndTheEnd) {
    const std::string invalid_protobuf = base64_encode("\x0a\xff\xff\xff\xff\x0f");
    for (const std::string& line :
         {std::string("<html>502 Bad Gateway</html>"),
          std::string("{\"stream\":"),
          std::string("[]"),
          std::string("{\"stream\":\"\xff\"}"),
          std::string("{} {}"),
          R"({"x":)" + std::string(1'000'000, '['),
          std::string(R"({"id":"moby.buildkit.trace","aux":"%%%"})"),
          std::string(R"({"id":"moby.buildkit.trace","aux":"Z"})"),
          R"({"id":"moby.buildkit.trace","aux":")" + invalid_protobuf + "\"}"}) {
        const Answer answer = read(
            line +
            "\n"
            R"({"stream":"later\n","error":"later"})"
            "\n"
        );
        ASSERT_TRUE(answer.outcome.error) << line.substr(0, 80);
        EXPECT_TRUE(answer.outcome.error.value_or("").starts_with("reading the engine's answer: "));
        EXPECT_EQ(answer.lines.size(), 1U);
        EXPECT_EQ(answer.lines[0].kind, Kind::error);
    }
}

TEST(HostileStream, DoesNotQuoteWhatItCannotRead) {
    EXPECT_EQ(
        read("{\"stream\":s3cret}\n").outcome.error.value_or("s3cret").find("s3cret"),
        std::string::npos
    );
}

TEST(HostileStream, AnErrorOfTheEngineIsKeptWhenTheRestIsBroken) {
    const Answer answer = read("{\"error\":\"disk full\"}\n<html>\n");
    EXPECT_EQ(answer.outcome.error, "disk full");
}

TEST(HostileStream, ATraceOfRandomBytesNeverThrows) {
    std::uint32_t state = 1;
    for (int round = 0; round < 2000; ++round) {
        std::string message;
        for (int i = 0; i < 60; ++i) {
            state = (state * 1'664'525U) + 1'013'904'223U;
            message += static_cast<char>(state >> 24U);
        }
        EXPECT_NO_THROW((void)read(trace(message)));
        EXPECT_NO_THROW((void)read(trace(bytes(1 + (state % 4U), message))));
    }
}

}  // namespace
}  // namespace slipway::wire
