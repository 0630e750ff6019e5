#pragma once

#include "server/http/message.hpp"
#include "server/http/router.hpp"

namespace slipway::api {

/// Adds the dashboard: the page at `/` and at each of its views' addresses, and what it loads at
/// `/assets/…`. They hold nothing that is secret, and need no token: the page asks for one.
void add_page(http::Router& router);

/// The page. Everything is sent compressed: 406 to who does not take gzip. 404 in words where it
/// was left out of the build.
[[nodiscard]] http::Response show_page(const http::Request& request);

/// A file that the page loads, kept by browsers for a year: its name holds its content's hash.
[[nodiscard]] http::Response show_asset(const http::Request& request);

}  // namespace slipway::api
