#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::wire {

/// Makes lines of what a program prints, from pieces cut anywhere, also within a character.
///
/// - A line that overwrites itself (`10%\r20%\r…`, a progress bar) is reduced to its last state.
/// - A line longer than 64 KiB comes as several: a program that never ends its line must not fill
/// the memory.
/// - Lines are valid UTF-8 and hold no line end.
class LineAssembler {
public:
    /// The lines that `bytes` completes.
    [[nodiscard]] std::vector<std::string> append(std::string_view bytes);

    /// The line begun and not ended, if there is one.
    [[nodiscard]] std::optional<std::string> take_rest();

private:
    std::string pending_;
};

/// `text` as lines, for messages that may hold several; never none.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

}  // namespace slipway::wire
