#include "server/registry/run_helper.hpp"

#include "core/base/result.hpp"
#include "server/base/program.hpp"

#include <chrono>
#include <climits>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t most_bytes = std::size_t{64} * 1024;
// How often its end is looked for while it says nothing. No pidfd: older containers forbid it.
constexpr milliseconds tick{10};

std::unexpected<Error> refuse_start(const std::string& program, int error) {
    const bool passing = may_pass(error);
    return fail(
        passing ? ErrorCode::unavailable : ErrorCode::invalid,
        "starting '" + program + "' from PATH: " + std::generic_category().message(error) +
            (passing ? "" : "; install it there, or change the config.json that names it")
    );
}

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
    Program child;
    if (const int error = child.start({.words = {program, "get"}, .input = input}); error != 0) {
        return refuse_start(program, error);
    }
    while (true) {
        const bool ended = child.has_ended();  // asked first, so that its last words are read
        const bool more = child.read_some(ended ? milliseconds(0) : tick);
        ProgramOutput& said = child.output();
        if (said.answer.size() > most_bytes || said.notes.size() > most_bytes) {
            return fail(ErrorCode::too_large, "'" + program + "' said more than 64 KiB");
        }
        if (ended && !more) {
            return HelperOutput{child.exit_code(), std::move(said.answer), std::move(said.notes)};
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
