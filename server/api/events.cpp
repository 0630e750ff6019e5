#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/board.hpp"
#include "server/api/event_ring.hpp"
#include "server/api/handlers.hpp"
#include "server/api/sse.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace slipway::api {
namespace {

using Clock = std::chrono::steady_clock;

/// One reader of the events. What it has not got yet stays in the board's ring.
struct EventReader {
    Board& board;
    std::unique_ptr<Board::Place> place;
    std::int64_t next = 0;    // number of the event that it gets next
    bool is_resumed = false;  // it has had its snapshot, perhaps in an earlier connection
    bool is_over = false;
    Clock::time_point spoke = Clock::now();
};

http::Piece end(EventReader& reader, const char* reason) {
    reader.is_over = true;
    return end_event(reason);
}

/// What there is to be said now; null: nothing.
http::Piece take(EventReader& reader) {
    if (reader.board.is_closed()) {
        return end(reader, "shutdown");
    }
    if (!std::exchange(reader.is_resumed, true)) {
        reader.next = reader.board.events().next();
        return reader.board.snapshot_event();
    }
    if (!reader.board.events().holds(reader.next)) {
        return end(reader, "slow");
    }
    return reader.board.events().take(&reader.next);
}

net::awaitable<http::Piece> next_piece(std::shared_ptr<EventReader> reader) {
    net::steady_timer timer(co_await net::this_coro::executor);
    while (!reader->is_over) {
        // A store that is away tells of no change; it is asked again.
        co_await reader->board.now();
        const http::Piece piece = take(*reader);
        const bool is_quiet = Clock::now() - reader->spoke >= reader->board.options().heartbeat;
        if (piece || is_quiet) {
            reader->spoke = Clock::now();
            co_return piece ? piece : heartbeat();
        }
        timer.expires_after(between_looks);
        co_await timer.async_wait(net::as_tuple(net::use_awaitable));
    }
    co_return http::Piece();
}

}  // namespace

net::awaitable<http::Response> stream_events(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    Board& board = context.board;
    std::unique_ptr<Board::Place> place = board.take_place();
    if (board.is_closed() || !place) {
        co_return no_stream(board.is_closed());
    }
    const auto picture = co_await board.now();
    if (!picture) {
        co_return http::problem(picture.error());
    }
    auto reader = std::make_shared<EventReader>(board, std::move(place));
    if (const auto next = board.events().place_after(request.header("last-event-id"))) {
        reader->next = *next;
        reader->is_resumed = true;
    }
    co_return event_stream([reader] { return next_piece(reader); });
}

}  // namespace slipway::api
