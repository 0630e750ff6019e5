#include "server/mirror/watchdog.hpp"

#include "server/mirror/mirror.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <netinet/in.h>  // IWYU pragma: keep, for IPPROTO_TCP
#include <netinet/tcp.h>
#include <optional>
#include <stop_token>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <vector>

namespace slipway::mirror {
namespace {

using std::chrono::milliseconds;

/// How long a socket has been without a byte from the other side. What came and was not read yet is
/// not silence: then we are slow.
milliseconds silence_of(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;  // NOLINT(misc-include-cleaner): sys/socket.h has it
    int unread = 0;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        ::ioctl(socket, FIONREAD, &unread) != 0 || unread > 0) {
        return milliseconds(0);
    }
    return milliseconds(info.tcpi_last_data_recv);
}

}  // namespace

Watchdog::Watchdog(FetchLimits limits)
    : limits_(limits),
      deadline_(std::chrono::steady_clock::now() + limits.total),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Watchdog::watch(int socket) {
    const std::scoped_lock lock(mutex_);
    sockets_.push_back(socket);
}

void Watchdog::unwatch(int socket) {
    const std::scoped_lock lock(mutex_);
    std::erase(sockets_, socket);
}

milliseconds Watchdog::patience() const {
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - std::chrono::steady_clock::now());
    return std::clamp<milliseconds>(left, milliseconds(0), limits_.silent);
}

bool Watchdog::is_over() const {
    return std::chrono::steady_clock::now() >= deadline_;
}

std::optional<std::string> Watchdog::reason() const {
    const std::scoped_lock lock(mutex_);
    return reason_;
}

void Watchdog::run(const std::stop_token& stop) {
    const auto pause =
        std::clamp<milliseconds>(limits_.silent / 8, milliseconds(20), milliseconds(1000));
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, stop, pause, [&stop] { return stop.stop_requested(); })) {
        check();
    }
}

void Watchdog::check() {
    for (const int socket : sockets_) {
        if (is_over()) {
            reason_ = "it took longer than " + std::to_string(limits_.total.count()) + " s";
        } else if (silence_of(socket) >= limits_.silent) {
            reason_ = "no byte came for " + std::to_string(limits_.silent.count()) + " s";
        } else {
            continue;
        }
        ::shutdown(socket, SHUT_RDWR);
    }
}

}  // namespace slipway::mirror
