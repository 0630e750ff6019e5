#pragma once

#include "core/base/result.hpp"
#include "server/base/metrics.hpp"
#include "server/engine/engine_api.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {

namespace net = boost::asio;

/// What an operator may change while the daemon runs.
struct SeatSettings {
    std::size_t builds = 1;  ///< steps at the same time
    int weight = 1;          ///< an engine of weight 2 gets twice the steps of one of weight 1
    std::vector<std::string> labels{};
    bool draining = false;                                  ///< gets nothing new
    std::optional<engine::Builder> builder = std::nullopt;  ///< nothing: the engine's own choice
    std::string network{};           ///< of every RUN on it; empty: the engine's default
    std::uint64_t memory_bytes = 0;  ///< of a RUN, as the next two: see engine::BuildRequest
    int cpu_millis = 0;
    std::uint64_t shm_bytes = 0;
    std::chrono::seconds prune_after{0};  ///< see EngineCare; 0: nothing is ever removed
    std::uint64_t disk_bytes = 0;         ///< that the engine's data may use; 0: any
};

/// One configured engine, and what is known of it.
struct EngineSeat {
    std::string name;
    std::unique_ptr<engine::EngineApi> engine;
    SeatSettings settings{};
    std::optional<engine::EngineInfo> info{};  ///< of the last ping that was answered
    bool up = false;                           ///< the last ping was answered
    std::string reason{};  ///< why it is not up; empty: it is, or was not asked yet
    std::size_t busy = 0;  ///< steps that it has now
    /// Bytes that images and the build cache had when measure() asked last; nothing: not known.
    std::optional<std::uint64_t> disk_used{};
};

/// Which engines a piece of work can use.
struct Wish {
    std::vector<std::string> labels{};  ///< all of these
    std::string preferred{};  ///< has what the work needs: taken where it has a free place
    std::string avoided{};    ///< has no room: taken where no other one is up
    std::string only{};       ///< what the work needs is nowhere else: taken even while it drains
};

/// The configured engines, their places for steps, and who waits for one. On one thread.
class EnginePool {
public:
    /// `most_steps`: over all engines. `patience`: how long acquire() waits while no engine that
    /// fits is up; nothing: until one is.
    EnginePool(
        const net::any_io_executor& executor,
        std::vector<EngineSeat> seats,
        std::size_t most_steps,
        Metrics& metrics,
        std::optional<std::chrono::milliseconds> patience = std::nullopt
    );
    EnginePool(const EnginePool&) = delete;
    EnginePool& operator=(const EnginePool&) = delete;
    EnginePool(EnginePool&&) = delete;
    EnginePool& operator=(EnginePool&&) = delete;
    ~EnginePool() = default;

    /// A place on an engine while it lives.
    class Lease {
    public:
        Lease(EnginePool& pool, EngineSeat& seat) : pool_(&pool), seat_(&seat) {}

        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        Lease(Lease&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)), seat_(other.seat_) {}

        Lease& operator=(Lease&&) = delete;

        ~Lease() {
            if (pool_ != nullptr) {
                pool_->release(*seat_);
            }
        }

        [[nodiscard]] EngineSeat& seat() const { return *seat_; }

    private:
        EnginePool* pool_;
        EngineSeat* seat_;
    };

    /// Waits in turn for a place on an engine that fits: the one with the least to do for its
    /// weight. Errors: `cancelled`, `unavailable` (patience is over), `not_found` (`only` is not
    /// configured), `invalid` (no engine has the labels).
    [[nodiscard]] net::awaitable<Result<Lease>> acquire(Wish wish);

    /// Why nothing that fits can be had, however long one waits for a place; empty where something
    /// can.
    [[nodiscard]] std::string why_none(const Wish& wish) const;

    /// Asks an engine whether it is there: every 15 s while it is, with back-off while it is not.
    /// Until it is cancelled.
    [[nodiscard]] net::awaitable<void> watch(std::size_t seat);

    /// Asks an engine how much of its disk is used: every ten minutes, since it is slow to answer.
    /// Until it is cancelled.
    [[nodiscard]] net::awaitable<void> measure(std::size_t seat);

    /// Work failed as if the engine were away: it is asked now.
    void suspect(const EngineSeat& seat);

    /// Takes new settings; those of a name that is not here are ignored.
    void change(std::string_view name, SeatSettings settings);

    [[nodiscard]] const std::vector<EngineSeat>& seats() const { return seats_; }

    /// Grows with every change of what a seat shows.
    [[nodiscard]] std::uint64_t version() const { return version_; }

private:
    struct Waiting {
        const Wish& wish;
        net::steady_timer granted;  ///< cancelled once `seat` is set
        EngineSeat* seat = nullptr;
    };

    [[nodiscard]] Result<void> check(const Wish& wish) const;
    [[nodiscard]] EngineSeat* choose(const Wish& wish);
    [[nodiscard]] bool is_avoided(const EngineSeat& seat, const Wish& wish) const;
    void learn(EngineSeat& seat, Result<engine::EngineInfo> info);
    void hand_out();
    void release(EngineSeat& seat);

    std::vector<EngineSeat> seats_;
    std::vector<net::steady_timer> alarms_;  ///< one per seat: when it is asked next
    std::size_t most_steps_;
    std::size_t busy_ = 0;
    std::uint64_t version_ = 0;
    Metrics& metrics_;
    std::optional<std::chrono::milliseconds> patience_;
    std::list<Waiting*> waiting_;  ///< in turn
};

}  // namespace slipway::factory
