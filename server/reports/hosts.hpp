#pragma once

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/factory/breakers.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace slipway::reports {

/// How fast each host is asked, and which are left alone for a while. On one thread.
class Hosts {
public:
    /// `spacing`: between two requests to one host.
    explicit Hosts(const Clock& clock, std::chrono::milliseconds spacing)
        : clock_(clock), spacing_(spacing), breakers_(clock) {}

    /// When the caller may ask the host: now or soon, and then it is to ask. Nothing before
    /// `held_until`, which is set where it had better come back later.
    struct Turn {
        std::chrono::milliseconds wait{0};
        std::optional<store::Time> held_until{};
    };

    [[nodiscard]] Turn turn(const std::string& host);

    /// What came of it: a host that is away, or that asked for time, is left alone.
    void note(const std::string& host, const Result<void>& tried);

private:
    const Clock& clock_;
    const std::chrono::milliseconds spacing_;
    factory::Breakers breakers_;
    std::map<std::string, store::Time> next_;  ///< by host: its next free turn
    std::map<std::string, store::Time> held_;  ///< as it asked for
};

/// `gitlab.example.com:8443` of an address.
[[nodiscard]] std::string host_of(std::string_view url);

}  // namespace slipway::reports
