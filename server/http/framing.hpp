#pragma once

#include "server/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::http {

/// Finds where a request's head ends, in what has come so far; each byte is looked at once.
///
/// Stricter than Beast, because what stands before us may read a head otherwise: a line ends in
/// CRLF, none is folded.
class HeadScanner {
public:
    enum class State : std::uint8_t {
        incomplete,
        complete,
        malformed,
        too_long,
        target_too_long,  ///< not even the first line ends within the limit
    };

    explicit HeadScanner(std::size_t limit) : limit_(limit) {}

    /// `received` begins with the head, and grows from call to call.
    [[nodiscard]] State scan(std::string_view received);

    /// Of a complete head, with the empty line that ends it.
    [[nodiscard]] std::size_t bytes() const { return line_; }

private:
    std::size_t limit_;
    std::size_t line_ = 0;     // where the line begins that is being read
    std::size_t scanned_ = 0;  // no line feed before it is unread
};

/// What a head says about where its message ends, and for whom it is: names and values as they
/// came, a field that is there more than once counted.
struct Framing {
    int version = 11;
    std::size_t hosts = 0;
    std::string host = {};
    std::size_t content_lengths = 0;
    std::string content_length = {};
    std::size_t transfer_encodings = 0;
    std::string transfer_encoding = {};
    std::string expect = {};
};

/// The answer to a head that another server might read otherwise (request smuggling), or none.
/// Beast 1.81 lets these through.
[[nodiscard]] std::optional<Response> refusal_of(const Framing& framing);

[[nodiscard]] Response bad_request(std::string_view why);

}  // namespace slipway::http
