#include "server/http/framing.hpp"
#include "server/http/message.hpp"
#include "server/http/request_parser.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::fuzz {
namespace {

using http::HeadScanner;
using http::Request;
using http::RequestParser;

constexpr std::size_t body_bytes = 512;
constexpr std::size_t head_bytes = 1024;

/// What a connection made of what came: the requests, and how the last one was refused (0: it was
/// not).
struct Heard {
    std::vector<Request> requests;
    unsigned refused = 0;
};

/// A connection as http/session.cpp reads it, without the socket.
class Connection {
public:
    void take(std::string_view bytes) {
        received_ += bytes;
        while (heard_.refused == 0 && (parser_ ? take_body() : take_head())) {
        }
    }

    [[nodiscard]] const Heard& heard() const { return heard_; }

private:
    /// Both return whether there may be more in what has come.
    bool take_head() {
        const HeadScanner::State state = scanner_.scan(received_);
        if (state == HeadScanner::State::incomplete) {
            require(received_.size() < head_bytes, "a head that is too long is refused");
            return false;
        }
        if (state != HeadScanner::State::complete) {
            heard_.refused = 1;
            return false;
        }
        const std::size_t size = std::exchange(scanner_, HeadScanner(head_bytes)).bytes();
        require(size <= head_bytes && size <= received_.size(), "a head ends in what has come");
        parser_.emplace(body_bytes, head_bytes);
        const auto refusal = parser_->take_head(std::string_view(received_).substr(0, size));
        received_.erase(0, size);
        return go_on(refusal);
    }

    bool take_body() {
        const RequestParser::Taken taken = parser_->take_body(received_);
        require(taken.bytes <= received_.size(), "not more is taken than has come");
        require(
            taken.bytes > 0 || taken.needs_more || taken.refusal || parser_->is_done(), "it goes on"
        );
        received_.erase(0, taken.bytes);
        require(parser_->request().body.size() <= body_bytes, "a body is within its limit");
        return go_on(taken.refusal) && !taken.needs_more;
    }

    bool go_on(const std::optional<http::Response>& refusal) {
        if (refusal) {
            require(refusal->status >= 400 && refusal->status < 600, "a refusal has its status");
            heard_.refused = refusal->status;
            return false;
        }
        if (parser_->is_done()) {
            heard_.requests.push_back(std::move(parser_->request()));
            parser_.reset();
        }
        return true;
    }

    std::string received_;
    HeadScanner scanner_{head_bytes};
    std::optional<RequestParser> parser_;
    Heard heard_;
};

bool same(const Request& left, const Request& right) {
    return left.method == right.method && left.path == right.path &&
           left.segments == right.segments && left.query == right.query && left.body == right.body;
}

/// The requests. When what is broken is refused, and by which status, is another matter: of a
/// chunk's extension with a line end in quotes Beast 1.81 may take the size off its limit each time
/// it looks.
bool same(const Heard& left, const Heard& right) {
    return std::ranges::equal(left.requests, right.requests, [](const auto& one, const auto& two) {
        return same(one, two) && one.headers == two.headers;
    });
}

bool is_lower_case(std::string_view name) {
    return std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// No handler can be led to another's bytes by what a request holds.
void check_promises(const Request& request) {
    require(!request.method.empty() && !request.path.empty(), "a request has method and path");
    require(request.path.find('\0') == std::string::npos, "a path has no NUL");
    for (const auto& [name, value] : request.headers) {
        require(!name.empty() && is_lower_case(name), "names of headers are lower-case");
        require(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
    }
    const bool ambiguous =
        request.headers.contains("content-length") && request.headers.contains("transfer-encoding");
    require(!ambiguous, "a body has one length");
}

std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return out;
}

std::string print(const Request& request) {
    std::string target;
    for (const std::string& segment : request.segments) {
        target += "/" + escaped(segment);
    }
    char mark = '?';
    for (const auto& [name, value] : request.query) {
        target += mark + escaped(name) + "=" + escaped(value);
        mark = '&';
    }
    return request.method + " " + (target.starts_with('/') ? "" : "/") + target +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(request.body.size()) +
           "\r\n\r\n" + request.body;
}

/// Whatever way it was written, what was understood can be written again.
void check_printed(const Request& request) {
    const std::string text = print(request);
    if (text.size() - request.body.size() >= head_bytes) {
        return;
    }
    Connection connection;
    connection.take(text);
    const Heard& heard = connection.heard();
    require(heard.refused == 0 && heard.requests.size() == 1, "a request can be printed");
    require(same(heard.requests.front(), request), "and is the same");
}

}  // namespace

void check(std::string_view input) {
    Connection whole;
    whole.take(input);
    Connection cut;
    in_pieces(input, [&](std::string_view piece) { cut.take(piece); });
    require(same(whole.heard(), cut.heard()), "the same wherever it is cut");
    for (const Request& request : whole.heard().requests) {
        check_promises(request);
        check_printed(request);
    }
}

}  // namespace slipway::fuzz
