#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/model_texts.hpp"
#include "tests/contract/store/store_contract.hpp"
#include "tests/contract/store/store_model.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <expected>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

using model::BuildState;
using model::StepState;

constexpr std::size_t operations_of_a_history = 40;

/// A number from the environment, as SLIPWAY_SEED and SLIPWAY_CASES of the differential tests.
std::optional<std::uint64_t> from_environment(const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing writes it
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::uint64_t>(std::stoull(value));
}

/// One history of random operations, made on a store and on the model of one at the same time.
class History {
public:
    History(
        Store& store,
        test::ManualClock& clock,
        net::io_context& context,
        bool many_workers,
        std::uint64_t seed
    )
        : store_(store),
          clock_(clock),
          context_(context),
          model_(many_workers),
          random_(seed),
          name_("h" + std::to_string(seed) + "-") {}

    /// The first difference; empty where there is none.
    std::string play() {
        try {
            model_.set_now(clock_.now());
            register_worker();
            for (std::size_t i = 0; i < operations_of_a_history && differences_.empty(); ++i) {
                random_operation();
                compare();
                if (chance(10)) {
                    compare_images();
                }
            }
            if (differences_.empty()) {
                bring_to_its_end();
            }
        } catch (const std::exception& exception) {
            differences_ += std::string("thrown: ") + exception.what();
        }
        return differences_.empty() ? "" : trace_ + "differs:\n" + differences_;
    }

private:
    std::size_t below(std::size_t end) { return random_() % end; }

    bool chance(std::size_t percent) { return below(100) < percent; }

    template <class T>
    const T& any_of(const std::vector<T>& values) {
        return values.at(below(values.size()));
    }

    template <class T>
    Result<T> run(net::awaitable<Result<T>> work) {
        return test::run_coroutine(context_, std::move(work));
    }

    template <class T>
    T get(net::awaitable<Result<T>> work) {
        Result<T> result = run(std::move(work));
        if (!result) {
            throw std::runtime_error(result.error().message);
        }
        if constexpr (!std::is_void_v<T>) {
            return *std::move(result);
        }
    }

    void expect(const std::string& what, const std::string& store, const std::string& model) {
        if (store != model) {
            differences_ += what + "\n  store: " + store + "\n  model: " + model + "\n";
        }
    }

    /// What a write answered; nothing of the model is a conflict of the store.
    template <class T>
    void expect(const std::string& what, const Result<T>& store, const std::optional<T>& model) {
        trace_ += what + "\n";
        const bool is_conflict = !store && store.error().code == ErrorCode::conflict;
        const std::string refused = is_conflict ? "conflict" : "an error";
        expect(what, store ? text_of(*store) : refused, model ? text_of(*model) : "conflict");
    }

    void random_operation() {
        struct Choice {
            std::size_t weight;
            void (History::*operation)();
        };

        static const std::vector<Choice> choices = {
            {10, &History::request},
            {5, &History::register_worker},
            {8, &History::heartbeat},
            {8, &History::let_time_pass},
            {14, &History::claim_build},
            {16, &History::record_plan},
            {2, &History::finish},
            {22, &History::claim_steps},
            {62, &History::move_step},
            {9, &History::cancel},
            {3, &History::owe},
            {1, &History::close_branch},
        };
        std::size_t left = below(160);
        for (const Choice& choice : choices) {
            if (left < choice.weight) {
                return (this->*choice.operation)();
            }
            left -= choice.weight;
        }
    }

    std::string repository() { return name_ + std::to_string(below(2)); }

    std::string ref() { return chance(5) ? "" : "refs/heads/" + std::to_string(below(2)); }

    /// Of the last few commits, so that pushes lead on, back and past each other.
    std::string commit() { return "c" + std::to_string(commits_ - below(std::min(commits_, 4UL))); }

    void request() {
        ++commits_;
        const std::size_t kind = below(10);
        NewBuild build;
        build.repository = repository();
        build.ref = ref();
        build.before = commit();
        build.after = commit();
        build.trigger = kind < 2 ? Trigger::manual : kind < 4 ? Trigger::reconcile : Trigger::push;
        if (chance(build.trigger == Trigger::manual ? 60 : 5)) {
            build.folders = {"a"};
        }
        const bool is_waiting = model_.is_waiting(build);
        const Accepted accepted = get(store_.request(build, ""));
        const BuildId id = accepted.build.value();
        trace_ += "request " + std::to_string(id.value) + " " + build.repository + " " + build.ref +
                  " " + build.before + ".." + build.after + " trigger " +
                  std::to_string(std::to_underlying(build.trigger)) + "\n";
        if (accepted.duplicate ? !model_.is_same_push(build, id) : is_waiting) {
            differences_ += "request: another build answers\n";
        }
        if (!accepted.duplicate) {
            model_.add_build(id, build);
            ids_.push_back(id);
        }
    }

    void register_worker() {
        const std::string name = "w" + std::to_string(below(3));
        const WorkerId id = get(store_.register_worker(name));
        trace_ += "register " + name + " as " + std::to_string(id.value) + "\n";
        model_.add_worker(id, name);
        workers_.push_back(id);
    }

    void let_time_pass() {
        const std::vector<std::chrono::milliseconds> steps = {
            std::chrono::seconds(1),
            std::chrono::seconds(12),
            lease_time,
            lease_time + std::chrono::milliseconds(1)
        };
        clock_.advance(any_of(steps));
        model_.set_now(clock_.now());
        trace_ += "now " + text_of(std::optional(clock_.now())) + "\n";
    }

    /// Mostly one that lives; sometimes one that is gone, or never was.
    WorkerId worker() {
        const std::vector<WorkerId> living = model_.workers();
        if (!living.empty() && chance(85)) {
            return any_of(living);
        }
        return chance(10) ? WorkerId{} : any_of(workers_);
    }

    void heartbeat() { heartbeat(worker()); }

    void heartbeat(WorkerId id) {
        Result<Orders> orders = run(store_.heartbeat(id));
        Result<std::vector<StepKey>> stop;
        if (orders) {
            std::ranges::sort(orders->stop);
            stop = orders->stop;
        } else {
            stop = std::unexpected(orders.error());
        }
        expect("heartbeat of " + std::to_string(id.value), stop, model_.heartbeat(id));
    }

    void claim_build() { claim_build(worker()); }

    void claim_build(WorkerId id) {
        const std::optional<Build> claimed = get(store_.claim_build(id));
        const auto found = claimed.transform([](const Build& build) { return build.id; });
        const std::string what = "claim_build by " + std::to_string(id.value);
        trace_ += what + ": " + text_of(found) + "\n";
        expect(what, text_of(found), text_of(model_.claim_build(id)));
    }

    /// A build, mostly one that fits; nothing: there is none at all.
    template <class Fits>
    std::optional<BuildId> a_build(Fits fits) {
        std::vector<BuildId> fitting;
        for (const BuildId id : ids_) {
            if (fits(model_.builds().at(id))) {
                fitting.push_back(id);
            }
        }
        if (!fitting.empty() && chance(90)) {
            return any_of(fitting);
        }
        return ids_.empty() ? std::nullopt : std::optional(any_of(ids_));
    }

    static bool is_unplanned(const StoreModel::ModelBuild& build) {
        return build.planner != WorkerId{};
    }

    Step random_step(int position, const std::string& folder) {
        Step step;
        step.position = position;
        step.folder = folder;
        step.image = folder + ":1";
        step.reasons = "[]";
        step.push = chance(85);
        step.priority = static_cast<StepPriority>(below(4));
        step.tree = "t" + std::to_string(below(3));
        for (int need = 0; need < position; ++need) {
            if (chance(40)) {
                step.needs.push_back(need);
            }
        }
        step.state = step.needs.empty() ? StepState::ready : StepState::waiting;
        return step;
    }

    PlanRecord random_plan(const NewBuild& build) {
        std::vector<std::string> folders = {"a", "b", "c", "d", "e"};
        std::ranges::shuffle(folders, random_);
        const std::size_t count = below(5);
        PlanRecord plan;
        plan.before = build.before;
        plan.after = build.after;
        plan.plan = "{}";
        plan.tree = chance(80) ? "tree" : "";
        plan.keeps_ledger = !build.ref.empty() && chance(80);
        for (std::size_t i = 0; i < count; ++i) {
            plan.steps.push_back(random_step(static_cast<int>(i), folders.at(i)));
        }
        if (chance(20)) {
            plan.removed.push_back({.folder = folders.at(4), .moved_to = ""});
        }
        return plan;
    }

    void record_plan() {
        if (const auto id = a_build(is_unplanned)) {
            const WorkerId planner = model_.builds().at(*id).planner;
            record_plan(chance(90) ? planner : worker(), *id);
        }
    }

    void record_plan(WorkerId by, BuildId id) {
        const PlanRecord plan = random_plan(model_.builds().at(id).wanted);
        std::string what = "record_plan of " + std::to_string(id.value) + " by " +
                           std::to_string(by.value) + (plan.keeps_ledger ? " keeps" : "") +
                           (plan.tree.empty() ? " no tree" : "") + ":";
        for (const Step& step : plan.steps) {
            what += " " + step.folder + (step.push ? "" : "!");
            for (const int need : step.needs) {
                what += "<" + std::to_string(need);
            }
        }
        expect(what, run(store_.record_plan(by, id, plan)), model_.record_plan(by, id, plan));
    }

    void finish() {
        const auto id = a_build(is_unplanned);
        if (!id) {
            return;
        }
        const WorkerId planner = model_.builds().at(*id).planner;
        const WorkerId by = chance(80) ? planner : worker();
        const Result<void> finished = run(store_.finish(by, *id, BuildState::failed, "no"));
        const std::string what =
            "finish " + std::to_string(id->value) + " by " + std::to_string(by.value);
        trace_ += what + "\n";
        const bool allowed = model_.finish(by, *id, BuildState::failed);
        expect(what, finished ? "done" : "conflict", allowed ? "done" : "conflict");
    }

    void claim_steps() { claim_steps(worker(), static_cast<int>(below(4))); }

    void claim_steps(WorkerId id, int most) {
        std::vector<StepKey> keys;
        for (const ClaimedStep& claimed : get(store_.claim_steps(id, most))) {
            keys.push_back({claimed.build.id, claimed.step.position});
        }
        const std::string what =
            "claim_steps by " + std::to_string(id.value) + ", at most " + std::to_string(most);
        trace_ += what + ": " + text_of(keys) + "\n";
        expect(what, text_of(keys), text_of(model_.claim_steps(id, most)));
    }

    /// Mostly one that somebody has, and by whom it is had.
    std::optional<std::pair<WorkerId, StepKey>> a_step() {
        std::vector<std::pair<WorkerId, StepKey>> had;
        std::vector<std::pair<WorkerId, StepKey>> all;
        for (const auto& [id, build] : model_.builds()) {
            for (const StoreModel::ModelStep& step : build.steps) {
                const StepKey key{id, step.as_planned.position};
                all.emplace_back(step.claimant, key);
                if (step.claimant != WorkerId{}) {
                    had.emplace_back(step.claimant, key);
                }
            }
        }
        if (!had.empty() && chance(90)) {
            return any_of(had);
        }
        return all.empty() ? std::nullopt : std::optional(any_of(all));
    }

    StepState random_move(StepState from) {
        std::vector<StepState> legal;
        for (int number = 0; number <= static_cast<int>(StepState::skipped); ++number) {
            const auto to = static_cast<StepState>(number);
            if (chance(to == from ? 30 : 6) || model::may_follow(from, to)) {
                legal.push_back(to);
            }
        }
        return legal.empty() ? from : any_of(legal);
    }

    void move_step() {
        if (const auto found = a_step()) {
            const auto& [claimant, key] = *found;
            const StepState from = step_of(key).state;
            const bool release = chance(35);
            move_step(chance(92) ? claimant : worker(), key, random_move(from), release);
        }
    }

    const StoreModel::ModelStep& step_of(StepKey key) {
        return model_.builds().at(key.build).steps.at(static_cast<std::size_t>(key.position));
    }

    void move_step(WorkerId by, StepKey key, StepState to, bool release) {
        Step step = step_of(key).as_planned;
        step.worker = step_of(key).worker;
        step.state = to;
        if (release && chance(50)) {
            step.not_before = clock_.now() + std::chrono::seconds(10);
        }
        const Result<BuildEnd> end =
            run(release ? store_.release_step(by, key.build, step)
                        : store_.update_step(by, key.build, step));
        expect(
            (release ? "release " : "update ") + number(key) + " to " + std::string(to_string(to)) +
                " by " + std::to_string(by.value),
            end,
            model_.move_step(by, key, to, step.not_before, release)
        );
    }

    void cancel() {
        const auto id = a_build([](const StoreModel::ModelBuild& build) {
            return !model::is_final(build.state);
        });
        if (id) {
            expect(
                "cancel " + std::to_string(id->value),
                run(store_.cancel(*id, "not wanted")),
                model_.cancel(*id)
            );
        }
    }

    void owe() {
        const std::string repository = this->repository();
        const std::string ref = this->ref();
        trace_ += "owe " + repository + " " + ref + " a\n";
        get(store_.owe(repository, ref, "a", "moved", "{}"));
        model_.ledger().owe({repository, ref, "a"}, "moved", clock_.now());
    }

    void close_branch() {
        Branch branch;
        branch.repository = repository();
        branch.ref = ref();
        branch.closed = clock_.now();
        trace_ += "close " + branch.repository + " " + branch.ref + "\n";
        get(store_.keep_branch(branch));
        model_.ledger().close_branch(branch.repository, branch.ref);
    }

    /// What is over stays as it was compared last.
    void compare() {
        for (const BuildId id : ids_) {
            const std::string now = text_of(model_.builds().at(id));
            std::string& before = compared_[id];
            if (before != now || !model::is_final(model_.builds().at(id).state)) {
                expect("builds", text_of(get(store_.build(id))), now);
                before = now;
            }
        }
        for (const std::string& repository : {name_ + "0", name_ + "1"}) {
            expect("ledger of " + repository, ledger_in_store(repository), ledger_in(repository));
        }
    }

    /// A snapshot is of all histories, and so not compared each time.
    void compare_images() {
        std::map<std::string, std::string> shown;
        for (const ImageStatus& image : get(store_.snapshot()).images) {
            if (image.repository.starts_with(name_)) {
                shown[image.repository + "/" + image.folder] =
                    text_of(image.build, image.state, image.finished.has_value());
            }
        }
        std::map<std::string, std::string> wanted;
        for (const auto& [id, build] : model_.builds()) {
            for (const StoreModel::ModelStep& step : build.steps) {
                wanted[build.wanted.repository + "/" + step.as_planned.folder] =
                    text_of(id, step.state, step.over);
            }
        }
        expect("images", text_of(shown), text_of(wanted));
    }

    std::string ledger_in_store(const std::string& repository) {
        std::string text;
        LedgerQuery query;
        query.repository = repository;
        for (const LedgerEntry& entry : get(store_.ledger(query))) {
            text += "\n    " + entry.ref + " " + entry.folder + ": " + text_of(entry);
        }
        return text;
    }

    std::string ledger_in(const std::string& repository) {
        std::string text;
        for (const auto& [key, entry] : model_.ledger().entries()) {
            const auto& [of, ref, folder] = key;
            if (of == repository) {
                text += "\n    " + ref + " " + folder + ": " + text_of(entry);
            }
        }
        return text;
    }

    /// A good worker, and nothing may be stuck: all that was begun comes to an end.
    void bring_to_its_end() {
        register_worker();
        const WorkerId good = workers_.back();
        clock_.advance(lease_time * 2);
        model_.set_now(clock_.now());
        heartbeat(good);
        compare();
        for (std::size_t round = 0; round < 100 && differences_.empty() && !all_over(); ++round) {
            claim_build(good);
            for (const BuildId id : ids_) {
                if (model_.builds().at(id).planner == good) {
                    record_plan(good, id);
                }
            }
            claim_steps(good, 5);
            push_all(good);
            compare();
        }
        compare_images();
        if (differences_.empty() && !all_over()) {
            differences_ += "something never ends\n";
        }
    }

    void push_all(WorkerId good) {
        for (const BuildId id : ids_) {
            const std::size_t count = model_.builds().at(id).steps.size();
            for (std::size_t i = 0; i < count; ++i) {
                const StepKey key{id, static_cast<int>(i)};
                while (step_of(key).claimant == good && differences_.empty()) {
                    const StepState from = step_of(key).state;
                    move_step(good, key, next_of(from), false);
                }
            }
        }
    }

    static StepState next_of(StepState state) {
        return static_cast<StepState>(std::to_underlying(state) + 1);
    }

    [[nodiscard]] bool all_over() const {
        return std::ranges::all_of(model_.builds(), [](const auto& build) {
            return model::is_final(build.second.state);
        });
    }

    Store& store_;
    test::ManualClock& clock_;
    net::io_context& context_;
    StoreModel model_;
    std::mt19937_64 random_;
    std::string name_;
    std::size_t commits_ = 0;
    std::vector<BuildId> ids_;
    std::vector<WorkerId> workers_;
    std::map<BuildId, std::string> compared_;
    std::string trace_;
    std::string differences_;
};

/// SLIPWAY_SEED replays one history, SLIPWAY_CASES says how many there are.
TEST_P(StoreContract, RandomHistoriesAreThoseOfAPlainModel) {
    const std::optional<std::uint64_t> seed = from_environment("SLIPWAY_SEED");
    const std::uint64_t count = seed ? 1 : from_environment("SLIPWAY_CASES").value_or(700);
    const std::uint64_t first = seed.value_or(20261122);
    std::cout << "seeds " << first << " to " << first + count - 1 << '\n';
    for (std::uint64_t i = 0; i < count && !HasFailure(); ++i) {
        History history(*store_, clock_, context_, GetParam().many_workers, first + i);
        const std::string difference = history.play();
        EXPECT_TRUE(difference.empty()) << difference << "replay: SLIPWAY_SEED=" << first + i;
    }
}

}  // namespace
}  // namespace slipway::store
