#pragma once

#include "core/base/result.hpp"
#include "server/api/event_ring.hpp"
#include "server/api/picture.hpp"
#include "server/base/metrics.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/http/message.hpp"
#include "server/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace slipway::api {

namespace net = boost::asio;

struct BoardOptions {
    /// A picture is older than that at most; nothing: the store's version tells of every change, as
    /// it does where no other process writes.
    std::optional<std::chrono::milliseconds> oldest{};
    /// Between two pictures, at least; also four times what the last one took, so that many changes
    /// are not the end of all other work.
    std::chrono::milliseconds least_pause{50};
    std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
    std::size_t most_readers = 512;  ///< of events and logs
};

/// What the status endpoint and the event stream show: the present picture, swapped for a new one
/// when somebody looks and something has changed, and the events between pictures. Nothing is done
/// while nobody looks. One thread.
class Board {
public:
    Board(
        const net::any_io_executor& executor,
        const config::LiveConfig& config,
        store::Store& store,
        const factory::EnginePool& engines,
        Metrics& metrics,
        BoardOptions options = {}
    );
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;
    Board(Board&&) = delete;
    Board& operator=(Board&&) = delete;
    ~Board() = default;

    /// The picture where it shows all that is known to have changed, else null: without a wait.
    [[nodiscard]] std::shared_ptr<const Picture> current() const;

    /// The same, made anew where it has to be: one at a time for all who wait. Errors: the store's.
    [[nodiscard]] net::awaitable<Result<std::shared_ptr<const Picture>>> now();

    /// The newest one that there is, however old; null: none was ever made.
    [[nodiscard]] const std::shared_ptr<const Picture>& last() const { return picture_; }

    /// Something that the store's version does not tell of has changed: a delivery that makes no
    /// build.
    void touch() { ++touches_; }

    /// The events up to the picture that now() gave last.
    [[nodiscard]] const EventRing& events() const { return ring_; }

    /// The picture's `snapshot` event: the first one that a reader gets.
    [[nodiscard]] http::Piece snapshot_event();

    /// All streams end.
    void close() { closed_ = true; }

    [[nodiscard]] bool is_closed() const { return closed_; }

    /// A reader of a stream, as long as it lives; null where there are too many.
    class Place {
    public:
        explicit Place(Board& board) : board_(board) { ++board_.readers_; }

        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        Place(Place&&) = delete;
        Place& operator=(Place&&) = delete;

        ~Place() { --board_.readers_; }

    private:
        Board& board_;
    };

    [[nodiscard]] std::unique_ptr<Place> take_place();

    [[nodiscard]] const BoardOptions& options() const { return options_; }

private:
    /// What a picture is of.
    struct Moment {
        std::uint64_t store = 0;
        std::uint64_t engines = 0;
        std::size_t configs = 0;
        std::uint64_t touches = 0;
    };

    class Making;

    [[nodiscard]] Moment moment() const;
    [[nodiscard]] bool is_old() const;
    [[nodiscard]] bool shows(const Moment& wanted) const;
    net::awaitable<Result<void>> make();
    net::awaitable<void> pause();
    net::awaitable<Result<void>> add_lost(Picture* picture);
    void publish(Picture picture);

    const config::LiveConfig& config_;
    store::Store& store_;
    const factory::EnginePool& engines_;
    Metrics& metrics_;
    const BoardOptions options_;
    EventRing ring_;
    std::shared_ptr<const Picture> picture_;  // null: none was ever made
    http::Piece snapshot_event_;              // of the picture, once it was asked for
    Moment moment_;                           // of the picture
    std::chrono::steady_clock::time_point made_;
    std::chrono::steady_clock::duration took_{};
    net::steady_timer changed_;  // its cancellation says: a picture was made, or could not be
    bool making_ = false;
    std::uint64_t failures_ = 0;
    Error failure_;  // the last one
    std::uint64_t touches_ = 0;
    bool closed_ = false;
    std::size_t readers_ = 0;
};

}  // namespace slipway::api
