#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::test {

/// The engine's side of a BuildKit session: a gRPC client on bytes, without sockets.
class GrpcClient {
public:
    struct Answer {
        std::map<std::string, std::string> headers;  ///< and trailers
        std::string body;                            ///< with the prefixes of its messages
        bool ended = false;                          ///< its last header has come
        bool closed = false;                         ///< both sides have ended the stream
        std::uint32_t error = 0;                     ///< of a reset
    };

    /// `window`: what the server may send on a stream before it is read, see read().
    explicit GrpcClient(std::uint32_t window = 65535);
    ~GrpcClient();
    GrpcClient(const GrpcClient&) = delete;
    GrpcClient& operator=(const GrpcClient&) = delete;
    GrpcClient(GrpcClient&&) = delete;
    GrpcClient& operator=(GrpcClient&&) = delete;

    /// Opens a call that goes on; the id of its stream.
    std::int32_t open(
        const std::string& method, const std::map<std::string, std::string>& metadata = {}
    );

    /// Sends a message, or bytes as they are, or the end of both.
    void send(std::int32_t stream, std::string_view message);
    void send_raw(std::int32_t stream, std::string_view bytes);
    void end(std::int32_t stream);
    void reset(std::int32_t stream);

    /// The three together.
    std::int32_t call(const std::string& method, std::string_view message);

    /// Lets the server send more on a stream.
    void read(std::int32_t stream, std::size_t size);

    [[nodiscard]] std::string output();

    /// False where the server breaks the protocol.
    [[nodiscard]] bool feed(std::string_view bytes);

    /// Of a stream; empty where nothing has come.
    [[nodiscard]] const Answer& answer(std::int32_t stream) const;

    /// What was sent but is still held back by the server's window.
    [[nodiscard]] std::size_t held_back(std::int32_t stream) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The only message of an answer, without its prefix.
[[nodiscard]] std::string only_message(const GrpcClient::Answer& answer);

}  // namespace slipway::test
