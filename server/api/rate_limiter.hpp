#pragma once

#include "server/http/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace slipway::api {

/// How often each client may ask: a bucket of ten seconds' worth for each, which fills again all
/// the time. Of at most so many clients; those beyond share one. One thread.
class RateLimiter {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit RateLimiter(std::size_t most_clients = 10000) : most_clients_(most_clients) {}

    struct Verdict {
        bool allowed = true;
        std::int64_t most = 0;  ///< at once; 0: there is no limit
        std::int64_t left = 0;
        std::chrono::seconds full_in{0
        };  ///< until the bucket is full; where not allowed: until one request is
    };

    /// Counts one request. `per_second`: 0: any.
    [[nodiscard]] Verdict take(std::string_view client, int per_second, Time now);

private:
    struct Bucket {
        double used = 0;  ///< requests that are not yet made good
        Time counted{};
    };

    Bucket& bucket_of(std::string_view client, int per_second, Time now);

    std::size_t most_clients_;
    std::unordered_map<std::string, Bucket> buckets_;
};

/// Adds RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), where there is a
/// limit.
void tell_limit(const RateLimiter::Verdict& verdict, http::Response& response);

/// 429 with Retry-After.
[[nodiscard]] http::Response too_many_requests(const RateLimiter::Verdict& verdict);

}  // namespace slipway::api
