#pragma once

#include <array>
#include <cstddef>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::test {

/// A program with a pipe to its standard input and one from its standard output. It is expected to
/// end when its input does, which is what the destructor waits for.
class Process {
public:
    explicit Process(std::vector<std::string> command) {
        std::array<int, 2> input{};
        std::array<int, 2> output{};
        if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "making a pipe");
        }
        posix_spawn_file_actions_t actions{};
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
        std::vector<char*> words;
        for (std::string& word : command) {
            words.push_back(word.data());
        }
        words.push_back(nullptr);
        const int error = ::posix_spawnp(&id_, words[0], &actions, nullptr, words.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(input[0]);
        ::close(output[1]);
        input_ = input[1];
        output_ = output[0];
        if (error != 0) {
            throw std::system_error(error, std::generic_category(), "starting " + command[0]);
        }
    }

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    Process(Process&&) = delete;
    Process& operator=(Process&&) = delete;

    ~Process() { wait(); }

    /// The next line of its output, without the line's end; what there is where it ends first.
    std::string read_line() {
        std::string line;
        char next = 0;
        while (::read(output_, &next, 1) == 1 && next != '\n') {
            line += next;
        }
        return line;
    }

    /// All the rest of its output.
    std::string read_all() {
        std::string text;
        std::array<char, 4096> buffer{};
        for (ssize_t size = 0; (size = ::read(output_, buffer.data(), buffer.size())) > 0;) {
            text.append(buffer.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

    /// Closes its input and waits for its end; 0 is success.
    int wait() {
        if (id_ != 0) {
            ::close(input_);
            ::waitpid(std::exchange(id_, 0), &status_, 0);
            ::close(output_);
        }
        return status_;
    }

private:
    pid_t id_ = 0;
    int input_ = -1;
    int output_ = -1;
    int status_ = 0;
};

/// Runs a program to its end and returns its output without line ends at the end. Throws where it
/// fails.
inline std::string run(std::vector<std::string> command) {
    std::string shown;
    for (const std::string& word : command) {
        shown += word + " ";
    }
    Process process(std::move(command));
    std::string output = process.read_all();
    if (process.wait() != 0) {
        throw std::runtime_error("failed: " + shown);
    }
    output.erase(output.find_last_not_of('\n') + 1);
    return output;
}

}  // namespace slipway::test
