#pragma once

#include "core/base/result.hpp"
#include "server/client/http_exchange.hpp"

#include <string>

namespace slipway::gitlab {

/// GitLab's own words of an answer that is no success: its `message` or `error`, cut at 200
/// characters; empty where there are none that can be shown.
[[nodiscard]] std::string words_of(const client::HttpAnswer& answer);

/// Of an answer that is not what was asked for. Errors: see GitlabClient.
[[nodiscard]] Error to_error(const client::HttpAnswer& answer);

/// Whether it says that a status is already what it is to become.
[[nodiscard]] bool says_it_is_so_already(const client::HttpAnswer& answer);

}  // namespace slipway::gitlab
