#pragma once

#include "core/base/result.hpp"

#include <string>
#include <string_view>

namespace slipway::engine {

/// What the words of an engine mean for us. The same fault has other words, and another HTTP
/// status, in each engine version.
using ReadWords = ErrorCode (*)(std::string_view words);

/// Of a push, a pull or a look into a registry: `denied`, `not_found`, `unavailable`, else
/// `failed`.
[[nodiscard]] ErrorCode read_registry_words(std::string_view words);

/// Of a build: `denied` or `unavailable` where a base could not be had or the engine itself broke
/// off, else `failed`. What a RUN printed or was called is never taken for the engine's own words.
[[nodiscard]] ErrorCode read_build_words(std::string_view words);

/// Of an answer that is not a success: the words first, then the status, which varies by engine
/// version.
[[nodiscard]] Error refusal(unsigned status, std::string_view body, ReadWords read);

}  // namespace slipway::engine
