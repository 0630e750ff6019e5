#include "server/base/program.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <signal.h>  // kill: not in <csignal>
#include <spawn.h>
#include <stdlib.h>  // glibc has the wait macros here too
#include <string>
#include <string_view>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway {
namespace {

using std::chrono::milliseconds;

/// Words as `exec` takes them; valid as long as `words`.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// Without our own variables, some of which are secrets.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
    std::vector<std::string> all;
    for (char** inherited = environ; *inherited != nullptr; ++inherited) {
        const std::string_view entry(*inherited);
        const std::string name(entry.substr(0, entry.find('=')));
        if (!name.starts_with("SLIPWAY_") && !variables.contains(name)) {
            all.emplace_back(entry);
        }
    }
    for (const auto& [name, value] : variables) {
        all.push_back(name);
        all.back().append("=").append(value);
    }
    return all;
}

/// How the child begins: its three streams, a process group of its own, signals as in a new login.
class SpawnOptions {
public:
    SpawnOptions(int input, int output, int errors) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
        // Asio's sockets are inherited: who outlives us would keep our port.
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
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
    int spawn(const ProgramCall& call, pid_t& id) {
        if (!call.folder.empty()) {
            ::posix_spawn_file_actions_addchdir_np(&actions_, call.folder.c_str());
        }
        std::vector<std::string> words = call.words;
        std::vector<std::string> environment = environment_with(call.variables);
        return ::posix_spawnp(
            &id,
            words.at(0).c_str(),
            &actions_,
            &attributes_,
            pointers_to(words).data(),
            pointers_to(environment).data()
        );
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

void Program::Descriptor::close() {
    if (value_ >= 0) {
        ::close(std::exchange(value_, -1));
    }
}

bool Program::Pipe::open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return false;
    }
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
    return true;
}

Program::~Program() {
    if (id_ > 0) {
        ::kill(-id_, SIGKILL);
        ::kill(id_, SIGKILL);  // it may have left its group
        wait(0);
    }
}

int Program::start(const ProgramCall& call) {
    Pipe in;
    Pipe out;
    Pipe errors;
    if (!in.open() || !out.open() || !errors.open()) {
        return errno;
    }
    // Before it starts: what fits is written at once, and no SIGPIPE comes while we hold the
    // other end.
    if (::write(in.writer.get(), call.input.data(), call.input.size()) < 0) {
        return errno;
    }
    in.writer.close();
    SpawnOptions options(in.reader.get(), out.writer.get(), errors.writer.get());
    if (const int error = options.spawn(call, id_); error != 0) {
        id_ = 0;
        return error;
    }
    out_ = std::move(out.reader);
    errors_ = std::move(errors.reader);
    return 0;
}

bool Program::has_ended() {
    if (id_ > 0) {
        wait(WNOHANG);
    }
    return id_ == 0;
}

bool Program::read_some(milliseconds patience) {
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

void Program::wait(int options) {
    int status = 0;
    pid_t waited = 0;
    do {
        waited = ::waitpid(id_, &status, options);
    } while (waited < 0 && errno == EINTR);
    if (waited != 0) {
        id_ = 0;
        exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
}

void Program::append(Descriptor& from, std::string& to) {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(from.get(), buffer.data(), buffer.size());
    if (size > 0) {
        to.append(buffer.data(), static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EINTR) {
        from.close();  // poll() leaves it out from now on
    }
}

bool may_pass(int error) {
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

}  // namespace slipway
