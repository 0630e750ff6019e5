#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// The bytes of the white space character that `text` starts with; 0 if it starts with another one.
/// Unicode's white space, as BuildKit trims it: a no-break space pasted before an instruction does
/// no harm.
[[nodiscard]] std::size_t space_at_start(std::string_view text);

[[nodiscard]] std::string_view trim_left(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);

/// What BuildKit separates an instruction's words by: `[\t\v\f\r ]`.
[[nodiscard]] bool is_blank(char c);

/// The texts between runs of blanks; a run at either end leaves an empty one there. At most `limit`
/// of them.
[[nodiscard]] std::vector<std::string_view> split_blanks(
    std::string_view text, std::size_t limit = std::string_view::npos
);

/// ASCII only: what Unicode would fold can't be part of a keyword or stage name.
[[nodiscard]] std::string to_lower(std::string_view text);

/// `"text"`, shortened where it is too long for a message.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace slipway::dockerfile
