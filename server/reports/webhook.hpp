#pragma once

#include "core/base/result.hpp"
#include "server/base/trace_context.hpp"
#include "server/client/tls.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace slipway::reports {

namespace net = boost::asio;

/// A request as Standard Webhooks wants it (standardwebhooks.com).
struct Webhook {
    std::string url;
    std::string signing_key;  ///< `whsec_…`
    std::string id;           ///< of the message: the same with every attempt
    std::string body;
    std::optional<TraceContext> trace{};  ///< that it is part of
};

/// Sends one attempt, at most 15 s long; follows no redirect. `now`: of the attempt. `tls` outlives
/// it. Errors: `unavailable`: no answer, or one that is no success: worth another try; `failed`:
/// the receiver is gone for good (410), redirects, or the key is none.
[[nodiscard]] net::awaitable<Result<void>> send_webhook(
    client::TlsContexts& tls, Webhook webhook, std::chrono::sys_seconds now
);

}  // namespace slipway::reports
