#include "server/mirror/socket_stream.hpp"

#include "core/git/handles.hpp"
#include "server/mirror/watchdog.hpp"

#include <git2.h>
#include <git2/sys/stream.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>  // IWYU pragma: keep, for IPPROTO_TCP
#include <netinet/tcp.h>
#include <poll.h>  // IWYU pragma: keep, it is spread over internal headers
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace slipway::mirror {
namespace {

constexpr int closed = -1;

// libgit2's callbacks have no payload for a stream's maker.
thread_local WatchedConnections* current = nullptr;

/// The first four members are libgit2's own git_socket_stream: its ssh transport reads the socket
/// from there.
struct SocketStream {
    git_stream parent{};
    char* host = nullptr;
    char* port = nullptr;
    int socket = closed;
    Watchdog* watchdog = nullptr;
    std::string host_text;
    std::string port_text;
};

static_assert(std::is_standard_layout_v<SocketStream>);
static_assert(offsetof(SocketStream, host) == sizeof(git_stream));
static_assert(offsetof(SocketStream, socket) == sizeof(git_stream) + 2 * sizeof(char*));

SocketStream& self(git_stream* stream) {
    return *reinterpret_cast<SocketStream*>(stream);
}

int refuse(const std::string& message) {
    git_error_set_str(GIT_ERROR_NET, message.c_str());
    return -1;
}

std::string words_of(int error) {
    return std::generic_category().message(error);
}

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// 0, or the error number. The socket is a blocking one again afterwards.
int connect_within(int socket, const addrinfo& address, std::chrono::milliseconds patience) {
    const int flags = ::fcntl(socket, F_GETFL);
    ::fcntl(socket, F_SETFL, flags | O_NONBLOCK);
    if (::connect(socket, address.ai_addr, address.ai_addrlen) != 0) {
        if (errno != EINPROGRESS) {
            return errno;
        }
        pollfd ready{.fd = socket, .events = POLLOUT, .revents = 0};
        if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) {
            return ETIMEDOUT;
        }
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            return error;
        }
    }
    ::fcntl(socket, F_SETFL, flags);
    return 0;
}

/// Tries one address; 0, or the error number.
int try_address(SocketStream& stream, const addrinfo& address) {
    const int socket =
        ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
    if (socket == closed) {
        return errno;
    }
    if (const int error = connect_within(socket, address, stream.watchdog->patience());
        error != 0) {
        ::close(socket);
        return error;
    }
    // libgit2 writes a request's head and its body apart: the body would wait for an
    // acknowledgement.
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    stream.socket = socket;
    stream.watchdog->watch(socket);
    return 0;
}

int connect_stream(git_stream* parent) {
    SocketStream& stream = self(parent);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(stream.host, stream.port, &hints, &found); code != 0) {
        return refuse(
            "the name of host '" + stream.host_text + "' can't be resolved: " + ::gai_strerror(code)
        );
    }
    const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
    int error = ENOENT;
    for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
        error = try_address(stream, *next);
        if (error == 0) {
            return 0;
        }
    }
    return refuse(
        "can't connect to " + stream.host_text + " port " + stream.port_text + ": " +
        words_of(error)
    );
}

ssize_t read_stream(git_stream* parent, void* data, std::size_t size) {
    ssize_t count = 0;
    do {
        count = ::recv(self(parent).socket, data, std::min<std::size_t>(size, INT_MAX), 0);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? refuse("receiving: " + words_of(errno)) : count;
}

ssize_t write_stream(git_stream* parent, const char* data, std::size_t size, int /*flags*/) {
    ssize_t count = 0;
    do {
        count =
            ::send(self(parent).socket, data, std::min<std::size_t>(size, INT_MAX), MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? refuse("sending: " + words_of(errno)) : count;
}

int close_stream(git_stream* parent) {
    SocketStream& stream = self(parent);
    if (stream.socket != closed) {
        stream.watchdog->unwatch(stream.socket);
        ::close(std::exchange(stream.socket, closed));
    }
    return 0;
}

void free_stream(git_stream* parent) {
    close_stream(parent);
    const std::unique_ptr<SocketStream> gone(&self(parent));
}

int make_stream(git_stream** made, const char* host, const char* port) {
    if (current == nullptr) {
        return refuse("a connection outside of a mirror's call");
    }
    auto stream = std::make_unique<SocketStream>();
    stream->host_text = host;
    stream->port_text = port;
    stream->host = stream->host_text.data();
    stream->port = stream->port_text.data();
    stream->watchdog = &current->watchdog();
    stream->parent.version = GIT_STREAM_VERSION;
    stream->parent.connect = connect_stream;
    stream->parent.read = read_stream;
    stream->parent.write = write_stream;
    stream->parent.close = close_stream;
    stream->parent.free = free_stream;
    current->set_port(port);
    *made = &stream.release()->parent;
    return 0;
}

}  // namespace

WatchedConnections::WatchedConnections(Watchdog& watchdog) : watchdog_(&watchdog) {
    current = this;
}

WatchedConnections::~WatchedConnections() {
    current = nullptr;
}

void register_socket_stream() {
    static std::once_flag registered;
    std::call_once(registered, [] {
        git::start_libgit2();
        git_stream_registration registration{
            .version = GIT_STREAM_VERSION, .init = make_stream, .wrap = nullptr
        };
        git_stream_register(GIT_STREAM_STANDARD, &registration);
    });
}

}  // namespace slipway::mirror
