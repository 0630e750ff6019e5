#include "server/base/environment.hpp"

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

std::optional<std::string> variable(std::string_view name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing of ours sets variables
    const char* const value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace slipway
