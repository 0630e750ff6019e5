#include "server/engine/session/h2_connection.hpp"

#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/h2_state.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace slipway::engine::session {
namespace {

constexpr std::size_t enough_to_write = 64UL * 1024;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): characters are bytes
    return {reinterpret_cast<const char*>(bytes), size};
}

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    H2State& state = *static_cast<H2State*>(data);
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        state.streams[frame->hd.stream_id].call.stream = frame->hd.stream_id;
    }
    return 0;
}

// NOLINTNEXTLINE(readability-function-size): the library's parameters
int on_header(
    nghttp2_session*,
    const nghttp2_frame* frame,
    const std::uint8_t* name_bytes,
    std::size_t name_size,
    const std::uint8_t* value_bytes,
    std::size_t value_size,
    std::uint8_t,
    void* data
) {
    Stream* const stream = static_cast<H2State*>(data)->find(frame->hd.stream_id);
    if (stream == nullptr) {
        return 0;
    }
    stream->header_size += name_size + value_size;
    if (stream->header_size > H2Connection::largest_headers) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
    }
    const std::string_view name = text_of(name_bytes, name_size);
    if (name == ":path") {
        stream->call.text = text_of(value_bytes, value_size);
    } else if (name == "buildkit.ssh.id") {
        stream->call.ssh_id = text_of(value_bytes, value_size);
    }
    return 0;
}

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    H2State& state = *static_cast<H2State*>(data);
    const std::int32_t id = frame->hd.stream_id;
    Stream* const stream = state.find(id);
    if (stream == nullptr) {
        return 0;
    }
    const bool headers = frame->hd.type == NGHTTP2_HEADERS;
    if (headers && !stream->told) {
        stream->told = true;
        state.events.push_back(stream->call);
    }
    const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (last && (headers || frame->hd.type == NGHTTP2_DATA)) {
        state.end_of_messages(id);
    }
    return 0;
}

int on_data(
    nghttp2_session* session,
    std::uint8_t,
    std::int32_t id,
    const std::uint8_t* bytes,
    std::size_t size,
    void* data
) {
    H2State& state = *static_cast<H2State*>(data);
    nghttp2_session_consume_connection(session, size);
    if (Stream* const stream = state.find(id)) {
        state.receive(id, *stream, text_of(bytes, size));
    }
    return 0;
}

int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* data) {
    H2State& state = *static_cast<H2State*>(data);
    if (const Stream* const stream = state.find(id); stream != nullptr && stream->told) {
        state.tell(Event::Kind::closed, id, {});
    }
    state.streams.erase(id);
    return 0;
}

// A peer that still sends does not learn otherwise that nobody listens.
int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const std::int32_t id = frame->hd.stream_id;
    if (frame->hd.type == NGHTTP2_HEADERS && last &&
        nghttp2_session_get_stream_remote_close(session, id) == 0) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    }
    return 0;
}

template <class T, class Free, class Make>
std::unique_ptr<T, Free> made(Free free, Make make) {
    T* object = nullptr;
    if (make(&object) != 0) {
        throw std::bad_alloc();  // there is no other reason
    }
    return std::unique_ptr<T, Free>(object, free);
}

void make_session(H2State& state) {
    const auto callbacks = made<nghttp2_session_callbacks>(
        nghttp2_session_callbacks_del, nghttp2_session_callbacks_new
    );
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks.get(), on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks.get(), on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks.get(), on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks.get(), on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks.get(), on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks.get(), on_sent);
    const auto options = made<nghttp2_option>(nghttp2_option_del, nghttp2_option_new);
    nghttp2_option_set_no_auto_window_update(options.get(), 1);
    state.session = made<nghttp2_session>(SessionDeleter(), [&](nghttp2_session** session) {
        return nghttp2_session_server_new2(session, callbacks.get(), &state, options.get());
    });
}

}  // namespace

H2Connection::H2Connection() : state_(std::make_unique<H2State>()) {
    make_session(*state_);
    const std::array settings{
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most_calls},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, largest_headers},
    };
    nghttp2_submit_settings(
        state_->session.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size()
    );
}

H2Connection::~H2Connection() = default;

void H2Connection::feed(std::string_view bytes) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): characters are bytes
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    if (!state_->broken) {
        const ssize_t size = nghttp2_session_mem_recv(state_->session.get(), data, bytes.size());
        state_->broken = size < 0;
    }
}

std::vector<Event> H2Connection::take_events() {
    return std::exchange(state_->events, {});
}

std::string H2Connection::output() {
    std::string out;
    while (out.size() < enough_to_write && !state_->broken) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t size = nghttp2_session_mem_send(state_->session.get(), &bytes);
        state_->broken = size < 0;
        if (size <= 0) {
            break;
        }
        out += text_of(bytes, static_cast<std::size_t>(size));
    }
    return out;
}

bool H2Connection::ended() const {
    nghttp2_session* const session = state_->session.get();
    return state_->broken ||
           (nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0);
}

void H2Connection::send(std::int32_t stream, std::string_view message) {
    state_->send(stream, message);
}

void H2Connection::finish(std::int32_t stream, const Status& status) {
    state_->finish(stream, status);
}

std::size_t H2Connection::unsent(std::int32_t stream) const {
    const Stream* const found = state_->find(stream);
    return found == nullptr ? 0 : found->out.size() - found->out_at;
}

void H2Connection::taken(std::int32_t stream, std::size_t size) {
    Stream* const found = state_->find(stream);
    if (found == nullptr) {
        return;
    }
    found->backlog -= std::min(size, found->backlog);
    if (found->backlog <= largest_backlog && found->held > 0) {
        const std::size_t held = std::exchange(found->held, 0);
        nghttp2_session_consume_stream(state_->session.get(), stream, held);
    }
}

}  // namespace slipway::engine::session
