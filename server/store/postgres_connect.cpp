#include "server/store/postgres_connect.hpp"

#include "core/base/result.hpp"
#include "server/store/libpq.hpp"
#include "server/store/postgres_failure.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>

namespace slipway::store::postgres {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void refuse(ErrorCode code, std::string_view words) {
    throw PostgresFailure(
        {.code = code, .message = "connecting to PostgreSQL: " + std::string(words)}
    );
}

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { libpq().PQconninfoFree(options); }
};

/// An @ there is one of the password: the URL is cut in the wrong places.
bool is_cut_wrongly(const PQconninfoOption& option) {
    constexpr std::array<std::string_view, 3> places{"host", "port", "dbname"};
    return option.val != nullptr && std::string_view(option.val).contains('@') &&
           std::ranges::find(places, option.keyword) != places.end();
}

/// Before libpq gets to it, which repeats what it can't read of a URL, and so maybe its password.
void check_url(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(
        libpq().PQconninfoParse(url.c_str(), nullptr)
    );
    const bool has_scheme = url.starts_with("postgresql://") || url.starts_with("postgres://");
    bool is_right = has_scheme && options != nullptr;
    for (const PQconninfoOption* at = options.get(); is_right && at->keyword != nullptr; ++at) {
        is_right = !is_cut_wrongly(*at);
    }
    if (!is_right) {
        refuse(
            ErrorCode::invalid,
            "the store's URL must be as postgresql://user:password@host:port/database; within "
            "these parts write @ as %40, : as %3A and / as %2F"
        );
    }
}

void drop_notice(void* /*unused*/, const char* /*message*/) {}

/// The URL overrides what stands before it, and what follows overrides the URL.
Handle start(const std::string& url, const std::string& password) {
    const std::array<const char*, 10> names{
        "application_name",
        "gssencmode",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "dbname",
        "client_encoding",
        password.empty() ? nullptr : "password",
        nullptr,
    };
    const std::array<const char*, 10> values{
        "slipway",
        "disable",
        "10",
        "5",
        "3",
        "30000",
        url.c_str(),
        "UTF8",
        password.c_str(),
        nullptr
    };
    constexpr int expand_url = 1;
    Handle handle(libpq().PQconnectStartParams(names.data(), values.data(), expand_url));
    if (handle == nullptr) {
        throw std::bad_alloc();
    }
    return handle;
}

int milliseconds_until(std::optional<Deadline> deadline) {
    constexpr int no_end = -1;
    constexpr std::int64_t longest = 86400000;
    if (!deadline) {
        return no_end;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest));
}

/// False at the deadline; otherwise it was made or refused.
bool complete(pg_conn* connection, Deadline deadline, int stop) {
    const bool is_refused = libpq().PQstatus(connection) == CONNECTION_BAD;
    PostgresPollingStatusType next = is_refused ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_for(libpq().PQsocket(connection), events, deadline, stop)) {
            return false;
        }
        next = libpq().PQconnectPoll(connection);
    }
    return true;
}

}  // namespace

void Finish::operator()(pg_conn* connection) const {
    libpq().PQfinish(connection);
}

bool wait_for(int socket, short events, std::optional<Deadline> deadline, int stop) {
    std::array<pollfd, 2> watched{{{socket, events, 0}, {stop, POLLIN, 0}}};
    int ready = 0;
    do {
        ready = ::poll(watched.data(), watched.size(), milliseconds_until(deadline));
    } while (ready < 0 && errno == EINTR);
    if (watched.back().revents != 0) {
        throw PostgresFailure({.code = ErrorCode::cancelled, .message = "slipway stops"});
    }
    return ready != 0;
}

Handle connect(const std::string& url, const ConnectOptions& options, Deadline deadline, int stop) {
    check_url(url);
    Handle handle = start(url, options.password);
    libpq().PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);  // for connect_failure_of()
    libpq().PQsetNoticeProcessor(handle.get(), drop_notice, nullptr);
    if (!complete(handle.get(), deadline, stop)) {
        refuse(
            ErrorCode::unavailable,
            "no answer within " + std::to_string(options.connect_timeout.count()) + " ms"
        );
    }
    if (libpq().PQstatus(handle.get()) != CONNECTION_OK) {
        throw connect_failure_of(libpq().PQerrorMessage(handle.get()));
    }
    libpq().PQsetnonblocking(handle.get(), 1);
    return handle;
}

}  // namespace slipway::store::postgres
