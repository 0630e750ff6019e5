#pragma once

#include "server/http/message.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::api {

/// One event as a browser would get it; a comment has neither kind nor data.
struct ReadEvent {
    std::string kind;
    std::string id;
    nlohmann::json data;
};

/// Reads the events of an answer, one after another.
class StreamReader {
public:
    StreamReader(boost::asio::io_context& context, http::Response response)
        : context_(context), response_(std::move(response)) {
        if (!response_.pieces) {
            throw std::runtime_error("no stream: " + response_.body);
        }
    }

    /// The next one that is no comment; where the stream is over, one without a kind.
    ReadEvent next() {
        while (true) {
            const ReadEvent event = next_or_comment();
            if (!event.kind.empty() || is_over_) {
                return event;
            }
        }
    }

    /// So many.
    std::vector<ReadEvent> next(std::size_t count) {
        std::vector<ReadEvent> events;
        while (events.size() < count) {
            events.push_back(next());
        }
        return events;
    }

    ReadEvent next_or_comment() {
        while (!is_over_ && !text_.contains("\n\n")) {
            const http::Piece piece = test::run_coroutine(context_, response_.pieces());
            is_over_ = !piece;
            text_ += piece ? *piece : std::string();
        }
        const std::size_t end = text_.find("\n\n");
        return end == std::string::npos ? ReadEvent{} : take(end);
    }

    [[nodiscard]] bool is_over() const { return is_over_; }

private:
    ReadEvent take(std::size_t end) {
        ReadEvent event;
        std::string_view lines = std::string_view(text_).substr(0, end + 1);
        while (!lines.empty()) {
            const std::string_view line = lines.substr(0, lines.find('\n'));
            read_line(event, line);
            lines.remove_prefix(line.size() + 1);
        }
        text_.erase(0, end + 2);
        return event;
    }

    static void read_line(ReadEvent& event, std::string_view line) {
        const std::string value(line.substr(std::min(line.size(), line.find(": ") + 2)));
        if (line.starts_with("event: ")) {
            event.kind = value;
        } else if (line.starts_with("id: ")) {
            event.id = value;
        } else if (line.starts_with("data: ")) {
            event.data = nlohmann::json::parse(value);
        }
    }

    boost::asio::io_context& context_;
    http::Response response_;
    std::string text_;
    bool is_over_ = false;
};

}  // namespace slipway::api
