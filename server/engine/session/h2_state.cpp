#include "server/engine/session/h2_state.hpp"

#include "server/engine/session/grpc_message.hpp"
#include "server/engine/session/h2_connection.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace slipway::engine::session {
namespace {

// The library takes bytes that are not const, and copies them.
nghttp2_nv header(std::string_view name, std::string_view value) {
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
    return {
        .name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
        .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
        .namelen = name.size(),
        .valuelen = value.size(),
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
}

// NOLINTNEXTLINE(readability-function-size): the library's parameters
ssize_t on_read(
    nghttp2_session* /*session*/,
    std::int32_t id,
    std::uint8_t* to,
    std::size_t room,
    std::uint32_t* flags,
    nghttp2_data_source* source,
    void* /*data*/
) {
    return static_cast<H2State*>(source->ptr)->read_out(id, to, room, flags);
}

}  // namespace

Stream* H2State::find(std::int32_t id) {
    const auto at = streams.find(id);
    return at == streams.end() ? nullptr : &at->second;
}

void H2State::tell(Event::Kind kind, std::int32_t id, std::string text) {
    events.push_back({.kind = kind, .stream = id, .text = std::move(text)});
}

void H2State::send(std::int32_t id, std::string_view message) {
    Stream* const stream = find(id);
    if (stream == nullptr || stream->finished) {
        return;
    }
    stream->out += framed(message);
    if (stream->answering) {
        nghttp2_session_resume_data(session.get(), id);
        return;
    }
    stream->answering = true;
    const std::array headers{header(":status", "200"), header("content-type", "application/grpc")};
    const nghttp2_data_provider provider{.source = {.ptr = this}, .read_callback = on_read};
    nghttp2_submit_response(session.get(), id, headers.data(), headers.size(), &provider);
}

void H2State::finish(std::int32_t id, const Status& status) {
    Stream* const stream = find(id);
    if (stream == nullptr || stream->finished) {
        return;
    }
    stream->finished = true;
    stream->status = status;
    if (stream->answering) {
        nghttp2_session_resume_data(session.get(), id);  // read_out() submits the end
    } else {
        submit_end(id, *stream);
    }
}

void H2State::submit_end(std::int32_t id, const Stream& stream) const {
    const std::string code = std::to_string(static_cast<int>(stream.status.code));
    const std::string words = percent_encoded(stream.status.words);
    const std::array headers{
        header(":status", "200"),
        header("content-type", "application/grpc"),
        header("grpc-status", code),
        header("grpc-message", words),
    };
    if (stream.answering) {
        nghttp2_submit_trailer(session.get(), id, &headers[2], 2);
    } else {
        nghttp2_submit_response(session.get(), id, headers.data(), headers.size(), nullptr);
    }
}

void H2State::receive(std::int32_t id, Stream& stream, std::string_view bytes) {
    if (!stream.finished) {
        auto messages = stream.reader.feed(bytes);
        if (!messages) {
            refuse(id, messages.error());
            messages = std::vector<std::string>();
        }
        for (std::string& message : *messages) {
            stream.backlog += message.size();
            tell(Event::Kind::message, id, std::move(message));
        }
    }
    if (stream.backlog > H2Connection::largest_backlog) {
        stream.held += bytes.size();
    } else {
        nghttp2_session_consume_stream(session.get(), id, bytes.size());
    }
}

// The stream goes on until its end is sent, but what still comes is passed over.
void H2State::refuse(std::int32_t id, const Status& status) {
    finish(id, status);
    tell(Event::Kind::end, id, {});
}

void H2State::end_of_messages(std::int32_t id) {
    const Stream* const stream = find(id);
    if (stream == nullptr || stream->finished) {
        return;
    }
    if (stream->reader.in_message()) {
        refuse(id, {.code = StatusCode::internal, .words = "the last message is cut short"});
        return;
    }
    tell(Event::Kind::end, id, {});
}

ssize_t H2State::read_out(
    std::int32_t id, std::uint8_t* to, std::size_t room, std::uint32_t* flags
) {
    Stream* const stream = find(id);
    if (stream == nullptr) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    const std::string_view rest = std::string_view(stream->out).substr(stream->out_at, room);
    std::ranges::copy(rest, to);
    stream->out_at += rest.size();
    if (stream->out_at < stream->out.size()) {
        return static_cast<ssize_t>(rest.size());
    }
    stream->out.clear();
    stream->out_at = 0;
    if (stream->finished) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        submit_end(id, *stream);
    } else if (rest.empty()) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(rest.size());
}

}  // namespace slipway::engine::session
