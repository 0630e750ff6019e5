#include "server/app/service_manager.hpp"

#include "server/base/log.hpp"
#include "server/config/config.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace slipway::app {
namespace {

constexpr timeval patience{.tv_sec = 1, .tv_usec = 0};

/// Zero where it is missing or no number.
std::int64_t number(const config::Environment& variable, std::string_view name) {
    const std::string text = variable(name).value_or("");
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

std::chrono::microseconds half_of_watchdog(const config::Environment& variable) {
    const bool is_meant =
        !variable("WATCHDOG_PID") || number(variable, "WATCHDOG_PID") == ::getpid();
    const std::chrono::microseconds all(number(variable, "WATCHDOG_USEC"));
    return is_meant && all.count() > 0 ? all / 2 : std::chrono::microseconds(0);
}

struct Address {
    sockaddr_un name{};
    socklen_t size = 0;
};

/// Nothing where it is too long for a socket's name, or neither a path nor an abstract name.
std::optional<Address> address_of(std::string_view socket) {
    Address address;
    if ((!socket.starts_with('/') && !socket.starts_with('@')) ||
        socket.size() >= sizeof(address.name.sun_path)) {
        return std::nullopt;
    }
    address.name.sun_family = AF_UNIX;
    std::ranges::copy(socket, std::begin(address.name.sun_path));
    if (socket.starts_with('@')) {
        address.name.sun_path[0] = '\0';
    }
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
    return address;
}

/// The reason where it could not be sent. A socket for each message, as in sd_notify: nothing to
/// look after between two, and nothing that a child could inherit.
std::error_code send(const Address& address, std::string_view message, int flags) {
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        return {errno, std::generic_category()};
    }
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const ssize_t sent = ::sendto(
        socket,
        message.data(),
        message.size(),
        flags | MSG_NOSIGNAL,
        reinterpret_cast<const sockaddr*>(&address.name),  // NOLINT(*-reinterpret-cast): its API
        address.size
    );
    const std::error_code error(sent < 0 ? errno : 0, std::generic_category());
    ::close(socket);
    return error;
}

void send_to(const std::string& socket, std::string_view message, int flags) {
    if (socket.empty()) {
        return;
    }
    const auto address = address_of(socket);
    const std::error_code error = address ? send(*address, message, flags)
                                          : std::make_error_code(std::errc::invalid_argument);
    if (error) {
        log::warning(
            "can't tell the service manager",
            {{"socket", socket},
             {"states", message.substr(0, message.find('\n'))},
             {"reason", error.message()}}
        );
    }
}

}  // namespace

ServiceManager::ServiceManager(const config::Environment& variable)
    : socket_(variable("NOTIFY_SOCKET").value_or("")), alive_every_(half_of_watchdog(variable)) {}

void ServiceManager::tell(std::string_view states) const {
    send_to(socket_, states, 0);
}

void ServiceManager::tell_reloading() const {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros));
}

boost::asio::awaitable<void> ServiceManager::watch() const {
    if (socket_.empty() || alive_every_ == std::chrono::microseconds(0)) {
        co_return;
    }
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (true) {
        send_to(socket_, "WATCHDOG=1", MSG_DONTWAIT);
        timer.expires_after(alive_every_);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

}  // namespace slipway::app
