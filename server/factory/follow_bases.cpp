#include "server/factory/follow_bases.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "core/model/retry.hpp"
#include "server/base/clock.hpp"
#include "server/base/credentials.hpp"
#include "server/base/log.hpp"
#include "server/base/run_blocking.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/jitter.hpp"
#include "server/factory/moved_bases.hpp"
#include "server/registry/credentials.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <expected>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

constexpr auto token = net::as_tuple(net::use_awaitable);
/// So soon a changed configuration counts, and a registry that was away is asked again.
constexpr std::chrono::minutes between_looks{1};
constexpr model::RetryPolicy while_away{
    .most_attempts = std::numeric_limits<int>::max(),
    .first = std::chrono::minutes(2),
    .longest = std::chrono::hours(1),
};

}  // namespace

BaseFollower::BaseFollower(
    const net::any_io_executor& executor,
    const config::LiveConfig& config,
    store::Store& store,
    registry::CredentialSource& credentials,
    registry::RegistryClient& registries,
    net::thread_pool& blocking,
    const Clock& clock,
    std::function<void()> wake,
    std::chrono::milliseconds pause
)
    : config_(config),
      store_(store),
      credentials_(credentials),
      registries_(registries),
      blocking_(blocking),
      clock_(clock),
      wake_(std::move(wake)),
      pause_(pause),
      timer_(executor) {}

net::awaitable<void> BaseFollower::run() {
    while (true) {
        co_await follow_all();
        timer_.expires_after(between_looks);
        co_await timer_.async_wait(token);
        const auto state = co_await net::this_coro::cancellation_state;
        if (state.cancelled() != net::cancellation_type::none) {
            co_return;
        }
    }
}

net::awaitable<void> BaseFollower::follow_all() {
    const auto leads = co_await store_.lead();
    if (!leads || !*leads) {
        co_return;
    }
    for (const config::Repository& repository : config_.current().repositories) {
        Due& due = due_[repository.name];
        const std::chrono::seconds interval = repository.follow_bases;
        if (interval.count() == 0 || (due.interval == interval && clock_.now() < due.next)) {
            due.interval = interval;
            continue;
        }
        const auto round = co_await follow(repository);
        due = {.next = clock_.now() + about(interval), .interval = interval};
        if (!round) {
            log::warning(
                "the bases of a repository can't be followed",
                {{"repository", repository.name}, {"reason", round.error().message}}
            );
        } else if (round->next) {
            due.next = std::min(due.next, *round->next);
        }
    }
}

net::awaitable<Result<BaseFollower::Round>> BaseFollower::follow(
    const config::Repository& repository
) {
    Round round{.seen = rfc3339(clock_.now()), .next = {}};
    const auto all = co_await find_uses(repository);
    if (!all) {
        co_return std::unexpected(all.error());
    }
    for (const auto& [reference, uses] : *all) {
        const auto parsed = model::parse_image_ref(reference);
        const Digest digest = co_await ask(parsed.value(), round);
        if (!digest) {
            continue;
        }
        const auto owed = co_await owe(repository, uses, *digest, round);
        if (!owed) {
            co_return std::unexpected(owed.error());
        }
    }
    const auto asked = co_await request_moved(store_, repository.name);
    if (!asked) {
        co_return std::unexpected(asked.error());
    }
    if (*asked > 0) {
        wake_();
    }
    co_return round;
}

net::awaitable<Result<BaseUses>> BaseFollower::find_uses(const config::Repository& repository) {
    store::LedgerQuery query;
    query.repository = repository.name;
    const auto entries = co_await read_ledger(store_, query);
    if (!entries) {
        co_return std::unexpected(entries.error());
    }
    const auto branches = co_await store_.branches(repository.name);
    if (!branches) {
        co_return std::unexpected(branches.error());
    }
    co_return find_base_uses(repository, *entries, *branches);
}

net::awaitable<BaseFollower::Digest> BaseFollower::ask(model::ImageRef reference, Round& round) {
    const auto away = away_.find(reference.domain);
    if (away != away_.end() && clock_.now() < away->second.next) {
        round.next = std::min(round.next.value_or(away->second.next), away->second.next);
        co_return Digest();
    }
    timer_.expires_at(may_ask_);
    co_await timer_.async_wait(token);
    const auto found = co_await ask_registry(reference);
    may_ask_ = std::chrono::steady_clock::now() + pause_;
    if (!found) {
        note_failure(reference, found.error(), round);
        co_return Digest();
    }
    if (away_.erase(reference.domain) > 0) {
        log::info("a registry answers again", {{"registry", reference.domain}});
    }
    co_return *found;
}

net::awaitable<Result<BaseFollower::Digest>> BaseFollower::ask_registry(model::ImageRef reference) {
    const std::string domain = reference.domain;
    const auto find = [this, &domain] { return credentials_.find(domain); };
    auto credentials = co_await run_blocking(blocking_, find);
    if (!credentials) {
        co_return fail_within("credentials for " + domain, credentials.error());
    }
    auto found = co_await registries_.find_digest(std::move(reference), *std::move(credentials));
    if (!found && found.error().code == ErrorCode::denied) {
        credentials_.forget(domain);
    }
    co_return found;
}

/// A base that is denied or gone is told of and looked for again the next time; only a registry
/// that is away, or wants to be left alone, is worth a wait of its own.
void BaseFollower::note_failure(
    const model::ImageRef& reference, const Error& error, Round& round
) {
    const bool is_away = error.code == ErrorCode::unavailable;
    const bool was_away = away_.contains(reference.domain);
    if (is_away) {
        Away& away = away_[reference.domain];
        const auto wait = model::next_wait(while_away, ++away.failures, random_share()).value();
        away.next = clock_.now() + std::max<std::chrono::milliseconds>(wait, error.retry_after);
        round.next = std::min(round.next.value_or(away.next), away.next);
    }
    if (!is_away || !was_away) {
        log::warning(
            "whether a base moved is unknown",
            {{"reference", to_string(reference)}, {"reason", error.message}}
        );
    }
}

net::awaitable<Result<void>> BaseFollower::owe(
    const config::Repository& repository,
    const std::vector<BaseUse>& uses,
    const std::string& digest,
    const Round& round
) {
    for (const BaseUse& use : uses) {
        if (use.digest == digest) {
            continue;
        }
        const auto owed = co_await store_.owe(
            repository.name,
            use.ref,
            use.folder,
            "its base " + use.written + " moved",
            moved_json(use, digest, round.seen)
        );
        if (!owed) {
            co_return owed;
        }
    }
    co_return Result<void>{};
}

}  // namespace slipway::factory
