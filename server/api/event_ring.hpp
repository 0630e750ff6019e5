#pragma once

#include "server/api/picture.hpp"
#include "server/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::api {

/// The last events, numbered from 1, each as the text that is sent. Every reader of them has a
/// place in it and no memory of its own: who is so slow that its place is gone has lost something.
class EventRing {
public:
    /// `boot` makes the ids of this process its own: without a `-`.
    explicit EventRing(
        std::string boot, std::size_t most_events = 4096, std::size_t most_bytes = 4194304
    );

    /// The number that the next event will have.
    [[nodiscard]] std::int64_t next() const {
        return first_ + static_cast<std::int64_t>(events_.size());
    }

    [[nodiscard]] std::string id(std::int64_t number) const;

    /// Whether nothing is lost for who goes on with this number.
    [[nodiscard]] bool holds(std::int64_t number) const {
        return number >= first_ && number <= next();
    }

    /// Where a reader goes on that saw this id last; nothing: the id is no longer or not from here.
    [[nodiscard]] std::optional<std::int64_t> place_after(std::string_view last_id) const;

    /// More than fit are to be told in another way: false, and nothing is added.
    [[nodiscard]] bool add(const std::vector<Event>& events);

    void add_one(EventKind kind, std::string_view data);

    /// What comes from this number on, at most about 64 KiB at once, and moves the number behind
    /// it; null: nothing. Requires: holds(*number).
    [[nodiscard]] http::Piece take(std::int64_t* number) const;

private:
    std::string boot_;
    std::size_t most_events_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::int64_t first_ = 1;  // the number of the front
    std::deque<http::Piece> events_;
};

}  // namespace slipway::api
