#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/options.hpp"

#include <cstdio>
#include <exception>
#include <variant>

namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

int run(const slipway::cli::Command& command) {
    namespace cli = slipway::cli;
    return std::visit(
        Overloaded{
            [](const cli::PlanOptions& options) { return cli::run_plan(options); },
            [](const cli::BuildOptions& options) { return cli::run_build(options); },
            [](const cli::ExplainOptions& options) { return cli::run_explain(options); },
            [](const cli::CheckOptions& options) { return cli::run_check(options); },
            [](const cli::ContextOptions& options) { return cli::run_context(options); },
            [](const cli::ServeOptions& options) { return cli::run_serve(options); },
            [](const cli::VersionOptions&) {
                std::puts("slipway " SLIPWAY_VERSION);
                return cli::exit_done;
            },
        },
        command
    );
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const auto command = slipway::cli::parse_arguments(count, arguments);
        if (!command) {
            std::fputs(command.error().out.c_str(), stdout);
            std::fputs(command.error().error.c_str(), stderr);
            return command.error().code;
        }
        return run(*command);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "slipway: unexpected: %s\n", error.what());
        return slipway::cli::exit_outside;
    }
}
