#include "core/base/source_error.hpp"

#include "core/base/utf8.hpp"

#include <string>

namespace slipway {

std::string to_string(const SourceError& error) {
    return printable(error.path) + ":" + std::to_string(error.line) + ":" +
           std::to_string(error.column) + ": " + printable(error.message);
}

}  // namespace slipway
