#include "server/cli/local.hpp"

#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/base/utf8.hpp"
#include "core/catalog/image.hpp"
#include "core/git/range.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/options.hpp"
#include "server/planning/catalog_cache.hpp"
#include "server/planning/planner.hpp"

#include <cstdio>
#include <expected>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::cli {
namespace {

void print_error(const std::string& line) {
    std::fprintf(stderr, "%s\n", line.c_str());
}

std::string folder_name(const std::string& git_folder) {
    const std::filesystem::path path(git_folder);
    return path.filename() == ".git" ? path.parent_path().filename().string()
                                     : path.stem().string();
}

}  // namespace

int report(const Error& error) {
    print_error("slipway: " + printable(error.message));
    switch (error.code) {
        case ErrorCode::unavailable:
        case ErrorCode::internal:
            return exit_outside;
        case ErrorCode::failed:
        case ErrorCode::too_large:
            return exit_wrong;
        default:
            return exit_usage;
    }
}

std::expected<Local, int> open_local(const std::string& folder, const std::string& registry) {
    auto repository = git::Repository::open(folder);
    if (!repository) {
        return std::unexpected(report(repository.error()));
    }
    const std::string git_folder = (*repository)->git_folder();
    const catalog::CatalogOptions options{
        .default_registry = registry, .allowed_registries = {}, .roots = {}
    };
    auto planner = std::make_unique<planning::Planner>(
        options, planning::CatalogCache(planning::user_cache_folder(), git_folder, options)
    );
    return Local{std::move(*repository), std::move(planner), folder_name(git_folder)};
}

std::expected<planning::Planned, int> plan_local(Local& local, const PlanOptions& options) {
    if (model::classify_id(options.after) == model::IdKind::zeros) {
        print_error("slipway: after is zeros: the branch is gone, and nothing is built");
        return std::unexpected(exit_usage);
    }
    git::RangeQuery query;
    query.before = options.before;
    query.after = options.after;
    auto planned = local.planner->plan(*local.repository, query, {});
    if (!planned) {
        return std::unexpected(report(planned.error()));
    }
    planned->plan.repository = local.name;
    return std::move(*planned);
}

std::string named_folder(std::string_view typed) {
    while (typed.starts_with("./")) {
        typed.remove_prefix(2);
    }
    while (typed.ends_with('/')) {
        typed.remove_suffix(1);
    }
    return catalog::shown_folder(typed);
}

void print_json(const nlohmann::ordered_json& json) {
    const std::string text =
        json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
}

int report_errors(const plan::Plan& plan) {
    for (const SourceError& error : plan.errors) {
        print_error(to_string(error));
    }
    return plan.errors.empty() ? exit_done : exit_wrong;
}

}  // namespace slipway::cli
