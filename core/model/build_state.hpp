#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway::model {

/// The numbers are stored: never change or reuse one.
enum class BuildState : std::uint8_t {
    queued = 0,
    running = 1,
    succeeded = 2,  ///< every step is pushed, built (a branch that does not push) or unchanged; or
                    ///< there was nothing to do
    failed = 3,     ///< a step failed, the plan could not be made, or not of all images
    cancelled = 4,
    superseded = 5,  ///< a newer push of the same branch took its place while it was queued
};

/// The numbers are stored: never change or reuse one. design: waiting → ready → building → built →
/// pushing → pushed.
enum class StepState : std::uint8_t {
    waiting = 0,  ///< a parent is not done
    ready = 1,    ///< waits for a slot
    building = 2,
    built = 3,  ///< the image is in the engine; final where the branch or manifest does not push
    pushing = 4,
    pushed = 5,
    unchanged = 6,
    failed = 7,
    cancelled = 8,
    skipped = 9,  ///< a parent failed
};

[[nodiscard]] std::string_view to_string(BuildState state);
[[nodiscard]] std::string_view to_string(StepState state);
[[nodiscard]] std::optional<BuildState> parse_build_state(std::string_view text);
[[nodiscard]] std::optional<StepState> parse_step_state(std::string_view text);

[[nodiscard]] bool is_final(BuildState state);

/// `built` is final only for a step that is not to be pushed; the caller knows that, so it does not
/// count here.
[[nodiscard]] bool is_final(StepState state);

/// The one table of legal moves. Going back is legal only for what a crash or a lost engine
/// interrupts: building → ready, pushing → built, built → ready (the image is gone from the
/// engine), and failed → ready (a retry).
[[nodiscard]] bool may_follow(StepState from, StepState to);

}  // namespace slipway::model
