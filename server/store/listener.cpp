#include "server/store/listener.hpp"

#include "core/base/result.hpp"
#include "core/model/retry.hpp"
#include "server/base/log.hpp"
#include "server/store/postgres_connect.hpp"
#include "server/store/postgres_connection.hpp"
#include "server/store/postgres_failure.hpp"

#include <cerrno>
#include <chrono>
#include <exception>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace slipway::store::postgres {
namespace {

constexpr model::RetryPolicy reconnecting{
    .most_attempts = std::numeric_limits<int>::max(),
    .first = std::chrono::milliseconds(500),
    .longest = std::chrono::seconds(30),
};

double random_jitter() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution(0.0, 1.0)(generator);
}

}  // namespace

Listener::StopSignal::StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
    if (descriptor_ < 0) {
        throw std::system_error(errno, std::generic_category(), "making an eventfd");
    }
}

Listener::StopSignal::~StopSignal() {
    ::close(descriptor_);
}

void Listener::StopSignal::set() const {
    ::eventfd_write(descriptor_, 1);
}

Listener::Listener(std::string url, ConnectOptions options, std::string channel, Hear hear)
    : url_(std::move(url)),
      options_(std::move(options)),
      channel_(std::move(channel)),
      hear_(std::move(hear)),
      thread_([this] { run(); }) {}

Listener::~Listener() {
    stop_.set();
    thread_.join();
}

void Listener::run() {
    do {
        try {
            listen();
        } catch (const PostgresFailure& failure) {
            if (failure.error().code == ErrorCode::cancelled) {
                return;
            }
            log::warning("listening to PostgreSQL failed", {{"error", failure.what()}});
        } catch (const std::exception& exception) {
            log::error("listening to PostgreSQL failed", {{"error", exception.what()}});
        }
    } while (pause());
}

/// Until the connection is lost, which throws.
void Listener::listen() {
    Connection connection(url_, options_, stop_.descriptor());
    connection.execute("LISTEN \"" + channel_ + "\"");
    failures_ = 0;
    hear_("");
    while (true) {
        for (const std::string& payload : connection.notifications()) {
            hear_(payload);
        }
    }
}

/// False where it was asked to stop.
bool Listener::pause() {
    constexpr int nothing = -1;
    ++failures_;
    const auto wait = model::next_wait(reconnecting, failures_, random_jitter());
    try {
        // Nothing comes: it waits for the deadline or the stop.
        static_cast<void>(wait_for(
            nothing,
            0,
            std::chrono::steady_clock::now() + wait.value_or(reconnecting.longest),
            stop_.descriptor()
        ));
        return true;
    } catch (const PostgresFailure&) {
        return false;
    }
}

}  // namespace slipway::store::postgres
