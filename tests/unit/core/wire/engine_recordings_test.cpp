#include "core/wire/engine_progress.hpp"
#include "tests/unit/core/wire/print_log_line.hpp"
#include "tests/unit/core/wire/recording.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::wire {
namespace {

struct Decoded {
    std::vector<LogLine> lines;
    EngineOutcome outcome;

    bool operator==(const Decoded&) const = default;
};

Decoded decode(const std::vector<std::string_view>& pieces) {
    EngineProgress progress;
    Decoded decoded;
    const auto keep = [&](const std::vector<LogLine>& lines) {
        decoded.lines.insert(decoded.lines.end(), lines.begin(), lines.end());
    };
    for (const std::string_view piece : pieces) {
        keep(progress.feed(piece));
    }
    keep(progress.finish());
    decoded.outcome = progress.outcome();
    return decoded;
}

std::string readable(const Decoded& decoded) {
    std::string text;
    for (const LogLine& line : decoded.lines) {
        text += std::string(padded_name(line.kind)) + line.text + "\n";
    }
    return text;
}

class EngineRecording : public testing::TestWithParam<std::string> {};

TEST_P(EngineRecording, GivesTheGoldenLines) {
    const Decoded decoded = decode({read_recording(GetParam()).body});
    const std::filesystem::path golden =
        std::filesystem::path(SLIPWAY_SOURCE_DIR "/tests/golden/wire") / (GetParam() + ".log");
    // No other thread runs in this program.
    if (std::getenv("SLIPWAY_TEST_ACCEPT") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
        std::ofstream(golden, std::ios::binary) << readable(decoded);
        GTEST_SKIP() << "rewrote " << golden;
    }
    EXPECT_EQ(readable(decoded), read_file(golden));
}

TEST_P(EngineRecording, IsReadAlikeHoweverItIsCutInTwo) {
    const std::string body = read_recording(GetParam()).body;
    const std::string_view bytes = body;
    const Decoded whole = decode({bytes});
    for (std::size_t i = 0; i <= bytes.size(); ++i) {
        ASSERT_EQ(decode({bytes.substr(0, i), bytes.substr(i)}), whole) << "cut at byte " << i;
    }
}

TEST_P(EngineRecording, IsReadAlikeByteByByte) {
    const std::string body = read_recording(GetParam()).body;
    const std::string_view bytes = body;
    std::vector<std::string_view> pieces;
    pieces.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        pieces.push_back(bytes.substr(i, 1));
    }
    EXPECT_EQ(decode(pieces), decode({bytes}));
}

INSTANTIATE_TEST_SUITE_P(
    Streams,
    EngineRecording,
    testing::ValuesIn(stream_names()),
    [](const auto& test) { return test.param; }
);

EngineOutcome built(std::string_view hex) {
    return {.image_id = "sha256:" + std::string(hex), .digest = "", .error = std::nullopt};
}

EngineOutcome pushed(std::string_view hex) {
    return {.image_id = "", .digest = "sha256:" + std::string(hex), .error = std::nullopt};
}

EngineOutcome failed(std::string_view error) {
    return {.image_id = "", .digest = "", .error = std::string(error)};
}

const std::map<std::string, EngineOutcome> expected_outcomes{
    {"20_build_v1_mount_needs_buildkit",
     failed("the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ "
            "to learn how to build images with BuildKit enabled")},
    {"20_build_v1_ok_multistage",
     built("d803ad17f8139f7c3dd437efa0cdbdf6d2d932c835ba4b8dc42f04efa9a54be8")},
    {"20_build_v1_run_fail",
     failed("The command '/bin/busybox sh -c echo about to fail; exit 3' returned a non-zero "
            "code: 3")},
    {"20_build_v2_cached", built("564401e6bc8066ab71a09279dc730273e3663fc0c8d037bfe000b93499da9d35")
    },
    {"20_build_v2_missing_base",
     failed("failed to solve with frontend dockerfile.v0: failed to create LLB definition: "
            "127.0.0.1:5058/nope:1: not found")},
    {"20_build_v2_ok", built("564401e6bc8066ab71a09279dc730273e3663fc0c8d037bfe000b93499da9d35")},
    {"20_build_v2_private_base_no_session",
     failed("failed to solve with frontend dockerfile.v0: failed to create LLB definition: no "
            "active sessions")},
    {"20_build_v2_run_fail",
     failed("executor failed running [/bin/busybox sh -c echo about to fail; exit 3]: exit code: 3")
    },
    {"20_build_v2_syntax_error",
     failed("failed to solve with frontend dockerfile.v0: failed to create LLB definition: "
            "dockerfile parse error line 2: unknown instruction: FOO")},
    {"20_pull_ok", EngineOutcome{}},
    {"20_push_again", pushed("93c49005f82f582dc0b93e72b27df9826ce8680ef9b585a0a664e5b11c445d8b")},
    {"20_push_missing_tag", failed("tag does not exist: 127.0.0.1:5058/fx/app:nosuch")},
    {"20_push_no_credentials", failed("no basic auth credentials")},
    {"20_push_ok", pushed("93c49005f82f582dc0b93e72b27df9826ce8680ef9b585a0a664e5b11c445d8b")},
    {"20_push_registry_down",
     failed("Get \"http://127.0.0.1:5059/v2/\": dial tcp 127.0.0.1:5059: connect: connection "
            "refused")},
    {"29_build_v1_mount_needs_buildkit",
     failed("the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ "
            "to learn how to build images with BuildKit enabled")},
    {"29_build_v1_ok_multistage",
     built("03f4ad4ce06462f50adc388ed8f12c979dc7b8cd7b765836ab314cc0039ac4da")},
    {"29_build_v2_cached", built("ceb21ad686c1c27cc90204496f14b8436b7e2053dc9b4506b640da2855d169f1")
    },
    {"29_build_v2_missing_base",
     failed("127.0.0.1:5058/nope:1: failed to resolve source metadata for "
            "127.0.0.1:5058/nope:1: 127.0.0.1:5058/nope:1: not found")},
    {"29_build_v2_ok", built("ceb21ad686c1c27cc90204496f14b8436b7e2053dc9b4506b640da2855d169f1")},
    {"29_build_v2_private_base_no_session",
     failed("127.0.0.1:5055/priv/base:nope: failed to resolve source metadata for "
            "127.0.0.1:5055/priv/base:nope: no active sessions")},
    {"29_build_v2_run_fail",
     failed("process \"/bin/busybox sh -c echo about to fail; exit 3\" did not complete "
            "successfully: exit code: 3")},
    {"29_build_v2_syntax_error",
     failed("dockerfile parse error on line 2: unknown instruction: FOO (did you mean FROM?)")},
    {"29_pull_ok", EngineOutcome{}},
    {"29_push_again", pushed("ceb21ad686c1c27cc90204496f14b8436b7e2053dc9b4506b640da2855d169f1")},
    {"29_push_missing_tag", failed("tag does not exist: 127.0.0.1:5058/fx/app:nosuch")},
    {"29_push_no_credentials",
     failed("push access denied, repository does not exist or may require authorization: "
            "authorization failed: no basic auth credentials")},
    {"29_push_no_header", pushed("ceb21ad686c1c27cc90204496f14b8436b7e2053dc9b4506b640da2855d169f1")
    },
    {"29_push_ok", pushed("ceb21ad686c1c27cc90204496f14b8436b7e2053dc9b4506b640da2855d169f1")},
    {"29_push_registry_down",
     failed("failed to do request: Head "
            "\"https://127.0.0.1:5059/v2/fx/app/blobs/"
            "sha256:e48ec2d80eef2fa077cc69c3e083ce8276fadb2e50bcea02f4f66f593cc24375\": dial "
            "tcp 127.0.0.1:5059: connect: connection refused")},
};

TEST(EngineRecordings, ComeToWhatTheEngineSaid) {
    std::map<std::string, EngineOutcome> outcomes;
    for (const std::string& name : stream_names()) {
        outcomes[name] = decode({read_recording(name).body}).outcome;
    }
    for (const auto& [name, outcome] : outcomes) {
        ASSERT_TRUE(expected_outcomes.contains(name)) << name;
        const EngineOutcome& expected = expected_outcomes.at(name);
        EXPECT_EQ(outcome.image_id, expected.image_id) << name;
        EXPECT_EQ(outcome.digest, expected.digest) << name;
        EXPECT_EQ(outcome.error, expected.error) << name;
    }
    EXPECT_EQ(outcomes.size(), expected_outcomes.size());
}

}  // namespace
}  // namespace slipway::wire
