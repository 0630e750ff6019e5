#pragma once

#include "core/dockerfile/directives.hpp"
#include "core/dockerfile/heredoc.hpp"
#include "core/dockerfile/problems.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace slipway::dockerfile {

/// An instruction with its continuation lines joined.
struct LogicalLine {
    std::string text;
    Place place;  ///< of its first line's first character that is no white space
};

/// Reads a Dockerfile's instructions: comments, empty lines, directives and continuations are dealt
/// with here.
class LineReader {
public:
    /// Both must outlive the reader.
    LineReader(std::string_view text, Problems& problems);

    [[nodiscard]] std::optional<LogicalLine> next();

    /// Reads on to the line after `heredoc`, whose text it gives; nothing if the file ends before.
    [[nodiscard]] std::optional<std::string> read_heredoc(const Heredoc& heredoc);

    [[nodiscard]] char escape() const { return directives_.escape(); }

    /// Of the last line that was read; 0 before the first.
    [[nodiscard]] int line() const { return line_; }

private:
    std::string_view rest_;
    Problems& problems_;
    Directives directives_;
    int line_ = 0;

    [[nodiscard]] std::optional<std::string_view> next_physical();
    [[nodiscard]] std::optional<LogicalLine> start_line(std::string_view raw, bool& continues);
    void join_continuations(std::string& text);
    [[nodiscard]] bool cut_continuation(std::string_view& line) const;
};

}  // namespace slipway::dockerfile
