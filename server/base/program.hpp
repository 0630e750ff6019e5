#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace slipway {

/// How another program is started.
struct ProgramCall {
    std::vector<std::string> words;                  ///< its name or path, then its arguments
    std::map<std::string, std::string> variables{};  ///< beside and before this process's own
    std::filesystem::path folder{};                  ///< it starts in; empty: this process's
    std::string_view input{};                        ///< its standard input, at most 4 KiB
};

/// What a program printed and was not taken yet.
struct ProgramOutput {
    std::string answer{};
    std::string notes{};  ///< its standard error
};

/// A program that runs, in a process group of its own, with its three streams alone, and without a
/// variable of ours (`SLIPWAY_…`), some of which are secrets. Where it still runs at the end of
/// this value it is killed with its group and waited for; what it left in the background after its
/// own end is left alone. One thread at a time.
class Program {
public:
    Program() = default;
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    Program(Program&&) = delete;
    Program& operator=(Program&&) = delete;
    ~Program();

    /// Once. A name without `/` is looked for on this process's PATH. 0, or the error number.
    [[nodiscard]] int start(const ProgramCall& call);

    /// Never waits. Also true where it was not started.
    [[nodiscard]] bool has_ended();

    /// Waits for output and reads up to 4 KiB of each stream; false: there was none in time.
    bool read_some(std::chrono::milliseconds patience);

    [[nodiscard]] ProgramOutput& output() { return output_; }

    /// 128 + the signal's number where a signal ended it, as in a shell.
    [[nodiscard]] int exit_code() const { return exit_code_; }

private:
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

        void close();

        [[nodiscard]] int get() const { return value_; }

    private:
        int value_ = -1;
    };

    struct Pipe {
        Descriptor reader;
        Descriptor writer;

        bool open();
    };

    void wait(int options);
    static void append(Descriptor& from, std::string& to);

    pid_t id_ = 0;  // 0: none that is to be waited for
    int exit_code_ = 0;
    Descriptor out_;
    Descriptor errors_;
    ProgramOutput output_;
};

/// Whether starting a program failed, by its error number, for a cause that may pass.
[[nodiscard]] bool may_pass(int error);

}  // namespace slipway
