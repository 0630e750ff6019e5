#include "core/plan/plan_json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/local.hpp"
#include "server/cli/options.hpp"
#include "server/cli/table.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

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
    const std::string text =
        options.format == Format::json
            ? plan::to_json(planned->plan)
                      .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                  "\n"
            : to_text(planned->plan);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return report_errors(planned->plan);
}

}  // namespace slipway::cli
