#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/base/utf8.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/explain_json.hpp"
#include "core/plan/make_plan.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/local.hpp"
#include "server/cli/options.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::cli {
namespace {

/// Its lines hold names of the repository.
void print_words(std::string_view words) {
    while (!words.empty()) {
        const std::string_view line = words.substr(0, words.find('\n'));
        std::printf("%s\n", printable(line).c_str());
        words.remove_prefix(std::min(words.size(), line.size() + 1));
    }
}

int report_what_is_wrong(const plan::ExplainInput& facts) {
    for (const SourceError& error : facts.errors) {
        std::fprintf(stderr, "%s\n", to_string(error).c_str());
    }
    if (facts.subject.before_tree.empty() && facts.subject.after_tree.empty()) {
        return report(
            {ErrorCode::failed, "'" + facts.subject.folder + "' is no image folder at either commit"
            }
        );
    }
    return facts.errors.empty() ? exit_done : exit_wrong;
}

}  // namespace

int run_explain(const ExplainOptions& options) {
    auto local = open_local(options.plan.repository, options.plan.registry);
    if (!local) {
        return local.error();
    }
    const auto planned = plan_local(*local, options.plan);
    if (!planned) {
        return planned.error();
    }
    const auto before = local->planner->catalog_of(*local->repository, planned->range.base_tree);
    if (!before) {
        return report(before.error());
    }
    const plan::Sides sides{
        *before, planned->catalog, planned->range.base_tree, planned->range.after.tree
    };
    const auto facts = plan::facts_of(sides, planned->plan, named_folder(options.folder));
    const plan::Explanation explanation = plan::explain(facts);
    if (options.plan.format == Format::json) {
        print_json(plan::to_json(explanation));
    } else {
        print_words(plan::in_words(explanation));
    }
    return report_what_is_wrong(facts);
}

}  // namespace slipway::cli
