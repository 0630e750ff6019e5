#pragma once

#include <compare>
#include <string>
#include <vector>

namespace slipway {

/// Something wrong in a file of the repository, at the place where its owner must look.
struct SourceError {
    std::string path;  ///< from the repository's root, `/` between names
    int line = 1;      ///< from 1
    int column = 1;    ///< from 1, in bytes
    std::string message;

    auto operator<=>(const SourceError&) const = default;
};

/// `path:line:column: message`, as compilers print it and editors read it; on one line, for a
/// terminal (printable()).
[[nodiscard]] std::string to_string(const SourceError& error);

/// Leaves the first hundred of a file's errors, and one that counts the others: nobody reads more,
/// and a hostile file has as many as it has bytes.
void keep_first_errors(std::vector<SourceError>& errors);

}  // namespace slipway
