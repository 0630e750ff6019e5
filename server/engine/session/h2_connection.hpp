#pragma once

#include "server/engine/session/grpc_message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine::session {

struct H2State;

/// What the peer did on one stream. A stream's events begin with `call` and end with `closed`.
struct Event {
    enum class Kind : std::uint8_t {
        call,     ///< `text` is the method: `/package.Service/Method`
        message,  ///< `text` is one message
        end,      ///< no more messages
        closed,   ///< nothing more will be read or sent
    };
    Kind kind = Kind::call;
    std::int32_t stream = 0;
    std::string text{};
    std::string ssh_id{};  ///< of a call: BuildKit's metadata `buildkit.ssh.id`

    bool operator==(const Event&) const = default;
};

/// The server's side of one HTTP/2 connection (prior knowledge) that speaks gRPC: bytes in, events
/// and bytes out. No sockets and no clock.
///
/// Bounded: 100 calls at once, 16 KiB of headers a call, MessageReader's messages; a call whose
/// messages are not taken() stops the peer by its window, and so does one whose peer does not read.
class H2Connection {
public:
    static constexpr std::uint32_t most_calls = 100;
    static constexpr std::size_t largest_headers = 16UL * 1024;
    static constexpr std::size_t largest_backlog = 64UL * 1024;

    H2Connection();
    ~H2Connection();
    H2Connection(const H2Connection&) = delete;
    H2Connection& operator=(const H2Connection&) = delete;
    H2Connection(H2Connection&&) = delete;
    H2Connection& operator=(H2Connection&&) = delete;

    /// What the peer sent. What breaks the protocol ends the stream or the connection.
    void feed(std::string_view bytes);

    /// What happened since the last time, in order: to be asked for after feed() and output().
    [[nodiscard]] std::vector<Event> take_events();

    /// What is to be written next, 64 KiB or little more; empty: nothing for now.
    [[nodiscard]] std::string output();

    /// Whether the connection is over, and all is written.
    [[nodiscard]] bool ended() const;

    /// Calls that are closed are passed over by all of these.
    void send(std::int32_t stream, std::string_view message);
    void finish(std::int32_t stream, const Status& status);

    /// The bytes of a call's messages that output() has not given yet.
    [[nodiscard]] std::size_t unsent(std::int32_t stream) const;

    /// A message of this size was worked off, so the peer may send more.
    void taken(std::int32_t stream, std::size_t size);

private:
    std::unique_ptr<H2State> state_;
};

}  // namespace slipway::engine::session
