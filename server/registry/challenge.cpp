#include "server/registry/challenge.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::registry {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// RFC 9110 §5.6.2.
bool is_token_character(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.contains(c);
}

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return text;
}

// Whether a word is a scheme or the name of a parameter shows only behind it: an `=` follows a
// name.
class Reader {
public:
    explicit Reader(std::string_view field) : rest_(field) {}

    std::vector<Challenge> read() {
        for (skip_separators(); !rest_.empty(); skip_separators()) {
            const std::string word = lower_case(take_word());
            if (word.empty() || !read_after(word)) {
                break;
            }
        }
        return std::move(challenges_);
    }

private:
    // False where the field is broken.
    bool read_after(const std::string& word) {
        const bool apart = skip_blanks();
        if (!rest_.starts_with('=')) {
            challenges_.push_back({.scheme = word, .parameters = {}});
            return apart ? skip_token68() : rest_.empty() || rest_.front() == ',';
        }
        rest_.remove_prefix(1);
        skip_blanks();
        std::optional<std::string> value =
            rest_.starts_with('"') ? take_quoted() : std::optional(take_word());
        if (challenges_.empty() || !value) {
            return false;
        }
        challenges_.back().parameters.try_emplace(word, *std::move(value));
        return true;
    }

    // It has no name and ends, unlike a parameter, at a comma or the field's end. Always true.
    bool skip_token68() {
        const auto stays = [](char c) {
            constexpr std::string_view marks = "-._~+/";
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.contains(c);
        };
        const auto end_of_word = std::ranges::find_if_not(rest_, stays);
        const auto end = std::find_if_not(end_of_word, rest_.end(), [](char c) {
            return c == '=' || is_blank(c);
        });
        if (end_of_word != rest_.begin() && (end == rest_.end() || *end == ',')) {
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
        }
        return true;
    }

    bool skip_blanks() {
        const std::size_t size = rest_.size();
        while (!rest_.empty() && is_blank(rest_.front())) {
            rest_.remove_prefix(1);
        }
        return rest_.size() < size;
    }

    void skip_separators() {
        while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == ',')) {
            rest_.remove_prefix(1);
        }
    }

    std::string take_word() {
        const auto end = std::ranges::find_if_not(rest_, is_token_character);
        const std::string word(rest_.begin(), end);
        rest_.remove_prefix(word.size());
        return word;
    }

    // RFC 9110 §5.6.4; nothing where the closing quote is missing.
    std::optional<std::string> take_quoted() {
        std::string value;
        bool escaped = false;
        for (std::size_t at = 1; at < rest_.size(); ++at) {
            const char c = rest_[at];
            if (c == '"' && !escaped) {
                rest_.remove_prefix(at + 1);
                return value;
            }
            escaped = c == '\\' && !escaped;
            if (!escaped) {
                value += c;
            }
        }
        return std::nullopt;
    }

    std::string_view rest_;
    std::vector<Challenge> challenges_;
};

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found != parameters.end() ? found->second : std::string();
}

std::vector<Challenge> parse_challenges(std::string_view field) {
    return Reader(field).read();
}

std::optional<Challenge> choose_challenge(const std::vector<Challenge>& offered) {
    constexpr std::array<std::string_view, 2> known{"bearer", "basic"};
    for (const std::string_view scheme : known) {
        const auto found = std::ranges::find(offered, scheme, &Challenge::scheme);
        if (found != offered.end()) {
            return *found;
        }
    }
    return std::nullopt;
}

}  // namespace slipway::registry
