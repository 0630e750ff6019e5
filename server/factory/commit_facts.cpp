#include "server/factory/commit_facts.hpp"

#include "core/base/result.hpp"
#include "core/git/repository.hpp"
#include "core/model/object_id.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/make_plan.hpp"
#include "core/plan/plan.hpp"
#include "server/base/run_blocking.hpp"
#include "server/config/config.hpp"
#include "server/config/live_config.hpp"
#include "server/factory/prepare.hpp"
#include "server/planning/catalog_cache.hpp"
#include "server/planning/planner.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

Result<git::Commit> find_commit(git::Repository& git, const std::string& text) {
    const auto id = model::parse_object_id(text);
    if (!id) {
        return fail(ErrorCode::not_found, "there is no commit '" + text + "'");
    }
    return git.commit(*id);
}

}  // namespace

struct CommitFacts::Shelf {
    std::filesystem::path mirror;
    planning::Planner planner;
    std::mutex one_at_a_time;  // guards the planner

    Shelf(const config::Repository& repository, const std::filesystem::path& data)
        : mirror(data / "mirrors" / (repository.name + ".git")),
          planner(catalog_options(repository), planning::CatalogCache({}, "", {})) {}

    Result<plan::ExplainInput> facts_of(const plan::Plan& plan, const std::string& folder) {
        auto git = git::Repository::open(mirror.string());
        if (!git) {
            return std::unexpected(git.error());
        }
        git::Commit before;
        if (!plan.base_commit.empty()) {
            auto found = find_commit(**git, plan.base_commit);
            if (!found) {
                return std::unexpected(found.error());
            }
            before = *std::move(found);
        }
        const auto after = find_commit(**git, plan.after);
        if (!after) {
            return std::unexpected(after.error());
        }
        return compare(**git, before.tree, after->tree, plan, folder);
    }

    Result<plan::ExplainInput> compare(
        git::Repository& git,
        const model::ObjectId& before_tree,
        const model::ObjectId& after_tree,
        const plan::Plan& plan,
        const std::string& folder
    ) {
        const std::scoped_lock lock(one_at_a_time);
        const auto before = planner.catalog_of(git, before_tree);
        if (!before) {
            return std::unexpected(before.error());
        }
        const auto after = planner.catalog_of(git, after_tree);
        if (!after) {
            return std::unexpected(after.error());
        }
        const plan::Sides sides{*before, *after, before_tree, after_tree};
        return plan::facts_of(sides, plan, folder);
    }

    [[nodiscard]] Result<std::optional<std::size_t>> find_first_with(
        const std::string& commit, const std::vector<std::string>& afters
    ) const {
        auto git = git::Repository::open(mirror.string());
        if (!git) {
            return std::unexpected(git.error());
        }
        const auto wanted = find_commit(**git, commit);
        if (!wanted) {
            return std::unexpected(wanted.error());
        }
        std::optional<std::size_t> first;
        for (std::size_t place = 0; place < afters.size(); ++place) {
            const auto after = model::parse_object_id(afters[place]);
            const auto base = after ? (*git)->merge_base(wanted->id, *after)
                                    : Result<std::optional<model::ObjectId>>(std::nullopt);
            const bool has_it = base && *base && **base == wanted->id;
            if (!has_it && first) {
                break;  // it came with the one before
            }
            first = has_it ? place : first;
        }
        return first;
    }
};

CommitFacts::CommitFacts(const config::LiveConfig& config, net::thread_pool& blocking)
    : config_(config), blocking_(blocking) {}

CommitFacts::~CommitFacts() = default;

Result<CommitFacts::Shelf*> CommitFacts::find_shelf(const std::string& name) {
    const config::Config& config = config_.current();
    const auto repository = std::ranges::find(config.repositories, name, &config::Repository::name);
    if (repository == config.repositories.end()) {
        return fail(ErrorCode::not_found, "repository " + name + " is not configured");
    }
    std::unique_ptr<Shelf>& shelf = shelves_[&*repository];
    if (!shelf) {
        shelf = std::make_unique<Shelf>(*repository, config.data);
    }
    return shelf.get();
}

net::awaitable<Result<plan::ExplainInput>> CommitFacts::of(
    std::string repository, plan::Plan plan, std::string folder
) {
    const auto shelf = find_shelf(repository);
    if (!shelf) {
        co_return std::unexpected(shelf.error());
    }
    const auto read = [&] { return (*shelf)->facts_of(plan, folder); };
    co_return co_await run_blocking(blocking_, read);
}

net::awaitable<Result<std::optional<std::size_t>>> CommitFacts::find_first_with(
    std::string repository, std::string commit, std::vector<std::string> afters
) {
    const auto shelf = find_shelf(repository);
    if (!shelf) {
        co_return std::unexpected(shelf.error());
    }
    const auto read = [&] { return (*shelf)->find_first_with(commit, afters); };
    co_return co_await run_blocking(blocking_, read);
}

}  // namespace slipway::factory
