#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::wire {

/// One line that a person reads in a step's log, of whichever builder, pull or push.
struct LogLine {
    enum class Kind : std::uint8_t {
        step,    ///< a build instruction began, ended or was cached: `#3 [2/3] COPY x /x`, `#3
                 ///< CACHED`
        output,  ///< what the instruction printed; of BuildKit behind the step's number: `#3 text`
        progress,  ///< a layer's state, coalesced: `1e2043344ab3: Pushed`
        warning,
        error,
    };
    Kind kind = Kind::output;
    std::string text;  ///< valid UTF-8, no line end, no carriage return; ANSI colours kept

    bool operator==(const LogLine&) const = default;
};

/// What a stream of `/build`, `/images/create` or `/images/{name}/push` came to.
struct EngineOutcome {
    std::string image_id;  ///< of a build: the last `aux.ID`, `sha256:…`; empty where none came
    std::string digest;  ///< of a push: from `aux.Digest` or from `tag: digest: sha256:… size: N`;
                         ///< empty where none came
    std::optional<std::string>
        error;  ///< the engine's own words (`errorDetail.message`, else `error`)

    bool operator==(const EngineOutcome&) const = default;
};

/// Decodes the JSON lines that an engine answers with, from bytes cut anywhere, classic and
/// BuildKit
/// (`moby.buildkit.trace`: base64 of protobuf moby.buildkit.v1.StatusResponse) alike.
///
/// Bounded: a line above 4 MiB is an error outcome, and what follows is passed over; so is a line
/// that can't be decoded. A last line cut short is one of these: ask the transport first whether
/// the answer is whole. Never throws. One thread at a time.
///
/// Coalesced: bytes may come for a long time without giving a line, so silence is to be measured in
/// bytes.
///
/// Secrets: both builders put the values of build arguments into the names of steps (`RUN echo
/// $TOKEN` reads `RUN echo s3cret`), so the lines hold them. Nothing here can know which is one;
/// whoever stores or shows the lines must.
class EngineProgress {
public:
    EngineProgress();
    ~EngineProgress();
    EngineProgress(const EngineProgress&) = delete;
    EngineProgress& operator=(const EngineProgress&) = delete;
    EngineProgress(EngineProgress&&) noexcept;
    EngineProgress& operator=(EngineProgress&&) noexcept;

    /// The lines that `bytes` completes, in order.
    [[nodiscard]] std::vector<LogLine> feed(std::string_view bytes);

    /// What is left unfinished as lines (a last line without its end, output that stopped in
    /// mid-line).
    [[nodiscard]] std::vector<LogLine> finish();

    /// What is known so far. Whether the stream ended as it should is the transport's to say, not
    /// known here.
    [[nodiscard]] const EngineOutcome& outcome() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace slipway::wire
