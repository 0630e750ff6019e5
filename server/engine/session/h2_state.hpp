#pragma once

#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/h2_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace slipway::engine::session {

struct SessionDeleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

/// One call of the peer.
struct Stream {
    Event call;
    bool told = false;  // of the call, so its end is told as well
    std::size_t header_size = 0;
    MessageReader reader;
    std::size_t backlog = 0;  // of messages not taken
    std::size_t held = 0;     // of the window, until the backlog is small again
    std::string out;
    std::size_t out_at = 0;
    bool answering = false;  // the response's header is submitted
    bool finished = false;
    Status status;
};

/// What lies behind an H2Connection: the library's session and its streams.
struct H2State {
    std::unique_ptr<nghttp2_session, SessionDeleter> session;
    std::map<std::int32_t, Stream> streams;
    std::vector<Event> events;
    bool broken = false;

    Stream* find(std::int32_t id);
    void tell(Event::Kind kind, std::int32_t id, std::string text);

    void send(std::int32_t id, std::string_view message);
    void finish(std::int32_t id, const Status& status);
    void receive(std::int32_t id, Stream& stream, std::string_view bytes);
    void end_of_messages(std::int32_t id);

    /// Fills a DATA frame, as nghttp2_data_source_read_callback.
    ssize_t read_out(std::int32_t id, std::uint8_t* to, std::size_t room, std::uint32_t* flags);

private:
    void refuse(std::int32_t id, const Status& status);
    void submit_end(std::int32_t id, const Stream& stream) const;
};

}  // namespace slipway::engine::session
