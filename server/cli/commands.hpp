#pragma once

#include "server/cli/options.hpp"

namespace slipway::cli {

// Each does one command, prints what it has to say, and answers the exit code.
[[nodiscard]] int run_plan(const PlanOptions& options);
[[nodiscard]] int run_build(const BuildOptions& options);
[[nodiscard]] int run_explain(const ExplainOptions& options);
[[nodiscard]] int run_check(const CheckOptions& options);
[[nodiscard]] int run_context(const ContextOptions& options);
[[nodiscard]] int run_serve(const ServeOptions& options);

}  // namespace slipway::cli
