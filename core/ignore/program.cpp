#include "core/ignore/program.hpp"

#include "core/ignore/runes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace slipway::ignore {
namespace {

/// What the assertions ask about a place in the text.
struct Place {
    bool is_begin = false;
    bool is_end = false;
    bool is_border = false;
};

bool is_word(char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '_';
}

Place place_at(std::string_view text, std::size_t at, bool is_end) {
    const bool is_after_word = at > 0 && is_word(text[at - 1]);
    const bool is_before_word = !is_end && is_word(text[at]);
    return {.is_begin = at == 0, .is_end = is_end, .is_border = is_after_word != is_before_word};
}

bool holds(Operation assertion, const Place& place) {
    switch (assertion) {
        case Operation::begin:
            return place.is_begin;
        case Operation::end:
            return place.is_end;
        case Operation::border:
            return place.is_border;
        case Operation::inside:
            return !place.is_border;
        default:
            return false;
    }
}

void visit(std::uint32_t at, Scratch& scratch) {
    if (std::exchange(scratch.seen[at], scratch.closure) != scratch.closure) {
        scratch.stack.push_back(at);
    }
}

/// Follows what needs no character from the seeds to `scratch.waiting`; whether it comes to a
/// match.
bool close(const Program& program, const Place& place, Scratch& scratch) {
    ++scratch.closure;
    scratch.waiting.clear();
    scratch.stack.clear();
    std::ranges::for_each(scratch.seeds, [&](std::uint32_t seed) { visit(seed, scratch); });
    while (!scratch.stack.empty()) {
        const std::uint32_t at = scratch.stack.back();
        scratch.stack.pop_back();
        const Instruction& instruction = program.instructions[at];
        switch (instruction.operation) {
            case Operation::match:
                return true;
            case Operation::rune:
            case Operation::set:
                scratch.waiting.push_back(at);
                break;
            case Operation::split:
                visit(instruction.second, scratch);
                [[fallthrough]];
            case Operation::jump:
                visit(instruction.first, scratch);
                break;
            default:
                if (holds(instruction.operation, place)) {
                    visit(at + 1, scratch);
                }
        }
    }
    return false;
}

bool takes(const Program& program, const Instruction& instruction, char32_t rune) {
    if (instruction.operation == Operation::rune) {
        return instruction.first == rune;
    }
    return program.sets[instruction.first].contains(rune);
}

void step(const Program& program, char32_t rune, Scratch& scratch) {
    scratch.seeds.clear();
    for (const std::uint32_t at : scratch.waiting) {
        if (takes(program, program.instructions[at], rune)) {
            scratch.seeds.push_back(at + 1);
        }
    }
    if (!program.is_anchored) {
        scratch.seeds.push_back(0);
    }
}

}  // namespace

bool RuneSet::contains(char32_t rune) const {
    const bool is_listed = std::ranges::any_of(ranges, [rune](const auto& range) {
        return range.first <= rune && rune <= range.second;
    });
    return is_listed != is_negated;
}

Outcome run(const Program& program, std::string_view path, Scratch& scratch) {
    scratch.seeds.assign(1, 0);
    if (scratch.seen.size() < program.instructions.size()) {
        scratch.seen.resize(program.instructions.size());
    }
    for (std::size_t at = 0; at < path.size() && !scratch.seeds.empty();) {
        const bool ends_parent = at > 0 && path[at] == '/';
        if (ends_parent && close(program, place_at(path, at, true), scratch)) {
            return Outcome::match;
        }
        if (close(program, place_at(path, at, false), scratch)) {
            return Outcome::match;
        }
        const Rune rune = first_rune(path.substr(at));
        step(program, rune.value, scratch);
        at += rune.size;
    }
    if (scratch.seeds.empty()) {
        return Outcome::dead;
    }
    return close(program, place_at(path, path.size(), true), scratch) ? Outcome::match
                                                                      : Outcome::alive;
}

}  // namespace slipway::ignore
