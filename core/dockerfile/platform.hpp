#pragma once

#include <string_view>

namespace slipway::dockerfile {

/// Whether containerd's platforms package takes `text`: `os[(version)]`, `arch`, `os/arch` or
/// `os/arch/variant`.
[[nodiscard]] bool is_platform(std::string_view text);

}  // namespace slipway::dockerfile
