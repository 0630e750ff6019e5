#include "server/registry/run_helper.hpp"

#include "core/base/result.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <expected>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // kill: not in <csignal>
#include <spawn.h>
#include <stdlib.h>  // glibc has the wait macros here too
#include <string>
#include <string_view>
#include <sys/types.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t most_bytes = std::size_t{64} * 1024;
// How often its end is looked for while it says nothing. No pidfd: older containers forbid it.
constexpr milliseconds tick{10};

std::unexpected<Error> refuse_start(const std::string& program, int error) {
    const bool passing = error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
    return fail(
        passing ? ErrorCode::unavailable : ErrorCode::invalid,
        "starting '" + program + "' from PATH: " + std::generic_category().message(error) +
            (passing ? "" : "; install it there, or change the config.json that names it")
    );
}

/// Without our own variables, some of which are secrets.
std::vector<char*> environment_of_others() {
    std::vector<char*> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (!std::string_view(*variable).starts_with("SLIPWAY_")) {
            variables.push_back(*variable);
        }
    }
    variables.push_back(nullptr);
    return variables;
}

class Descriptor {
public:
    Descriptor() = default;

    explicit Descriptor(int value) : value_(value) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&&) = delete;

    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }

    ~Descriptor() { close(); }

    void close() {
        if (value_ >= 0) {
            ::close(std::exchange(value_, -1));
        }
    }

    [[nodiscard]] int get() const { return value_; }

private:
    int value_ = -1;
};

struct Pipe {
    Descriptor reader;
    Descriptor writer;

    bool open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            return false;
        }
        reader = Descriptor(ends[0]);
        writer = Descriptor(ends[1]);
        return true;
    }
};

/// How the child begins: its three streams, a process group of its own, signals as in a new login.
class SpawnOptions {
public:
    SpawnOptions(int input, int output, int errors) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        );
        sigset_t signals{};
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
        ::sigaddset(&signals, SIGPIPE);  // the daemon ignores it, and that is inherited
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    }

    SpawnOptions(const SpawnOptions&) = delete;
    SpawnOptions& operator=(const SpawnOptions&) = delete;
    SpawnOptions(SpawnOptions&&) = delete;
    SpawnOptions& operator=(SpawnOptions&&) = delete;

    ~SpawnOptions() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    /// 0, or the error number.
    // NOLINTNEXTLINE(misc-include-cleaner): sys/types.h has it
    int spawn(std::string program, pid_t& id) const {
        std::string argument = "get";
        const std::array<char*, 3> words{program.data(), argument.data(), nullptr};
        const std::vector<char*> environment = environment_of_others();
        return ::posix_spawnp(
            &id, words[0], &actions_, &attributes_, words.data(), environment.data()
        );
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// A helper that runs. Where it still does at the end, it is killed with its process group; it
/// never stays behind as a zombie.
class Child {
public:
    Child() = default;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    Child(Child&&) = delete;
    Child& operator=(Child&&) = delete;

    ~Child() {
        if (id_ > 0) {
            ::kill(-id_, SIGKILL);
            ::kill(id_, SIGKILL);  // it may have left its group
            wait(0);
        }
    }

    /// 0, or the error number.
    int start(const std::string& program, std::string_view input) {
        Pipe in;
        Pipe out;
        Pipe errors;
        if (!in.open() || !out.open() || !errors.open()) {
            return errno;
        }
        // Before it starts: what fits is written at once, and no SIGPIPE comes while we hold the
        // other end.
        if (::write(in.writer.get(), input.data(), input.size()) < 0) {
            return errno;
        }
        in.writer.close();
        const SpawnOptions options(in.reader.get(), out.writer.get(), errors.writer.get());
        if (const int error = options.spawn(program, id_); error != 0) {
            id_ = 0;
            return error;
        }
        out_ = std::move(out.reader);
        errors_ = std::move(errors.reader);
        return 0;
    }

    bool has_ended() {
        if (id_ > 0) {
            wait(WNOHANG);
        }
        return id_ == 0;
    }

    /// Waits for output and reads some of it; false: there was none in time.
    bool read_some(milliseconds patience) {
        std::array<pollfd, 2> ready{
            {{.fd = out_.get(), .events = POLLIN, .revents = 0},
             {.fd = errors_.get(), .events = POLLIN, .revents = 0}}
        };
        if (::poll(ready.data(), ready.size(), static_cast<int>(patience.count())) <= 0) {
            return false;
        }
        if (ready[0].revents != 0) {
            append(out_, output_.answer);
        }
        if (ready[1].revents != 0) {
            append(errors_, output_.notes);
        }
        return true;
    }

    HelperOutput& output() { return output_; }

private:
    void wait(int options) {
        int status = 0;
        pid_t waited = 0;
        do {
            waited = ::waitpid(id_, &status, options);
        } while (waited < 0 && errno == EINTR);
        if (waited != 0) {
            id_ = 0;
            output_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        }
    }

    static void append(Descriptor& from, std::string& to) {
        std::array<char, 4096> buffer{};
        const ssize_t size = ::read(from.get(), buffer.data(), buffer.size());
        if (size > 0) {
            to.append(buffer.data(), static_cast<std::size_t>(size));
        } else if (size == 0 || errno != EINTR) {
            from.close();  // poll() leaves it out from now on
        }
    }

    pid_t id_ = 0;  // 0: none that is to be waited for
    Descriptor out_;
    Descriptor errors_;
    HelperOutput output_;
};

}  // namespace

Result<HelperOutput> run_helper(
    const std::string& program, std::string_view input, milliseconds time
) {
    if (input.size() > PIPE_BUF) {
        return fail(
            ErrorCode::invalid, "asking '" + program + "': the registry's name is too long"
        );
    }
    const auto deadline = steady_clock::now() + time;
    Child child;
    if (const int error = child.start(program, input); error != 0) {
        return refuse_start(program, error);
    }
    while (true) {
        const bool ended = child.has_ended();  // asked first, so that its last words are read
        const bool more = child.read_some(ended ? milliseconds(0) : tick);
        if (child.output().answer.size() > most_bytes || child.output().notes.size() > most_bytes) {
            return fail(ErrorCode::too_large, "'" + program + "' said more than 64 KiB");
        }
        if (ended && !more) {
            return std::move(child.output());
        }
        if (steady_clock::now() >= deadline) {
            return fail(
                ErrorCode::unavailable,
                "'" + program + "' did not end within " + std::to_string(time.count()) +
                    " ms and was killed; it must answer without a person's help"
            );
        }
    }
}

}  // namespace slipway::registry
