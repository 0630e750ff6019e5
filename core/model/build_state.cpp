#include "core/model/build_state.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace slipway::model {
namespace {

using enum StepState;

constexpr std::array<std::string_view, 6> build_names = {
    "queued", "running", "succeeded", "failed", "cancelled", "superseded"
};
constexpr std::array<std::string_view, 10> step_names = {
    "waiting",
    "ready",
    "building",
    "built",
    "pushing",
    "pushed",
    "unchanged",
    "failed",
    "cancelled",
    "skipped"
};

constexpr auto legal_moves = std::to_array<std::pair<StepState, StepState>>({
    {waiting, ready},   {waiting, skipped}, {waiting, cancelled},  {ready, building},
    {ready, cancelled}, {ready, unchanged}, {ready, skipped},      {ready, failed},
    {building, built},  {building, failed}, {building, cancelled}, {building, ready},
    {built, pushing},   {built, ready},     {built, cancelled},    {built, failed},
    {pushing, pushed},  {pushing, built},   {pushing, failed},     {pushing, cancelled},
    {failed, ready},
});

template <class State, std::size_t N>
std::optional<State> parse(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto found = std::ranges::find(names, text);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<State>(found - names.begin());
}

}  // namespace

std::string_view to_string(BuildState state) {
    return build_names.at(std::to_underlying(state));
}

std::string_view to_string(StepState state) {
    return step_names.at(std::to_underlying(state));
}

std::optional<BuildState> parse_build_state(std::string_view text) {
    return parse<BuildState>(build_names, text);
}

std::optional<StepState> parse_step_state(std::string_view text) {
    return parse<StepState>(step_names, text);
}

bool is_final(BuildState state) {
    return state != BuildState::queued && state != BuildState::running;
}

bool is_final(StepState state) {
    return state == pushed || state == unchanged || state == StepState::failed ||
           state == StepState::cancelled || state == skipped;
}

bool may_follow(StepState from, StepState to) {
    return std::ranges::find(legal_moves, std::pair{from, to}) != legal_moves.end();
}

}  // namespace slipway::model
