#include "core/ignore/translation.hpp"

#include "core/ignore/runes.hpp"

#include <string>
#include <string_view>

namespace slipway::ignore {
namespace {

constexpr char32_t byte_order_mark = 0xfeff;

/// `{`, `|` and `}` belong here too, but the bitmap of 64 bits that moby keeps has no room for
/// them: `a|*` is therefore an alternative. The same goes for `^`, which moby leaves out on
/// purpose.
constexpr std::u32string_view escaped = U".+()$";

class Translator {
public:
    explicit Translator(std::u32string_view pattern) : rest_(pattern) {}

    Translation run() {
        for (is_first_ = true; !rest_.empty(); is_first_ = false) {
            translate_next();
        }
        if (kind_ == MatchKind::expression) {
            return {.kind = kind_, .expression = expression_ + U"$"};
        }
        return {.kind = kind_, .expression = {}};
    }

private:
    bool take(char32_t wanted) {
        if (!rest_.starts_with(wanted)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    void append_expression(std::u32string_view text) {
        expression_ += text;
        kind_ = MatchKind::expression;
    }

    void translate_next() {
        const char32_t rune = rest_.front();
        rest_.remove_prefix(1);
        if (rune == U'*' && take(U'*')) {
            translate_two_stars();
        } else if (rune == U'*') {
            append_expression(U"[^/]*");
        } else if (rune == U'?') {
            append_expression(U"[^/]");
        } else if (rune == U'\\') {
            translate_escape();
        } else {
            expression_ += escaped.contains(rune) ? U"\\" : U"";
            expression_ += rune;
            kind_ = rune == U'[' || rune == U']' ? MatchKind::expression : kind_;
        }
    }

    void translate_two_stars() {
        take(U'/');
        if (!rest_.empty()) {
            append_expression(U"(.*/)?");
        } else if (kind_ == MatchKind::exact) {
            kind_ = MatchKind::prefix;
        } else {
            append_expression(U".*");
        }
        if (is_first_) {
            kind_ = MatchKind::suffix;
        }
    }

    void translate_escape() {
        expression_ += U'\\';
        if (!rest_.empty()) {
            append_expression(rest_.substr(0, 1));
            rest_.remove_prefix(1);
        }
    }

    std::u32string_view rest_;
    std::u32string expression_ = U"^";
    MatchKind kind_ = MatchKind::exact;
    bool is_first_ = true;
};

}  // namespace

Translation translate(std::string_view pattern) {
    const std::u32string runes = to_runes(pattern);
    std::u32string_view rest = runes;
    if (rest.starts_with(byte_order_mark)) {
        rest.remove_prefix(1);  // Go's text/scanner leaves it out
    }
    return Translator(rest).run();
}

}  // namespace slipway::ignore
