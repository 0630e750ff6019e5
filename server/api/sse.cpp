#include "server/api/sse.hpp"

#include "server/http/message.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::api {

std::string event_text(std::string_view kind, std::string_view id, std::string_view data) {
    std::string text;
    text.reserve(kind.size() + id.size() + data.size() + 24);
    text.append("event: ").append(kind).append("\n");
    if (!id.empty()) {
        text.append("id: ").append(id).append("\n");
    }
    text.append("data: ").append(data).append("\n\n");
    return text;
}

http::Piece end_event(std::string_view reason) {
    const nlohmann::json json = {{"reason", reason}};
    return std::make_shared<const std::string>(event_text("end", "", json.dump()));
}

const http::Piece& heartbeat() {
    static const http::Piece comment = std::make_shared<const std::string>(":\n\n");
    return comment;
}

bool wants_events(const http::Request& request) {
    return request.header("accept").contains("text/event-stream");
}

http::Response event_stream(http::Pieces pieces) {
    http::Response response{.status = 200, .content_type = "text/event-stream", .headers = {}};
    // Nginx and its relatives would keep events back until a buffer is full.
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.pieces = std::move(pieces);
    return response;
}

}  // namespace slipway::api
