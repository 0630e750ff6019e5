#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

struct Heredoc {
    std::string name;         ///< the line that ends it
    bool strip_tabs = false;  ///< `<<-`: tabs before the name don't count

    [[nodiscard]] bool ends_with_line(std::string_view line) const;
};

/// The heredocs that an instruction's line opens, in order; the error is what is wrong with a name.
[[nodiscard]] std::expected<std::vector<Heredoc>, std::string> heredocs_in(std::string_view line);

/// Whether a word of a COPY is a heredoc instead of a path.
[[nodiscard]] bool is_heredoc(std::string_view word);

}  // namespace slipway::dockerfile
