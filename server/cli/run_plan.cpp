#include "core/plan/gitlab_pipeline.hpp"
#include "core/plan/plan_json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/local.hpp"
#include "server/cli/options.hpp"
#include "server/cli/table.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace slipway::cli {

int run_plan(const PlanOptions& options) {
    auto local = open_local(options.repository, options.registry);
    if (!local) {
        return local.error();
    }
    const auto planned = plan_local(*local, options);
    if (!planned) {
        return planned.error();
    }
    if (options.format == Format::json) {
        print_json(plan::to_json(planned->plan));
    } else if (options.format == Format::gitlab) {
        std::fputs(plan::to_gitlab_pipeline(planned->plan, options.registry).c_str(), stdout);
    } else {
        std::fputs(to_text(planned->plan).c_str(), stdout);
    }
    return report_errors(planned->plan);
}

}  // namespace slipway::cli
