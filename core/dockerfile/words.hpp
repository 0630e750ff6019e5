#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// An instruction's line cut into its parts.
struct Command {
    std::string_view keyword;        ///< as written
    std::vector<std::string> flags;  ///< `--name` or `--name=value`, quotes and escapes removed
    std::string_view rest;
};

[[nodiscard]] Command split_command(std::string_view line, char escape);

/// The words of an `ARG`: split at white space outside quotes, which stay, as they are read when
/// variables are expanded.
[[nodiscard]] std::vector<std::string> quoted_words(std::string_view text, char escape);

/// The fields of a `--mount`: one line of CSV. The error is what is wrong.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> csv_fields(std::string_view text
);

/// The strings of a JSON array; nothing if `text` is none, and BuildKit then takes it as plain
/// text. An array of anything else is an error.
[[nodiscard]] std::expected<std::optional<std::vector<std::string>>, std::string> json_strings(
    std::string_view text
);

}  // namespace slipway::dockerfile
