#include "core/base/source_error.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/context/context.hpp"
#include "core/git/source_tree.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/local.hpp"
#include "server/cli/options.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace slipway::cli {
namespace {

/// What no plan reads: the .dockerignore of every sound image.
std::vector<SourceError> check_contexts(git::SourceTree& tree, const catalog::Catalog& catalog) {
    std::vector<SourceError> errors;
    for (std::size_t i = 0; i < catalog.size(); ++i) {
        if (catalog.is_broken(i)) {
            continue;
        }
        const catalog::Image image = catalog.image(i);
        const auto list =
            context::list_context(tree, image.tree, image.folder, image.manifest->dockerfile);
        if (!list) {
            errors.push_back(
                {catalog::path_in(image.folder, image.manifest->dockerfile),
                 1,
                 1,
                 list.error().message}
            );
            continue;
        }
        errors.insert(errors.end(), list->errors.begin(), list->errors.end());
    }
    return errors;
}

}  // namespace

int run_check(const CheckOptions& options) {
    auto local = open_local(options.repository, options.registry);
    if (!local) {
        return local.error();
    }
    const auto commit = local->repository->resolve(options.revision);
    if (!commit) {
        return report(commit.error());
    }
    const auto catalog = local->planner->catalog_of(*local->repository, commit->tree);
    if (!catalog) {
        return report(catalog.error());
    }
    std::vector<SourceError> errors = catalog->errors();
    const auto more = check_contexts(*local->repository, *catalog);
    errors.insert(errors.end(), more.begin(), more.end());
    std::ranges::sort(errors);
    for (const SourceError& error : errors) {
        std::fprintf(stderr, "%s\n", to_string(error).c_str());
    }
    std::printf("%zu images checked, %zu errors\n", catalog->size(), errors.size());
    return errors.empty() ? exit_done : exit_wrong;
}

}  // namespace slipway::cli
