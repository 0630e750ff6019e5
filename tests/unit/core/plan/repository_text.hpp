#pragma once

#include "core/catalog/catalog.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/memory_tree.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/make_plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace slipway::test {

using Files = std::map<std::string, std::string>;

/// A commit's files as text, its tree and its catalog.
struct Commit {
    model::ObjectId tree;
    catalog::Catalog catalog;
};

/// Commits in memory, and plans between them.
class TextRepository {
public:
    Commit commit(const Files& files, const catalog::Known* known = nullptr) {
        std::map<std::string, git::MemoryTree::File> entries;
        for (const auto& [path, content] : files) {
            entries[path] = {content, git::EntryKind::file};
        }
        return commit_entries(entries, known);
    }

    Commit commit_entries(
        const std::map<std::string, git::MemoryTree::File>& entries,
        const catalog::Known* known = nullptr
    ) {
        const model::ObjectId tree = objects.add(entries);
        return {tree, catalog::read_catalog(objects, tree, options, known).value()};
    }

    plan::Plan plan(
        const Commit& before, const Commit& after, const plan::PlanOptions& plan_options = {}
    ) {
        const plan::Sides sides{before.catalog, after.catalog, before.tree, after.tree};
        return plan::make_plan(objects, sides, plan_options).value();
    }

    git::MemoryTree objects;
    catalog::CatalogOptions options;
};

/// An image folder: a manifest of `name:1` and a Dockerfile on `from`.
inline Files image(
    const std::string& folder,
    const std::string& name,
    const std::string& from,
    const std::string& more = ""
) {
    const std::string prefix = folder == "." ? "" : folder + "/";
    return {
        {prefix + "manifest.yml", "image: " + name + "\nversion: 1\n" + more},
        {prefix + "Dockerfile", "FROM " + from + "\n"},
    };
}

inline Files operator+(Files left, const Files& right) {
    for (const auto& [path, content] : right) {
        left[path] = content;
    }
    return left;
}

inline std::vector<std::string> folders(const plan::Plan& plan) {
    std::vector<std::string> names;
    for (const plan::Step& step : plan.steps) {
        names.push_back(step.folder);
    }
    return names;
}

}  // namespace slipway::test
