#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::ignore {

/// A set of characters: ranges with both ends in them.
struct RuneSet {
    std::vector<std::pair<char32_t, char32_t>> ranges;
    bool is_negated = false;

    [[nodiscard]] bool contains(char32_t rune) const;
};

enum class Operation : std::uint8_t {
    rune,    ///< takes the character `first`
    set,     ///< takes a character of the set number `first`
    split,   ///< goes on at `first` and at `second`
    jump,    ///< goes on at `first`
    begin,   ///< only at the start of the text
    end,     ///< only at the end of the text
    border,  ///< only where a word begins or ends (`\b`)
    inside,  ///< only where no word begins or ends (`\B`)
    match,
};

struct Instruction {
    Operation operation = Operation::match;
    std::uint32_t first = 0;
    std::uint32_t second = 0;
};

/// A nondeterministic automaton; it begins at instruction 0.
struct Program {
    std::vector<Instruction> instructions;
    std::vector<RuneSet> sets;
    bool is_anchored = true;  ///< every match begins at the start of the text
};

/// The working memory of run(), kept between runs to save the allocations.
struct Scratch {
    std::vector<std::uint32_t> seeds;  // where the automaton stands, before what needs no character
    std::vector<std::uint32_t> waiting;  // where it stands after that: all take a character
    std::vector<std::uint32_t> stack;
    std::vector<std::uint64_t> seen;  // per instruction: the last closure that came by
    std::uint64_t closure = 0;
};

enum class Outcome : std::uint8_t {
    dead,   ///< neither the path nor anything that starts with it matches
    alive,  ///< the path does not match, something that starts with it may
    match,  ///< the path or one of its parent folders matches
};

/// Runs a program over a path, all of its parent folders at once. Time: the product of both
/// lengths, for any input.
[[nodiscard]] Outcome run(const Program& program, std::string_view path, Scratch& scratch);

}  // namespace slipway::ignore
