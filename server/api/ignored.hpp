#pragma once

#include "server/config/config.hpp"

#include <string>

namespace slipway::api {

/// What a delivery told of.
struct Push {
    std::string event;  ///< as `push`
    std::string ref;
    std::string before;
    std::string after;  ///< empty: the event is no push
};

/// Why an authentic delivery makes no build; empty where it makes one.
[[nodiscard]] std::string reason_to_ignore(const config::Repository& repository, const Push& push);

}  // namespace slipway::api
