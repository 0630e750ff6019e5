#include "tests/support/grpc_client.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
namespace slipway::test {
namespace {

nghttp2_nv header(std::string_view name, std::string_view value) {
    return {
        .name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
        .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
        .namelen = name.size(),
        .valuelen = value.size(),
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
}

std::string text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

struct Sending {
    std::string bytes;
    bool last = false;
};

}  // namespace

struct GrpcClient::State {
    nghttp2_session* session = nullptr;
    std::map<std::int32_t, Answer> answers;
    std::map<std::int32_t, Sending> sending;

    static int on_header(
        nghttp2_session*,
        const nghttp2_frame* frame,
        const std::uint8_t* name,
        std::size_t name_size,
        const std::uint8_t* value,
        std::size_t value_size,
        std::uint8_t,
        void* data
    ) {
        Answer& answer = static_cast<State*>(data)->answers[frame->hd.stream_id];
        answer.headers[text_of(name, name_size)] = text_of(value, value_size);
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* data) {
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && frame->hd.type == NGHTTP2_HEADERS) {
            static_cast<State*>(data)->answers[frame->hd.stream_id].ended = true;
        }
        return 0;
    }

    static int on_data(
        nghttp2_session* session,
        std::uint8_t,
        std::int32_t id,
        const std::uint8_t* bytes,
        std::size_t size,
        void* data
    ) {
        static_cast<State*>(data)->answers[id].body += text_of(bytes, size);
        nghttp2_session_consume_connection(session, size);
        return 0;
    }

    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* data) {
        Answer& answer = static_cast<State*>(data)->answers[id];
        answer.closed = true;
        answer.error = error;
        return 0;
    }

    static ssize_t on_read(
        nghttp2_session*,
        std::int32_t id,
        std::uint8_t* to,
        std::size_t room,
        std::uint32_t* flags,
        nghttp2_data_source*,
        void* data
    ) {
        Sending& sending = static_cast<State*>(data)->sending[id];
        const std::size_t size = std::min(room, sending.bytes.size());
        std::copy_n(sending.bytes.data(), size, to);
        sending.bytes.erase(0, size);
        if (sending.bytes.empty() && sending.last) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        } else if (size == 0) {
            return NGHTTP2_ERR_DEFERRED;
        }
        return static_cast<ssize_t>(size);
    }
};

GrpcClient::GrpcClient(std::uint32_t window) : state_(std::make_unique<State>()) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* options = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&options) != 0) {
        throw std::runtime_error("no memory for an HTTP/2 client");
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, State::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, State::on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, State::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, State::on_close);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_session_client_new2(&state_->session, callbacks, state_.get(), options);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(options);
    const nghttp2_settings_entry settings{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
    nghttp2_submit_settings(state_->session, NGHTTP2_FLAG_NONE, &settings, 1);
}

GrpcClient::~GrpcClient() {
    nghttp2_session_del(state_->session);
}

std::int32_t GrpcClient::open(
    const std::string& method, const std::map<std::string, std::string>& metadata
) {
    std::vector<nghttp2_nv> headers{
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", method),
        header(":authority", "localhost"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
    };
    for (const auto& [name, value] : metadata) {
        headers.push_back(header(name, value));
    }
    const nghttp2_data_provider provider{
        .source = {.ptr = nullptr}, .read_callback = State::on_read
    };
    return nghttp2_submit_request(
        state_->session, nullptr, headers.data(), headers.size(), &provider, nullptr
    );
}

void GrpcClient::send(std::int32_t stream, std::string_view message) {
    std::string bytes(1, '\0');
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes += static_cast<char>((message.size() >> shift) & 0xFFU);
    }
    send_raw(stream, bytes.append(message));
}

void GrpcClient::send_raw(std::int32_t stream, std::string_view bytes) {
    state_->sending[stream].bytes += bytes;
    nghttp2_session_resume_data(state_->session, stream);
}

void GrpcClient::end(std::int32_t stream) {
    state_->sending[stream].last = true;
    nghttp2_session_resume_data(state_->session, stream);
}

void GrpcClient::reset(std::int32_t stream) {
    nghttp2_submit_rst_stream(state_->session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
}

std::int32_t GrpcClient::call(const std::string& method, std::string_view message) {
    const std::int32_t stream = open(method);
    send(stream, message);
    end(stream);
    return stream;
}

void GrpcClient::read(std::int32_t stream, std::size_t size) {
    nghttp2_session_consume_stream(state_->session, stream, size);
}

std::string GrpcClient::output() {
    std::string out;
    const std::uint8_t* bytes = nullptr;
    for (;;) {
        const ssize_t size = nghttp2_session_mem_send(state_->session, &bytes);
        if (size <= 0) {
            return out;
        }
        out += text_of(bytes, static_cast<std::size_t>(size));
    }
}

bool GrpcClient::feed(std::string_view bytes) {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return nghttp2_session_mem_recv(state_->session, data, bytes.size()) ==
           static_cast<ssize_t>(bytes.size());
}

const GrpcClient::Answer& GrpcClient::answer(std::int32_t stream) const {
    return state_->answers[stream];
}

std::size_t GrpcClient::held_back(std::int32_t stream) const {
    return state_->sending[stream].bytes.size();
}

std::string only_message(const GrpcClient::Answer& answer) {
    constexpr std::size_t prefix = 5;
    std::size_t size = 0;
    for (const char c : std::string_view(answer.body).substr(0, prefix)) {
        size = (size << 8U) | static_cast<std::uint8_t>(c);
    }
    if (answer.body.size() != prefix + size) {
        throw std::runtime_error("the answer has not one message");
    }
    return answer.body.substr(prefix);
}

}  // namespace slipway::test

// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast,cppcoreguidelines-pro-type-const-cast)
