#include "core/ignore/ignore.hpp"

#include "core/base/source_error.hpp"
#include "core/base/utf8.hpp"
#include "core/ignore/clean_path.hpp"
#include "core/ignore/pattern.hpp"
#include "core/ignore/program.hpp"
#include "core/ignore/runes.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::ignore {

struct Patterns::Compiled {
    std::vector<Pattern> patterns;

    /// The number of the last pattern that decided that `path` matches; nothing where it doesn't.
    [[nodiscard]] std::optional<std::size_t> deciding(std::string_view path, Scratch& scratch)
        const {
        std::optional<std::size_t> decided;
        for (std::size_t i = 0; i < patterns.size(); ++i) {
            const bool could_change = patterns[i].is_exclusion == decided.has_value();
            if (could_change && ignore::matches(patterns[i], path, scratch)) {
                decided = patterns[i].is_exclusion ? std::nullopt : std::optional(i);
            }
        }
        return decided;
    }
};

namespace {

constexpr std::size_t max_text = std::size_t{1} << 20U;
constexpr std::size_t max_line = 65'535;           // Go's bufio.Scanner takes no longer one
constexpr std::size_t max_instructions = 100'000;  // of all patterns of a file

/// A pattern, and where it stands.
struct Line {
    std::string pattern;
    int number = 1;
    int column = 1;
};

/// Turns patterns into their compiled form, and what is wrong with them into errors.
class Collector {
public:
    explicit Collector(std::string_view path) : path_(path) {}

    void add(const Line& line) {
        auto compiled = compile_pattern(line.pattern);
        if (!compiled) {
            add_error(line, "pattern '" + shortened(line.pattern, 80) + "': " + compiled.error());
            return;
        }
        std::optional<Pattern> pattern = *std::move(compiled);
        if (!pattern) {
            return;
        }
        instructions_ += pattern->program.instructions.size();
        if (instructions_ > max_instructions) {
            add_error(
                line,
                "the patterns of this file are too large together: write fewer or shorter ones"
            );
            return;
        }
        patterns_.push_back(*std::move(pattern));
    }

    void add_error(const Line& line, std::string message) {
        errors_.push_back(
            {.path = path_,
             .line = line.number,
             .column = line.column,
             .message = std::move(message)}
        );
    }

    [[nodiscard]] std::shared_ptr<const Patterns::Compiled> compiled() {
        if (patterns_.empty() || !errors_.empty()) {
            return nullptr;
        }
        return std::make_shared<const Patterns::Compiled>(std::move(patterns_));
    }

    [[nodiscard]] std::vector<SourceError> errors() { return std::move(errors_); }

private:
    std::string path_;
    std::vector<Pattern> patterns_;
    std::vector<SourceError> errors_;
    std::size_t instructions_ = 0;
};

/// What ignorefile.ReadAll makes of a line that is neither a comment nor blank.
std::string normalise(std::string_view pattern) {
    const bool is_exclusion = pattern.starts_with('!');
    if (is_exclusion) {
        pattern = trim_space(pattern.substr(1));
    }
    std::string clean = pattern.empty() ? std::string() : clean_path(pattern);
    if (clean.size() > 1 && clean.starts_with('/')) {
        clean.erase(0, 1);
    }
    return is_exclusion ? "!" + clean : clean;
}

void add_line(Collector& collector, std::string_view text, int number) {
    if (text.size() > max_line) {
        collector.add_error(
            {.pattern = {}, .number = number, .column = 1},
            "the line is longer than 65535 bytes, which Docker does not read: make it shorter"
        );
        return;
    }
    const std::string_view pattern = trim_space(text);
    if (text.starts_with('#') || pattern.empty()) {
        return;
    }
    const auto column = static_cast<int>(pattern.data() - text.data()) + 1;
    collector.add({.pattern = normalise(pattern), .number = number, .column = column});
}

void add_text(Collector& collector, std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.size() > max_text) {
        collector.add_error({}, "the file is larger than 1 MiB: write fewer patterns");
        return;
    }
    text.remove_prefix(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        add_line(collector, text.substr(0, end), number);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

Patterns::Patterns() = default;

bool Patterns::empty() const {
    return compiled_ == nullptr;
}

std::size_t Patterns::size() const {
    return compiled_ == nullptr ? 0 : compiled_->patterns.size();
}

bool Patterns::matches(std::string_view path) const {
    Scratch scratch;
    return compiled_ != nullptr && compiled_->deciding(path, scratch).has_value();
}

bool Patterns::may_reinclude_below(std::string_view path) const {
    Scratch scratch;
    const auto decided = compiled_ == nullptr ? std::nullopt : compiled_->deciding(path, scratch);
    if (!decided) {
        return true;
    }
    // What comes before the pattern that decided is overruled by it below the folder, too.
    const auto& patterns = compiled_->patterns;
    return std::any_of(
        patterns.begin() + static_cast<std::ptrdiff_t>(*decided) + 1,
        patterns.end(),
        [&](const Pattern& pattern) {
            return pattern.is_exclusion && may_match_below(pattern, path, scratch);
        }
    );
}

ParsedIgnore parse_ignore(std::string_view text, std::string_view path) {
    Collector collector(path);
    add_text(collector, text);
    ParsedIgnore parsed;
    parsed.patterns.compiled_ = collector.compiled();
    parsed.errors = collector.errors();
    return parsed;
}

ParsedIgnore compile(const std::vector<std::string>& patterns, std::string_view path) {
    Collector collector(path);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        collector.add({.pattern = patterns[i], .number = static_cast<int>(i) + 1, .column = 1});
    }
    ParsedIgnore parsed;
    parsed.patterns.compiled_ = collector.compiled();
    parsed.errors = collector.errors();
    return parsed;
}

}  // namespace slipway::ignore
