#pragma once

#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/ledger_model.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace slipway::store {

/// What a store does, as store.hpp tells it, without a database: to be compared with one. It is
/// told the ids that the store gave. What is not compared (logs, images, texts) it does not know.
class StoreModel {
public:
    struct ModelStep {
        Step as_planned;
        model::StepState state = model::StepState::waiting;
        WorkerId claimant;   ///< 0: nobody
        std::string worker;  ///< who had it last when it was ready
        std::optional<Time> not_before;
        bool over = false;
    };

    struct ModelBuild {
        BuildId id;
        NewBuild wanted;
        model::BuildState state = model::BuildState::queued;
        model::BuildState ending = model::BuildState::queued;  ///< queued: its steps decide
        bool planned = false;
        bool keeps_ledger = false;
        WorkerId planner;  ///< 0: nobody
        std::string home;  ///< of a build that does not push all
        std::vector<ModelStep> steps;
    };

    explicit StoreModel(bool many_workers) : many_workers_(many_workers) {}

    void set_now(Time now) { now_ = now; }

    void add_build(BuildId id, const NewBuild& wanted) {
        builds_[id].id = id;
        builds_[id].wanted = wanted;
    }

    /// Whether what the daemon found itself is the same build as one that waits or runs.
    [[nodiscard]] bool is_same_push(const NewBuild& found, BuildId known) const {
        const auto build = builds_.find(known);
        return found.trigger == Trigger::reconcile && found.folders.empty() &&
               build != builds_.end() && !model::is_final(build->second.state) &&
               is_push_of(build->second.wanted, found);
    }

    /// Whether the newest one that waits is it.
    [[nodiscard]] bool is_waiting(const NewBuild& found) const {
        for (const auto& [id, build] : std::views::reverse(builds_)) {
            if (build.state == model::BuildState::queued &&
                build.wanted.repository == found.repository && build.wanted.ref == found.ref) {
                return build.wanted.after == found.after && is_same_push(found, id);
            }
        }
        return false;
    }

    void add_worker(WorkerId id, const std::string& name) {
        for (const auto& [earlier, worker] : std::map(workers_)) {
            if (!many_workers_ || worker.name == name) {
                free(earlier);
            }
        }
        workers_[id] = {name, now_ + lease_time};
    }

    /// Nothing: a conflict. So it is with all that follow.
    std::optional<std::vector<StepKey>> heartbeat(WorkerId id) {
        if (!workers_.contains(id)) {
            return std::nullopt;
        }
        workers_[id].lease_until = now_ + lease_time;
        for (const auto& [other, worker] : std::map(workers_)) {
            if (worker.lease_until < now_) {
                free(other);
            }
        }
        std::vector<StepKey> stop;
        for (const auto& [build_id, build] : builds_) {
            for (const ModelStep& step : build.steps) {
                if (step.claimant == id && build.ending == model::BuildState::cancelled) {
                    stop.push_back({build_id, step.as_planned.position});
                }
            }
        }
        return stop;
    }

    std::optional<BuildId> claim_build(WorkerId worker) {
        if (!workers_.contains(worker)) {
            return std::nullopt;
        }
        for (auto& [id, build] : builds_) {
            supersede_steps(build);
        }
        ModelBuild* const chosen = choose();
        if (chosen == nullptr) {
            return std::nullopt;
        }
        chosen->state = model::BuildState::running;
        chosen->planner = worker;
        return chosen->id;
    }

    std::optional<BuildEnd> record_plan(WorkerId worker, BuildId id, const PlanRecord& plan) {
        ModelBuild& build = builds_.at(id);
        if (!is_planner(worker, build)) {
            return std::nullopt;
        }
        build.planned = true;
        build.planner = {};
        build.keeps_ledger = plan.keeps_ledger;
        build.wanted.before = plan.before;
        build.wanted.after = plan.after;
        for (const Step& step : plan.steps) {
            ModelStep& added = build.steps.emplace_back();
            added.as_planned = step;
            added.state = step.state;
        }
        ledger_.plan(branch_of(build), plan, now_);
        if (build.ending == model::BuildState::cancelled) {
            cancel_steps(build, false);
        }
        return end_if_done(build);
    }

    bool finish(WorkerId worker, BuildId id, model::BuildState state) {
        ModelBuild& build = builds_.at(id);
        if (!is_planner(worker, build)) {
            return false;
        }
        build.state = build.ending == model::BuildState::queued ? state : build.ending;
        return true;
    }

    std::vector<StepKey> claim_steps(WorkerId id, int most) {
        std::vector<StepKey> claimed;
        while (workers_.contains(id) && static_cast<int>(claimed.size()) < most) {
            const auto next = next_step(workers_[id].name);
            if (!next) {
                break;
            }
            ModelBuild& build = builds_.at(next->build);
            ModelStep& step = build.steps.at(static_cast<std::size_t>(next->position));
            build.home = workers_[id].name;
            step.claimant = id;
            step.not_before.reset();
            if (step.state == model::StepState::ready) {
                step.worker = workers_[id].name;
            }
            claimed.push_back(*next);
        }
        return claimed;
    }

    std::optional<BuildEnd> move_step(
        WorkerId worker,
        StepKey key,
        model::StepState to,
        std::optional<Time> not_before,
        bool release
    ) {
        using enum model::StepState;
        ModelBuild& build = builds_.at(key.build);
        ModelStep& step = build.steps.at(static_cast<std::size_t>(key.position));
        const bool over = model::is_final(to) || (to == built && !step.as_planned.push);
        if (step.claimant != worker || worker == WorkerId{} ||
            (step.state != to && !model::may_follow(step.state, to)) ||
            (release && (to == building || to == pushing))) {
            return std::nullopt;
        }
        step.state = to;
        step.not_before = not_before;
        if (over) {
            return end_step(build, step);
        }
        if (!release) {
            return BuildEnd{};
        }
        step.claimant = {};
        if (build.ending != model::BuildState::cancelled) {
            return BuildEnd{};
        }
        cancel_steps(build, true);
        return end_if_done(build);
    }

    std::optional<BuildEnd> cancel(BuildId id) {
        ModelBuild& build = builds_.at(id);
        if (model::is_final(build.state)) {
            return std::nullopt;
        }
        const bool is_of_branch = is_push(build) && build.wanted.ref.starts_with("refs/heads/");
        if (build.state == model::BuildState::queued && !is_of_branch) {
            build.state = model::BuildState::cancelled;
            return BuildEnd{build.state};
        }
        build.ending = model::BuildState::cancelled;
        if (!build.planned) {
            return BuildEnd{};
        }
        cancel_steps(build, true);
        return end_if_done(build);
    }

    [[nodiscard]] const std::map<BuildId, ModelBuild>& builds() const { return builds_; }

    LedgerModel& ledger() { return ledger_; }

    [[nodiscard]] std::vector<WorkerId> workers() const {
        std::vector<WorkerId> ids;
        for (const auto& [id, worker] : workers_) {
            ids.push_back(id);
        }
        return ids;
    }

private:
    static bool is_push_of(const NewBuild& build, const NewBuild& found) {
        return build.repository == found.repository && build.ref == found.ref &&
               build.trigger != Trigger::manual && build.folders.empty();
    }

    struct Worker {
        std::string name;
        Time lease_until;
    };

    [[nodiscard]] bool is_alive(const std::string& name) const {
        return std::ranges::any_of(workers_, [&](const auto& worker) {
            return worker.second.name == name && worker.second.lease_until >= now_;
        });
    }

    static bool is_planner(WorkerId worker, const ModelBuild& build) {
        return worker != WorkerId{} && build.state == model::BuildState::running &&
               !build.planned && build.planner == worker;
    }

    /// Of a whole branch, and so overtaken by a newer one.
    static bool is_push(const ModelBuild& build) {
        return build.wanted.trigger != Trigger::manual && build.wanted.folders.empty() &&
               !build.wanted.ref.empty();
    }

    static bool is_same_branch(const ModelBuild& one, const ModelBuild& other) {
        return one.wanted.repository == other.wanted.repository &&
               one.wanted.ref == other.wanted.ref;
    }

    /// The newest push that waits and overtakes `build`.
    ModelBuild* newer_than(const ModelBuild& build) {
        ModelBuild* newest = nullptr;
        for (auto& [id, other] : builds_) {
            if (other.state == model::BuildState::queued &&
                other.ending == model::BuildState::queued && id > build.id && is_push(build) &&
                is_push(other) && is_same_branch(build, other) && !is_late(other) &&
                (build.state != model::BuildState::running || follows(build, other))) {
                newest = &other;
            }
        }
        return newest;
    }

    /// From the end of `running` on something was announced until `build` was.
    [[nodiscard]] bool follows(const ModelBuild& running, const ModelBuild& build) const {
        return std::ranges::any_of(builds_, [&](const auto& entry) {
            const ModelBuild& next = entry.second;
            return next.id > running.id && next.id <= build.id && is_push(next) &&
                   is_same_branch(next, running) && next.wanted.before == running.wanted.after;
        });
    }

    /// A push that was announced before it begins where it ends.
    [[nodiscard]] bool is_late(const ModelBuild& build) const {
        return std::ranges::any_of(builds_, [&](const auto& entry) {
            const ModelBuild& earlier = entry.second;
            return earlier.id < build.id && is_push(earlier) && is_same_branch(earlier, build) &&
                   earlier.wanted.before == build.wanted.after;
        });
    }

    void supersede_steps(ModelBuild& build) {
        if (build.state != model::BuildState::running || !build.planned ||
            build.ending != model::BuildState::queued) {
            return;
        }
        if (newer_than(build) != nullptr && cancel_steps(build, false)) {
            build.ending = model::BuildState::superseded;
            end_if_done(build);
        }
    }

    ModelBuild* choose() {
        ModelBuild* first = nullptr;
        for (auto& [id, build] : builds_) {
            if (build.state == model::BuildState::running && !build.planned &&
                build.planner == WorkerId{}) {
                return &build;
            }
            if (build.state == model::BuildState::queued && !is_busy(build.wanted.repository) &&
                (first == nullptr || build.wanted.trigger < first->wanted.trigger)) {
                first = &build;
            }
        }
        return first == nullptr ? nullptr : supersede_queued(*first);
    }

    bool is_busy(const std::string& repository) {
        return std::ranges::any_of(builds_, [&](const auto& build) {
            return build.second.wanted.repository == repository &&
                   build.second.state == model::BuildState::running;
        });
    }

    ModelBuild* supersede_queued(ModelBuild& first) {
        const bool is_cancelled = first.ending != model::BuildState::queued;
        ModelBuild* const newest = is_cancelled ? nullptr : newer_than(first);
        if (newest == nullptr) {
            return &first;
        }
        for (auto& [id, build] : builds_) {
            if (build.state == model::BuildState::queued && id < newest->id && is_push(build) &&
                is_same_branch(build, *newest)) {
                build.state = model::BuildState::superseded;
            }
        }
        return newest;
    }

    [[nodiscard]] bool is_claimable(const ModelStep& step, const std::string& name) const {
        using enum model::StepState;
        const bool is_here = step.state == ready || step.worker == name || !is_alive(step.worker);
        return (step.state == ready || step.state == built) && !step.over &&
               step.claimant == WorkerId{} && step.not_before.value_or(now_) <= now_ && is_here;
    }

    [[nodiscard]] bool may_move_in(const ModelBuild& build, const std::string& name) const {
        const bool all_pushed = std::ranges::all_of(build.steps, [](const ModelStep& step) {
            return step.as_planned.push;
        });
        return all_pushed || build.home.empty() || build.home == name || !is_alive(build.home);
    }

    [[nodiscard]] std::optional<StepKey> next_step(const std::string& name) const {
        using Rank = std::tuple<StepPriority, std::ptrdiff_t, BuildId, int>;
        std::optional<Rank> best;
        for (const auto& [id, build] : builds_) {
            if (build.state != model::BuildState::running || !may_move_in(build, name)) {
                continue;
            }
            const auto busy = std::ranges::count_if(build.steps, [](const ModelStep& step) {
                return step.claimant != WorkerId{};
            });
            for (const ModelStep& step : build.steps) {
                const Step& planned = step.as_planned;
                if (is_claimable(step, name)) {
                    const Rank rank{planned.priority, busy, id, planned.position};
                    best = std::min(best.value_or(rank), rank);
                }
            }
        }
        return best.transform([](const Rank& rank) {
            return StepKey{std::get<2>(rank), std::get<3>(rank)};
        });
    }

    void free(WorkerId id) {
        workers_.erase(id);
        for (auto& [build_id, build] : builds_) {
            build.planner = build.planner == id ? WorkerId{} : build.planner;
            bool freed = false;
            for (ModelStep& step : build.steps) {
                if (step.claimant == id) {
                    using enum model::StepState;
                    step.claimant = {};
                    step.state = step.state == building  ? ready
                                 : step.state == pushing ? built
                                                         : step.state;
                    freed = true;
                }
            }
            if (freed && build.ending == model::BuildState::cancelled) {
                cancel_steps(build, true);
                end_if_done(build);
            }
        }
    }

    /// Whether there was one. `also_built`: those that wait to be pushed as well.
    bool cancel_steps(ModelBuild& build, bool also_built) {
        using enum model::StepState;
        bool any = false;
        for (ModelStep& step : build.steps) {
            const bool fits =
                step.state == waiting || step.state == ready || (also_built && step.state == built);
            if (step.claimant == WorkerId{} && !step.over && fits) {
                step.state = cancelled;
                step.over = true;
                ledger_.explain(branch_of(build), step.as_planned.folder, "cancelled");
                any = true;
            }
        }
        return any;
    }

    BuildEnd end_step(ModelBuild& build, ModelStep& step) {
        using enum model::StepState;
        step.claimant = {};
        step.over = true;
        if (step.state == pushed || step.state == unchanged || step.state == built) {
            ledger_.settle(branch_of(build), step.as_planned);
        } else {
            ledger_.explain(
                branch_of(build), step.as_planned.folder, std::string(to_string(step.state))
            );
            skip_dependents(build, step.as_planned.position);
        }
        for (ModelStep& other : build.steps) {
            if (other.state == waiting &&
                std::ranges::all_of(other.as_planned.needs, [&](int need) {
                    return is_done(build, need);
                })) {
                other.state = ready;
            }
        }
        return end_if_done(build);
    }

    static bool is_done(const ModelBuild& build, int position) {
        using enum model::StepState;
        const ModelStep& step = build.steps.at(static_cast<std::size_t>(position));
        return step.over &&
               (step.state == pushed || step.state == unchanged || step.state == built);
    }

    void skip_dependents(ModelBuild& build, int position) {
        for (ModelStep& step : build.steps) {
            if (!step.over && std::ranges::count(step.as_planned.needs, position) > 0) {
                step.state = model::StepState::skipped;
                step.over = true;
                ledger_.explain(branch_of(build), step.as_planned.folder, "skipped");
                skip_dependents(build, step.as_planned.position);
            }
        }
    }

    static BuildEnd end_if_done(ModelBuild& build) {
        if (!std::ranges::all_of(build.steps, &ModelStep::over)) {
            return {};
        }
        const bool failed = std::ranges::any_of(build.steps, [&](const ModelStep& step) {
            return !is_done(build, step.as_planned.position);
        });
        build.state = failed ? model::BuildState::failed : model::BuildState::succeeded;
        if (build.ending != model::BuildState::queued) {
            build.state = build.ending;
        }
        return {build.state};
    }

    static LedgerModel::Branch branch_of(const ModelBuild& build) {
        return {
            .build = build.id,
            .repository = build.wanted.repository,
            .ref = build.wanted.ref,
            .commit = build.wanted.after,
            .keeps_ledger = build.keeps_ledger,
        };
    }

    bool many_workers_;
    Time now_{};
    std::map<BuildId, ModelBuild> builds_;
    std::map<WorkerId, Worker> workers_;
    LedgerModel ledger_;
};

}  // namespace slipway::store
