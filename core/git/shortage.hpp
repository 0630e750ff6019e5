#pragma once

#include <string_view>

namespace slipway::git {

/// What to do where libgit2's words tell that this machine lacks something now: room on a disk,
/// memory, threads, descriptors. Such a thing may be there again, so what was being done is worth
/// another try. Empty: they tell of something else.
[[nodiscard]] std::string_view advice_on_shortage(std::string_view words);

}  // namespace slipway::git
