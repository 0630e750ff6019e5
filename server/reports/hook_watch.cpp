#include "server/reports/hook_watch.hpp"

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/base/log.hpp"
#include "server/base/metrics.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/jitter.hpp"
#include "server/gitlab/gitlab_client.hpp"
#include "server/reports/reporter.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::reports {
namespace {

constexpr std::chrono::hours between_looks{1};
constexpr std::chrono::minutes at_least{10};
constexpr std::string_view our_path = "/webhooks/gitlab";

bool is_well(const HookHealth& health) {
    return health.hook && health.hook->alert_status == "executable";
}

/// What a person has to know; empty where all is well.
std::string complaint_of(const HookHealth& health) {
    if (!health.error.empty()) {
        return health.error;
    }
    if (!health.hook) {
        return "no webhook of the project leads to slipway";
    }
    if (is_well(health)) {
        return {};
    }
    const std::string until = health.hook->disabled_until;
    return "GitLab does not send to the webhook: " + health.hook->alert_status +
           (until.empty() ? "; test it on GitLab's page of webhooks" : " until " + until);
}

}  // namespace

const gitlab::Hook* find_ours(const std::vector<gitlab::Hook>& hooks, std::string_view public_url) {
    const std::string wanted = std::string(public_url) + std::string(our_path);
    const auto found = std::ranges::find_if(hooks, [&wanted](const gitlab::Hook& hook) {
        return hook.url.ends_with(wanted);
    });
    return found == hooks.end() ? nullptr : &*found;
}

HookWatch::HookWatch(
    const net::any_io_executor& executor,
    const config::LiveConfig& config,
    store::Store& store,
    gitlab::GitlabClient& gitlab,
    const Clock& clock,
    Metrics& metrics
)
    : config_(config),
      store_(store),
      gitlab_(gitlab),
      clock_(clock),
      metrics_(metrics),
      next_(executor) {}

net::awaitable<void> HookWatch::run() {
    while (true) {
        co_await look_at_all();
        next_.expires_after(factory::about(between_looks));
        co_await next_.async_wait(net::as_tuple(net::use_awaitable));
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
    }
}

void HookWatch::look_soon() {
    if (clock_.now() - looked_ >= at_least) {
        next_.cancel();
    }
}

net::awaitable<void> HookWatch::look_at_all() {
    const auto leads = co_await store_.lead();
    if (!leads || !*leads) {
        health_.clear();  // what it knew gets old
        co_return;
    }
    looked_ = clock_.now();
    const std::vector<config::Repository>& all = config_.current().repositories;
    std::erase_if(health_, [&all](const auto& known) {
        const auto found = std::ranges::find(all, known.first, &config::Repository::name);
        return found == all.end() || found->gitlab.token.empty();
    });
    for (const config::Repository& repository : all) {
        if (!repository.gitlab.token.empty()) {
            HookHealth health = co_await look_at(repository);
            tell(repository.name, std::move(health));
        }
    }
}

net::awaitable<HookHealth> HookWatch::look_at(const config::Repository& repository) {
    HookHealth health;
    health.asked = clock_.now();
    const gitlab::Project project = project_of(repository);
    const auto hooks = co_await gitlab_.hooks(project);
    if (!hooks) {
        health.error = hooks.error().message;
        co_return health;
    }
    const gitlab::Hook* const ours = find_ours(*hooks, config_.current().public_url);
    if (ours == nullptr) {
        co_return health;
    }
    health.hook = *ours;
    auto missed = co_await gitlab_.missed_deliveries(project, ours->id);
    if (missed) {
        health.missed = *std::move(missed);
    } else if (missed.error().code != ErrorCode::not_found) {  // an older GitLab keeps no log
        health.error = missed.error().message;
    }
    co_return health;
}

/// Logged when it changes.
void HookWatch::tell(const std::string& repository, HookHealth health) {
    const std::string now = complaint_of(health);
    const auto known = health_.find(repository);
    const std::string before = known == health_.end() ? "" : complaint_of(known->second);
    if (!now.empty() && now != before) {
        log::warning(
            "a webhook is not as it should be", {{"repository", repository}, {"reason", now}}
        );
    } else if (now.empty() && !before.empty()) {
        log::info("a webhook is as it should be again", {{"repository", repository}});
    }
    if (health.hook || health.error.empty()) {
        metrics_.hook_ok(repository, is_well(health));
    }
    health_[repository] = std::move(health);
}

}  // namespace slipway::reports
