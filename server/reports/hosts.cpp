#include "server/reports/hosts.hpp"

#include "core/base/result.hpp"
#include "server/client/web_address.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace slipway::reports {
namespace {

/// Who would wait longer comes back later.
constexpr std::chrono::seconds longest_turn{5};
constexpr std::chrono::seconds longest_held = std::chrono::hours(6);

}  // namespace

Hosts::Turn Hosts::turn(const std::string& host) {
    const store::Time now = clock_.now();
    if (const auto held = held_.find(host); held != held_.end()) {
        if (held->second > now) {
            return {.held_until = held->second};
        }
        held_.erase(held);
    }
    if (const auto until = breakers_.ask(host)) {
        return {.held_until = until};
    }
    store::Time& next = next_[host];
    const store::Time mine = std::max(next, now);
    if (mine - now > longest_turn) {
        return {.held_until = mine};
    }
    next = mine + spacing_;
    return {.wait = mine - now};
}

void Hosts::note(const std::string& host, const Result<void>& tried) {
    const bool is_away = !tried && tried.error().code == ErrorCode::unavailable;
    if (!is_away) {
        breakers_.worked(host);
        return;
    }
    if (tried.error().retry_after.count() > 0) {
        held_[host] = clock_.now() + std::min(tried.error().retry_after, longest_held);
        return;
    }
    breakers_.failed(host);
}

std::string host_of(std::string_view url) {
    const auto parsed = client::parse_web_url(url);
    return parsed ? client::authority_of(*parsed) : std::string(url);
}

}  // namespace slipway::reports
