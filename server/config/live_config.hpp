#pragma once

#include "server/config/config.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace slipway::config {

/// The configuration in force. A reload puts a new one in front; the old ones stay, so that work
/// under way may go on referring to the one that it began with. Reloads are rare and a
/// configuration is small. One thread.
class LiveConfig {
public:
    explicit LiveConfig(Config config) { replace(std::move(config)); }

    [[nodiscard]] const Config& current() const { return *all_.back(); }

    /// Grows with every replace().
    [[nodiscard]] std::size_t version() const { return all_.size(); }

    void replace(Config config) {
        all_.push_back(std::make_unique<const Config>(std::move(config)));
    }

private:
    std::vector<std::unique_ptr<const Config>> all_;
};

}  // namespace slipway::config
