#include "core/base/result.hpp"
#include "core/base/source_error.hpp"
#include "core/base/utf8.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/context/context.hpp"
#include "core/git/source_tree.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/local.hpp"
#include "server/cli/options.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <utility>

namespace slipway::cli {
namespace {

int print_list(const context::ContextList& list) {
    for (const context::ContextEntry& entry : list.entries) {
        std::printf(
            "%s%s\n",
            printable(entry.path).c_str(),
            entry.kind == git::EntryKind::directory ? "/" : ""
        );
    }
    return exit_done;
}

int write_tar(git::SourceTree& tree, context::ContextList list, std::int64_t time) {
    context::ContextTar tar(tree, std::move(list), time);
    while (true) {
        const auto piece = tar.next();
        if (!piece) {
            return report(piece.error());
        }
        if (piece->empty()) {
            return exit_done;
        }
        if (std::fwrite(piece->data(), 1, piece->size(), stdout) != piece->size()) {
            return report(
                {ErrorCode::unavailable, "writing the context: standard output does not take it"}
            );
        }
    }
}

}  // namespace

int run_context(const ContextOptions& options) {
    auto local = open_local(options.repository, "");
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
    const std::string folder = named_folder(options.folder);
    const auto index = catalog->find(catalog::stored_folder(folder));
    if (!index) {
        return report(
            {ErrorCode::not_found,
             "'" + options.folder + "' is no image folder at " + options.revision}
        );
    }
    const catalog::Image image = catalog->image(*index);
    if (!image.manifest) {
        for (const SourceError& error : image.errors) {
            std::fprintf(stderr, "%s\n", to_string(error).c_str());
        }
        return exit_wrong;
    }
    auto list = context::list_context(
        *local->repository, image.tree, image.folder, image.manifest->dockerfile
    );
    if (!list) {
        return report(list.error());
    }
    for (const SourceError& error : list->errors) {
        std::fprintf(stderr, "%s\n", to_string(error).c_str());
    }
    if (!list->errors.empty()) {
        return exit_wrong;
    }
    if (options.list) {
        return print_list(*list);
    }
    if (::isatty(STDOUT_FILENO) == 1) {
        return report(
            {ErrorCode::invalid, "a tar stream is not for a terminal: redirect it, or use --list"}
        );
    }
    return write_tar(*local->repository, std::move(*list), commit->time);
}

}  // namespace slipway::cli
