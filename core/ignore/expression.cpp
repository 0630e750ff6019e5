#include "core/ignore/expression.hpp"

#include "core/ignore/expression_escapes.hpp"
#include "core/ignore/expression_sets.hpp"
#include "core/ignore/program.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::ignore {
namespace {

constexpr std::size_t max_instructions = 10'000;
constexpr std::size_t max_repeats = 1'000;  // Go's

using Done = std::expected<void, std::string>;

struct Repeat {
    std::size_t least = 0;
    std::optional<std::size_t> most;  // nothing: any number
};

/// Takes a number without zeros in front of it, as Go wants it.
std::optional<std::size_t> take_number(std::u32string_view& text) {
    const auto length = std::min(text.find_first_not_of(U"0123456789"), text.size());
    if (length == 0 || (length > 1 && text.front() == U'0')) {
        return std::nullopt;
    }
    std::size_t value = 0;
    for (const char32_t digit : text.substr(0, length)) {
        value = std::min(value * 10 + (digit - U'0'), max_repeats + 1);
    }
    text.remove_prefix(length);
    return value;
}

/// Takes `{2}`, `{2,}` or `{2,5}`; nothing, and `text` as it was, where the brace is only a brace.
std::optional<Repeat> take_braces(std::u32string_view& text) {
    std::u32string_view rest = text.substr(1);
    const auto least = take_number(rest);
    if (!least) {
        return std::nullopt;
    }
    Repeat repeat{.least = *least, .most = least};
    if (rest.starts_with(U',')) {
        rest.remove_prefix(1);
        repeat.most = take_number(rest);
        if (!repeat.most && !rest.starts_with(U'}')) {
            return std::nullopt;
        }
    }
    if (!rest.starts_with(U'}')) {
        return std::nullopt;
    }
    text = rest.substr(1);
    return repeat;
}

std::unexpected<std::string> bad_repeat(std::string_view what) {
    return std::unexpected(
        std::string("Docker takes '{…}' for a repetition of a regular expression, and ") +
        std::string(what) + ": write '\\{' for the brace itself"
    );
}

/// One pass from left to right. What can be repeated is always the last instruction.
class Compiler {
public:
    explicit Compiler(std::u32string_view expression) : rest_(expression) { begin_alternative(); }

    std::expected<Program, std::string> run() {
        while (!rest_.empty()) {
            if (const Done done = compile_next(); !done) {
                return std::unexpected(done.error());
            }
            if (size() > max_instructions) {
                return std::unexpected("it is too large");
            }
        }
        emit(Operation::match);
        return std::move(program_);
    }

private:
    [[nodiscard]] std::size_t size() const { return program_.instructions.size(); }

    static Instruction make(Operation operation, std::size_t first = 0, std::size_t second = 0) {
        return {
            .operation = operation,
            .first = static_cast<std::uint32_t>(first),
            .second = static_cast<std::uint32_t>(second)
        };
    }

    void emit(Operation operation, std::size_t first = 0, std::size_t second = 0) {
        program_.instructions.push_back(make(operation, first, second));
    }

    void emit_set(RuneSet set) {
        emit(Operation::set, program_.sets.size());
        program_.sets.push_back(std::move(set));
    }

    void emit_any() { emit_set({.ranges = {{U'\n', U'\n'}}, .is_negated = true}); }

    void begin_alternative() {
        alternative_ = size();
        emit(Operation::jump, size() + 1);
    }

    Done compile_next() {
        const bool follows_repeat = std::exchange(is_repeated_, false);
        if (rest_.starts_with(U'*')) {
            rest_.remove_prefix(1);
            return repeat({.least = 0, .most = std::nullopt}, follows_repeat);
        }
        if (rest_.starts_with(U'{')) {
            if (const auto braces = take_braces(rest_)) {
                return repeat(*braces, follows_repeat);
            }
        }
        if (rest_.starts_with(U'[')) {
            return compile_class();
        }
        if (rest_.starts_with(U'\\')) {
            return compile_escape();
        }
        compile_plain();
        return {};
    }

    void compile_plain() {
        constexpr std::u32string_view any_folders = U"(.*/)?";
        if (rest_.starts_with(any_folders)) {
            rest_.remove_prefix(any_folders.size());
            emit_any_folders();
            return;
        }
        const char32_t rune = rest_.front();
        rest_.remove_prefix(1);
        if (rune == U'|') {
            next_alternative();
        } else if (rune == U'^') {
            emit(Operation::begin);
        } else if (rune == U'$') {
            emit(Operation::end);
        } else if (rune == U'.') {
            emit_any();
        } else {
            emit(Operation::rune, rune);
        }
    }

    void emit_any_folders() {
        const std::size_t start = size();
        emit(Operation::split, start + 1, start + 5);
        emit(Operation::split, start + 2, start + 4);
        emit_any();
        emit(Operation::jump, start + 1);
        emit(Operation::rune, U'/');
        is_repeated_ = true;
    }

    void next_alternative() {
        emit(Operation::match);
        program_.instructions[alternative_] = make(Operation::split, alternative_ + 1, size());
        program_.is_anchored = false;  // moby's `^` belongs to the first one only
        begin_alternative();
    }

    Done compile_class() {
        auto set = take_class(rest_);
        if (!set) {
            return std::unexpected(set.error());
        }
        emit_set(*std::move(set));
        return {};
    }

    Done compile_escape() {
        if (const auto reason = refused_escape(rest_)) {
            return std::unexpected(*reason);
        }
        if (auto set = take_set_escape(rest_)) {
            emit_set(*std::move(set));
            return {};
        }
        if (const auto assertion = assertion_of(rest_.substr(1, 1))) {
            rest_.remove_prefix(2);
            emit(*assertion);
            return {};
        }
        const auto rune = take_rune_escape(rest_);
        if (!rune) {
            return std::unexpected(rune.error());
        }
        emit(Operation::rune, *rune);
        return {};
    }

    static std::optional<Operation> assertion_of(std::u32string_view letter) {
        if (letter == U"A") {
            return Operation::begin;
        }
        if (letter == U"z") {
            return Operation::end;
        }
        if (letter == U"b") {
            return Operation::border;
        }
        return letter == U"B" ? std::optional(Operation::inside) : std::nullopt;
    }

    Done repeat(const Repeat& repeat, bool follows_repeat) {
        const std::size_t most = repeat.most.value_or(repeat.least);
        if (most > max_repeats || most < repeat.least) {
            return bad_repeat("its numbers are above 1000 or the wrong way round");
        }
        if (follows_repeat) {
            return bad_repeat("what stands before it is repeated already");
        }
        if (size() == alternative_ + 1) {
            return bad_repeat("nothing stands before it");
        }
        const Instruction atom = program_.instructions.back();
        program_.instructions.pop_back();
        program_.is_anchored = program_.is_anchored && atom.operation != Operation::begin;
        program_.instructions.insert(program_.instructions.end(), repeat.least, atom);
        emit_optional(atom, repeat.most ? most - repeat.least : 1, !repeat.most);
        is_repeated_ = true;
        return {};
    }

    void emit_optional(const Instruction& atom, std::size_t times, bool is_endless) {
        for (; times > 0; --times) {
            const std::size_t start = size();
            emit(Operation::split, start + 1, start + (is_endless ? 3 : 2));
            program_.instructions.push_back(atom);
            if (is_endless) {
                emit(Operation::jump, start);
            }
        }
    }

    std::u32string_view rest_;
    Program program_;
    std::size_t alternative_ = 0;  // where the current one begins
    bool is_repeated_ = false;
};

}  // namespace

std::expected<Program, std::string> compile_expression(std::u32string_view expression) {
    return Compiler(expression).run();
}

}  // namespace slipway::ignore
