#pragma once

#include <string_view>

namespace slipway::api {

/// openapi.json as it was when this was built.
extern const std::string_view openapi_document;

}  // namespace slipway::api
