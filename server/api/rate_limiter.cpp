#include "server/api/rate_limiter.hpp"

#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace slipway::api {
namespace {

constexpr std::int64_t window_seconds = 10;
// As a name no token has: it would have to be empty.
constexpr std::string_view everybody_else;

std::chrono::seconds whole_seconds(double seconds) {
    return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)));
}

}  // namespace

RateLimiter::Bucket& RateLimiter::bucket_of(std::string_view client, int per_second, Time now) {
    std::string name(client);
    if (const auto found = buckets_.find(name); found != buckets_.end()) {
        return found->second;
    }
    if (buckets_.size() >= most_clients_) {
        // NOLINTNEXTLINE(misc-include-cleaner): unordered_map has it
        std::erase_if(buckets_, [&](const auto& entry) {
            const std::chrono::duration<double> past = now - entry.second.counted;
            return past.count() * per_second >= entry.second.used;
        });
    }
    return buckets_
        [buckets_.size() < most_clients_ ? std::move(name) : std::string(everybody_else)];
}

RateLimiter::Verdict RateLimiter::take(std::string_view client, int per_second, Time now) {
    if (per_second == 0) {
        return {};
    }
    Bucket& bucket = bucket_of(client, per_second, now);
    const std::chrono::duration<double> past = now - bucket.counted;
    const double used = std::max(0.0, bucket.used - past.count() * per_second);
    const std::int64_t most = window_seconds * per_second;
    const bool allowed = used + 1 <= static_cast<double>(most);
    bucket = {.used = used + (allowed ? 1 : 0), .counted = now};
    const double over = bucket.used + 1 - static_cast<double>(most);
    return {
        .allowed = allowed,
        .most = most,
        .left = most - static_cast<std::int64_t>(std::ceil(bucket.used)),
        .full_in = whole_seconds((allowed ? bucket.used : over) / per_second),
    };
}

void tell_limit(const RateLimiter::Verdict& verdict, http::Response& response) {
    if (verdict.most == 0) {
        return;
    }
    response.headers.emplace_back(
        "RateLimit-Policy",
        "\"client\";q=" + std::to_string(verdict.most) + ";w=" + std::to_string(window_seconds)
    );
    response.headers.emplace_back(
        "RateLimit",
        "\"client\";r=" + std::to_string(verdict.left) +
            ";t=" + std::to_string(verdict.full_in.count())
    );
}

http::Response too_many_requests(const RateLimiter::Verdict& verdict) {
    http::Response response = http::problem(
        429,
        "too-many-requests",
        "Too many requests",
        "this client (a token, else an address) has asked more often than `limits` allows: wait, "
        "or have the server send events instead (/api/v1/events)"
    );
    response.headers.emplace_back(
        "Retry-After", std::to_string(std::max<std::int64_t>(1, verdict.full_in.count()))
    );
    return response;
}

}  // namespace slipway::api
