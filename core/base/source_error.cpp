#include "core/base/source_error.hpp"

#include "core/base/utf8.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace slipway {

std::string to_string(const SourceError& error) {
    return printable(error.path) + ":" + std::to_string(error.line) + ":" +
           std::to_string(error.column) + ": " + printable(error.message);
}

void keep_first_errors(std::vector<SourceError>& errors) {
    constexpr std::size_t most = 100;
    if (errors.size() <= most) {
        return;
    }
    errors[most].message =
        "this and " + std::to_string(errors.size() - most - 1) + " more errors are not shown";
    errors.resize(most + 1);
}

}  // namespace slipway
