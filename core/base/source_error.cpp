#include "core/base/source_error.hpp"

#include <string>

namespace slipway {

std::string to_string(const SourceError& error) {
    return error.path + ":" + std::to_string(error.line) + ":" + std::to_string(error.column) +
           ": " + error.message;
}

}  // namespace slipway
