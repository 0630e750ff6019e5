#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/board.hpp"
#include "server/api/build_json.hpp"
#include "server/api/handlers.hpp"
#include "server/api/query.hpp"
#include "server/api/sse.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_at_once = 262144;
// How long a step's state may be looked at that the store's version does not tell of.
constexpr std::chrono::seconds oldest_state{5};

/// One reader of a step's log.
struct LogReader {
    store::Store& store;
    Board& board;
    std::unique_ptr<Board::Place> place;
    BuildId build;
    int position = 0;
    std::int64_t offset = 0;             // of the first byte that it has not got
    std::optional<store::Step> final{};  // no line comes behind what is stored now
    std::uint64_t version = 0;           // of the store when the step was looked at
    Clock::time_point looked{};
    bool is_over = false;
    Clock::time_point spoke = Clock::now();
};

/// An id is where the log goes on behind the line.
void append_line(std::string& events, std::string_view line, std::int64_t behind) {
    const nlohmann::ordered_json json = {{"text", line}};
    std::string data = to_text(json);
    data.pop_back();
    events += event_text("line", std::to_string(behind), data);
}

/// Whole lines of a text that begins at the reader's offset, and what is left at the end of a log;
/// null: there is none.
http::Piece lines_of(LogReader& reader, std::string_view text) {
    std::string events;
    while (!text.empty() && events.size() < most_at_once) {
        const std::size_t feed = text.find('\n');
        if (feed == std::string_view::npos && !reader.final) {
            break;
        }
        const std::size_t bytes = feed == std::string_view::npos ? text.size() : feed + 1;
        reader.offset += static_cast<std::int64_t>(bytes);
        append_line(events, text.substr(0, std::min(feed, bytes)), reader.offset);
        text.remove_prefix(bytes);
    }
    return events.empty() ? nullptr : std::make_shared<const std::string>(std::move(events));
}

http::Piece end_of_step(LogReader& reader) {
    reader.is_over = true;
    std::string data = to_text(to_json(*reader.final));
    data.pop_back();
    return std::make_shared<const std::string>(event_text("end", "", data));
}

http::Piece end(LogReader& reader, const char* reason) {
    reader.is_over = true;
    return end_event(reason);
}

bool is_worth_a_look(const LogReader& reader) {
    return reader.version != reader.store.version() || Clock::now() - reader.looked > oldest_state;
}

/// Null: nothing to say of it, but what is stored may be more than it was.
net::awaitable<http::Piece> look_at_step(std::shared_ptr<LogReader> reader) {
    reader->version = reader->store.version();
    reader->looked = Clock::now();
    auto build = co_await reader->store.build(reader->build);
    if (!build) {
        co_return build.error().code == ErrorCode::not_found ? end(*reader, "gone") : nullptr;
    }
    store::Step& step = build->steps.at(static_cast<std::size_t>(reader->position));
    if (model::is_final(step.state)) {
        reader->final = std::move(step);
    }
    co_return nullptr;
}

/// What there is to be said now; null: nothing.
net::awaitable<http::Piece> take(std::shared_ptr<LogReader> reader) {
    if (reader->board.is_closed()) {
        co_return end(*reader, "shutdown");
    }
    // The state first: a step's log is complete before its last state is written.
    if (!reader->final && is_worth_a_look(*reader)) {
        http::Piece gone = co_await look_at_step(reader);
        if (gone) {
            co_return gone;
        }
    }
    const auto text = co_await reader->store.log(reader->build, reader->position, reader->offset);
    if (!text) {
        co_return nullptr;
    }
    http::Piece lines = lines_of(*reader, *text);
    co_return !lines && reader->final ? end_of_step(*reader) : std::move(lines);
}

net::awaitable<http::Piece> next_piece(std::shared_ptr<LogReader> reader) {
    net::steady_timer timer(co_await net::this_coro::executor);
    while (!reader->is_over) {
        const http::Piece piece = co_await take(reader);
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

/// Where the reader goes on: behind the last line that it had, else at `?offset=`.
std::optional<std::int64_t> offset_of(const http::Request& request) {
    const std::string_view last = request.header("last-event-id");
    return last.empty() ? number_of(request, "offset", 0) : parse_number(last);
}

}  // namespace

net::awaitable<http::Response> stream_log(
    Context& context, http::Request request, http::PathValues values
) {
    const auto id = parse_number(values["id"]);
    const auto step = parse_number(values["step"]);
    const auto offset = offset_of(request);
    if (!offset) {
        co_return bad_query(request.header("last-event-id").empty() ? "offset" : "Last-Event-ID");
    }
    if (!id || !step || *step > std::numeric_limits<int>::max()) {
        co_return no_such_step();
    }
    const auto build = co_await context.store.build(BuildId{*id});
    if (!build && build.error().code != ErrorCode::not_found) {
        co_return http::problem(build.error());
    }
    if (!build || static_cast<std::size_t>(*step) >= build->steps.size()) {
        co_return no_such_step();
    }
    std::unique_ptr<Board::Place> place = context.board.take_place();
    if (context.board.is_closed() || !place) {
        co_return no_stream(context.board.is_closed());
    }
    auto reader = std::make_shared<LogReader>(
        context.store,
        context.board,
        std::move(place),
        BuildId{*id},
        static_cast<int>(*step),
        *offset
    );
    co_return event_stream([reader] { return next_piece(reader); });
}

}  // namespace slipway::api
