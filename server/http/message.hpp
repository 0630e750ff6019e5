#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::http {

/// A request as a value: no socket, no Beast type. Header names are lower-case; of a repeated one
/// the values are joined by `, `.
struct Request {
    std::string method;  ///< `GET`
    std::string path;    ///< decoded, as `/api/v1/builds/7`; never empty
    std::vector<std::string>
        segments;  ///< of the path, split before decoding: `/a%2Fb/` is `a/b` and an empty one
    std::map<std::string, std::string> query;  ///< decoded; the last of a repeated name
    std::map<std::string, std::string, std::less<>> headers;
    std::string body;  ///< complete, within the limit
    std::string peer;  ///< address of the other side, for the log

    [[nodiscard]] std::string_view header(std::string_view name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view{} : std::string_view(found->second);
    }
};

/// A part of a body that is made while it is sent; many answers may share one.
using Piece = std::shared_ptr<const std::string>;

/// Waits for the next part of a body; null: that was all. Called again once the part before is
/// sent, so a slow reader is waited for. Where it throws, the connection is closed.
using Pieces = std::function<boost::asio::awaitable<Piece>()>;

/// An answer as a value. `Cache-Control: no-store` is added where the handler set none.
struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";  ///< empty: no Content-Type
    /// Beside Content-Type, Content-Length, Date, Server.
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    Piece shared_body = {};  ///< where it is set: instead of `body`, one text for many answers
    Pieces pieces = {};      ///< where it is set: instead of both, as long as there are any
};

}  // namespace slipway::http
