#include "server/api/event_ring.hpp"

#include "server/api/picture.hpp"
#include "server/api/query.hpp"
#include "server/api/sse.hpp"
#include "server/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

constexpr std::size_t most_at_once = 65536;

}  // namespace

EventRing::EventRing(std::string boot, std::size_t most_events, std::size_t most_bytes)
    : boot_(std::move(boot)), most_events_(most_events), most_bytes_(most_bytes) {}

std::string EventRing::id(std::int64_t number) const {
    return boot_ + "-" + std::to_string(number);
}

std::optional<std::int64_t> EventRing::place_after(std::string_view last_id) const {
    if (!last_id.starts_with(boot_ + "-")) {
        return std::nullopt;
    }
    const auto number = parse_number(last_id.substr(boot_.size() + 1));
    const bool known = number && *number < next() && holds(*number + 1);
    return known ? std::optional(*number + 1) : std::nullopt;
}

bool EventRing::add(const std::vector<Event>& events) {
    std::size_t bytes = 0;
    for (const Event& event : events) {
        bytes += event.data.size();
    }
    if (events.size() > most_events_ / 2 || bytes > most_bytes_ / 2) {
        return false;
    }
    for (const Event& event : events) {
        add_one(event.kind, event.data);
    }
    return true;
}

void EventRing::add_one(EventKind kind, std::string_view data) {
    events_.push_back(
        std::make_shared<const std::string>(event_text(to_string(kind), id(next()), data))
    );
    bytes_ += events_.back()->size();
    while (events_.size() > most_events_ || (bytes_ > most_bytes_ && events_.size() > 1)) {
        bytes_ -= events_.front()->size();
        events_.pop_front();
        ++first_;
    }
}

http::Piece EventRing::take(std::int64_t* number) const {
    if (*number >= next()) {
        return nullptr;
    }
    auto at = static_cast<std::size_t>(*number - first_);
    http::Piece only = events_[at++];
    if (at == events_.size() || only->size() + events_[at]->size() > most_at_once) {
        ++*number;
        return only;
    }
    std::string text = *only;
    while (at < events_.size() && text.size() + events_[at]->size() <= most_at_once) {
        text += *events_[at++];
    }
    *number = first_ + static_cast<std::int64_t>(at);
    return std::make_shared<const std::string>(std::move(text));
}

}  // namespace slipway::api
