#include "server/api/board.hpp"

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/api/event_ring.hpp"
#include "server/api/picture.hpp"
#include "server/api/sse.hpp"
#include "server/base/metrics.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"
#include "server/store/timed.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int newest_deliveries = 20;
constexpr Clock::duration longest_pause = std::chrono::seconds(2);

std::string random_boot() {
    std::random_device random;
    const std::uint64_t number = (std::uint64_t{random()} << 32U) + random();
    return std::to_string(number);
}

/// Without the newline at its end.
std::string_view line_of(std::string_view body) {
    return body.substr(0, body.size() - 1);
}

/// 0: not known, or any.
ordered_json bytes_json(std::uint64_t bytes) {
    return bytes == 0 ? ordered_json() : ordered_json(bytes);
}

ordered_json engine_json(const factory::EngineSeat& seat) {
    return {
        {"name", seat.name},
        {"up", seat.up},
        {"reason", seat.reason.empty() ? ordered_json() : ordered_json(seat.reason)},
        {"draining", seat.settings.draining},
        {"steps", seat.busy},
        {"most_steps", seat.settings.builds},
        {"disk_bytes", bytes_json(seat.disk_used.value_or(0))},
        {"most_disk_bytes", bytes_json(seat.settings.disk_bytes)},
        {"version", seat.info ? ordered_json(seat.info->engine_version) : ordered_json()},
        {"api_version", seat.info ? ordered_json(seat.info->api_version) : ordered_json()},
    };
}

ordered_json engines_json(const factory::EnginePool& engines) {
    ordered_json json = ordered_json::array();
    for (const factory::EngineSeat& seat : engines.seats()) {
        json.push_back(engine_json(seat));
    }
    return json;
}

ordered_json repositories_json(const config::Config& config) {
    ordered_json json = ordered_json::array();
    for (const config::Repository& repository : config.repositories) {
        json.push_back({{"name", repository.name}, {"project", repository.project}});
    }
    return json;
}

}  // namespace

/// One picture being made: whatever becomes of it, those who wait look again.
class Board::Making {
public:
    explicit Making(Board& board) : board_(board) { board_.making_ = true; }

    Making(const Making&) = delete;
    Making& operator=(const Making&) = delete;
    Making(Making&&) = delete;
    Making& operator=(Making&&) = delete;

    ~Making() {
        board_.making_ = false;
        board_.changed_.cancel();
    }

private:
    Board& board_;
};

Board::Board(
    const net::any_io_executor& executor,
    const config::LiveConfig& config,
    store::Store& store,
    const factory::EnginePool& engines,
    Metrics& metrics,
    BoardOptions options
)
    : config_(config),
      store_(store),
      engines_(engines),
      metrics_(metrics),
      options_(options),
      ring_(random_boot()),
      changed_(executor) {
    changed_.expires_at(Clock::time_point::max());
}

std::shared_ptr<const Picture> Board::current() const {
    return shows(moment()) && !is_old() ? picture_ : nullptr;
}

net::awaitable<Result<std::shared_ptr<const Picture>>> Board::now() {
    const Moment wanted = moment();
    const Clock::time_point asked = Clock::now();
    const std::uint64_t failures = failures_;
    while (!shows(wanted) || (is_old() && made_ < asked)) {
        if (making_) {
            co_await changed_.async_wait(net::as_tuple(net::use_awaitable));
            // A store that is away is not asked anew by each who waits.
            if (failures_ != failures) {
                co_return std::unexpected(failure_);
            }
            continue;
        }
        const Result<void> made = co_await make();
        if (!made) {
            ++failures_;
            failure_ = made.error();
            co_return std::unexpected(failure_);
        }
    }
    co_return picture_;
}

/// What happens while a picture is made does not count, else none would ever do on a busy day.
bool Board::shows(const Moment& wanted) const {
    return picture_ && moment_.store >= wanted.store && moment_.engines >= wanted.engines &&
           moment_.configs >= wanted.configs && moment_.touches >= wanted.touches;
}

Board::Moment Board::moment() const {
    return {
        .store = store_.version(),
        .engines = engines_.version(),
        .configs = config_.version(),
        .touches = touches_,
    };
}

bool Board::is_old() const {
    return options_.oldest && Clock::now() - made_ > *options_.oldest;
}

net::awaitable<Result<void>> Board::make() {
    const Making making(*this);
    co_await pause();
    const Clock::time_point began = Clock::now();
    const Moment begun = moment();
    const auto snapshot = co_await store::timed(metrics_, "snapshot", store_.snapshot());
    if (!snapshot) {
        co_return std::unexpected(snapshot.error());
    }
    store::DeliveryQuery newest;
    newest.limit = newest_deliveries;
    const auto deliveries = co_await store_.deliveries(newest);
    if (!deliveries) {
        co_return std::unexpected(deliveries.error());
    }
    const ordered_json repositories = repositories_json(config_.current());
    const ordered_json engines = engines_json(engines_);
    const DaemonFacts daemon{.repositories = repositories, .engines = engines};
    Picture picture = make_picture(daemon, *snapshot, *deliveries);
    const Result<void> complete = co_await add_lost(&picture);
    if (!complete) {
        co_return complete;
    }
    publish(std::move(picture));
    moment_ = begun;
    made_ = Clock::now();
    took_ = made_ - began;
    co_return Result<void>{};
}

net::awaitable<void> Board::pause() {
    const Clock::duration least = options_.least_pause;
    const auto until = made_ + std::max(least, std::min(4 * took_, longest_pause));
    if (!picture_ || until <= Clock::now()) {
        co_return;
    }
    net::steady_timer timer(co_await net::this_coro::executor);
    timer.expires_at(until);
    co_await timer.async_wait(net::as_tuple(net::use_awaitable));
}

/// A build's last steps end with it, and then it is not among those that run any more.
net::awaitable<Result<void>> Board::add_lost(Picture* picture) {
    const std::shared_ptr<const Picture> before = picture_;
    if (!before) {
        co_return Result<void>{};
    }
    for (const BuildId id : lost_builds(before->facts, picture->facts)) {
        const auto build = co_await store_.build(id);
        if (build) {
            add_build(picture->facts, *build);
        } else if (build.error().code != ErrorCode::not_found) {
            co_return std::unexpected(build.error());
        }
    }
    co_return Result<void>{};
}

void Board::publish(Picture picture) {
    const std::shared_ptr<const Picture> before =
        std::exchange(picture_, std::make_shared<const Picture>(std::move(picture)));
    snapshot_event_ = nullptr;
    if (before && !ring_.add(differences(before->facts, picture_->facts))) {
        ring_.add_one(EventKind::snapshot, line_of(*picture_->body));
    }
}

http::Piece Board::snapshot_event() {
    if (picture_ && !snapshot_event_) {
        snapshot_event_ = std::make_shared<const std::string>(event_text(
            to_string(EventKind::snapshot), ring_.id(ring_.next() - 1), line_of(*picture_->body)
        ));
    }
    return snapshot_event_;
}

std::unique_ptr<Board::Place> Board::take_place() {
    return readers_ < options_.most_readers ? std::make_unique<Place>(*this) : nullptr;
}

}  // namespace slipway::api
