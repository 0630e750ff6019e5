#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
// What its calls take and answer comes with it.
#include "server/store/build.hpp"         // IWYU pragma: export
#include "server/store/claim.hpp"         // IWYU pragma: export
#include "server/store/delivery.hpp"      // IWYU pragma: export
#include "server/store/ledger_entry.hpp"  // IWYU pragma: export
#include "server/store/leftovers.hpp"     // IWYU pragma: export
#include "server/store/report.hpp"        // IWYU pragma: export
#include "server/store/snapshot.hpp"      // IWYU pragma: export

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

namespace net = boost::asio;

/// The queue and what came of it. Everything that was answered with success is on disk, but for
/// claim_steps() and heartbeat(). One of the four interfaces.
///
/// All calls are coroutines that resume on the caller's executor, and may run at the same time.
/// Errors: `unavailable` (the disk is full or the database is away: nothing was stored),
/// `not_found`, `conflict` (an illegal move), `internal`.
class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    Store(Store&&) = delete;
    Store& operator=(Store&&) = delete;
    virtual ~Store() = default;

    /// Stores a delivery and its build in one transaction. Once per (repository, key), and once per
    /// (repository, ref, before, after) within the last 24 hours as long as both ids are given: a
    /// duplicate gets the first one's answer.
    virtual net::awaitable<Result<Accepted>> accept(NewDelivery delivery) = 0;

    /// Queues a build that no delivery made. `key` as above; empty: never a duplicate. What
    /// reconciliation asks for is one, too, where the newest build of the reference that waits, or
    /// the one that runs, is of the same `after`, or where a push of the reference was told of
    /// after `newest_known`.
    virtual net::awaitable<Result<Accepted>> request(NewBuild build, std::string key) = 0;

    /// A worker begins: a process that claims. What an earlier one of the same name had claimed is
    /// free at once (SQLite: what any had). Its claims lapse lease_time after its last heartbeat().
    virtual net::awaitable<Result<WorkerId>> register_worker(std::string name) = 0;

    /// The worker lives. Frees also what others that do not had claimed: building → ready, pushing
    /// → built. `conflict`: its own claims have lapsed and are free; it must stop its work and
    /// register again. A crash may undo the last ones: then the lease ends earlier, and what was
    /// freed is freed again.
    virtual net::awaitable<Result<Orders>> heartbeat(WorkerId worker) = 0;

    /// Frees what the worker has claimed, but for what it works on: a claim whose answer was lost
    /// is known to nobody. Not while it claims. Answers how many were free then.
    virtual net::awaitable<Result<int>> free_all_but(WorkerId worker, WorkAtHand at_hand) = 0;

    /// Takes the next build to plan and makes it running: by trigger, then age. A repository has
    /// one running build at a time, so that two pushes never give the same name to two images in
    /// the engine at once. Of several pushes of one branch that wait the newest is taken, the
    /// others are superseded; so are the steps of its running build that nobody has begun. Nothing
    /// where there is none.
    virtual net::awaitable<Result<std::optional<Build>>> claim_build(WorkerId worker) = 0;

    /// Writes the plan of a build that the worker claimed, whose steps are free to be claimed from
    /// then on. A plan without steps ends the build. `conflict`: not its claim.
    virtual net::awaitable<Result<BuildEnd>> record_plan(
        WorkerId worker, BuildId build, PlanRecord plan
    ) = 0;

    /// Ends a build that the worker claimed and can't plan. `conflict`: not its claim.
    virtual net::awaitable<Result<void>> finish(
        WorkerId worker, BuildId build, model::BuildState state, std::string error
    ) = 0;

    /// Takes steps that may be worked on now, at most `most`: by priority, then from the repository
    /// with the fewest at work, then by age. A step that is `built` goes to the worker that has its
    /// image as long as that lives, and all steps of a build that does not push go to one worker. A
    /// crash may undo a claim until the worker's next update_step(), which then says `conflict`: so
    /// it enters `building` or `pushing` before it does either.
    virtual net::awaitable<Result<std::vector<ClaimedStep>>> claim_steps(
        WorkerId worker, int most
    ) = 0;

    /// Writes a claimed step as it is now. A final state gives it back, and in the same transaction
    /// readies or skips those that need it, keeps the ledger, and ends the build with its last
    /// step. `conflict`: not the worker's claim, or model::may_follow() does not allow the move
    /// from what is stored; the same state again is allowed.
    virtual net::awaitable<Result<BuildEnd>> update_step(
        WorkerId worker, BuildId build, Step step
    ) = 0;

    /// The same for a step that is not final, and gives it back: `not_before` says when it may be
    /// claimed again; more than ten minutes ahead it counts for nothing, since then the clock was
    /// set back. One of a build that was cancelled ends. `conflict` also for what nobody could
    /// claim then: building and pushing.
    virtual net::awaitable<Result<BuildEnd>> release_step(
        WorkerId worker, BuildId build, Step step
    ) = 0;

    /// The digest that an external base has for a whole build: of who asks first.
    virtual net::awaitable<Result<std::string>> pin_base(
        BuildId build, std::string reference, std::string digest
    ) = 0;

    /// Ends a queued build, cancels the steps of a running one that nobody has begun, and has the
    /// others stopped by who has them (see Orders). A push of a branch that is queued is planned in
    /// its turn all the same, and ends then: so its branch owes what it was to push, and nobody
    /// takes it for a push that was missed. `conflict`: it is final.
    virtual net::awaitable<Result<BuildEnd>> cancel(BuildId build, std::string why) = 0;

    /// The same for one that a newer push overtook, so that it ends as superseded.
    virtual net::awaitable<Result<BuildEnd>> supersede(BuildId build, std::string why) = 0;

    /// Appends to a step's log; `text` holds whole lines. May be lost in a crash up to the last
    /// commit, like the work it tells of.
    virtual net::awaitable<Result<void>> append_log(
        BuildId build, int position, std::string text
    ) = 0;

    virtual net::awaitable<Result<Build>> build(BuildId id) = 0;
    virtual net::awaitable<Result<std::vector<Build>>> builds(BuildQuery query) = 0;

    /// A step's log from byte `offset`, at most 1 MiB a call.
    virtual net::awaitable<Result<std::string>> log(
        BuildId build, int position, std::int64_t offset
    ) = 0;

    virtual net::awaitable<Result<Snapshot>> snapshot() = 0;

    /// What builds left in an engine before `built`, the oldest first, at most 200.
    virtual net::awaitable<Result<std::vector<LeftImage>>> left_images(
        std::string engine, Time built
    ) = 0;

    /// It is not there any more. One that was built anew meanwhile, with another id, stays.
    virtual net::awaitable<Result<void>> forget_image(LeftImage image) = 0;

    /// Up to where a branch was planned, and what of it is owed; nothing: it was never planned.
    virtual net::awaitable<Result<std::optional<Branch>>> branch(
        std::string repository, std::string ref
    ) = 0;

    /// Of a repository, also closed ones.
    virtual net::awaitable<Result<std::vector<Branch>>> branches(std::string repository) = 0;

    /// Writes down that a branch is at this commit without anything being planned: its first
    /// contact, or (`closed`) its end, with which its debts end too. `updated` is the store's.
    virtual net::awaitable<Result<void>> keep_branch(Branch branch) = 0;

    /// By repository, reference and folder.
    virtual net::awaitable<Result<std::vector<LedgerEntry>>> ledger(LedgerQuery query) = 0;

    /// A base of a pushed folder moved: it is owed from now on. `moved`: see Owed.
    virtual net::awaitable<Result<void>> owe(
        std::string repository,
        std::string ref,
        std::string folder,
        std::string why,
        std::string moved
    ) = 0;

    /// The newest first, without bodies.
    virtual net::awaitable<Result<std::vector<Delivery>>> deliveries(DeliveryQuery query) = 0;

    virtual net::awaitable<Result<Delivery>> delivery(DeliveryId id) = 0;

    /// How long the last builds of a folder's image took from start to end, the newest first, at
    /// most 10.
    virtual net::awaitable<Result<std::vector<std::chrono::milliseconds>>> durations(
        std::string repository, std::string folder
    ) = 0;

    /// Takes reports that are due, at most `most`, the longest due first. Each is the claimant's
    /// until it settles it, or its lease ends (report_lease, merge_plan_lease).
    virtual net::awaitable<Result<std::vector<Report>>> claim_reports(
        std::string claimant, int most
    ) = 0;

    /// Writes how a claimed report stands, and gives it back. One that has news meanwhile stays
    /// due, whatever became of what it said before. `conflict`: it was claimed anew meanwhile.
    virtual net::awaitable<Result<void>> settle_report(Report report, ReportEnd end) = 0;

    /// What an earlier process of this name had claimed is due again (SQLite: what any had). Once,
    /// before the first claim. What GitLab is told is due a
    /// little later (interrupted_wait).
    virtual net::awaitable<Result<void>> free_reports(std::string claimant) = 0;

    /// The newest first.
    virtual net::awaitable<Result<std::vector<Report>>> reports(ReportQuery query) = 0;
    virtual net::awaitable<Result<ReportTotals>> report_totals() = 0;

    /// Removes what is older than it need be, a bounded number at a time.
    virtual net::awaitable<Result<Pruned>> prune(Keep keep) = 0;

    /// Whether this process is the one of all on this store that does what only one need do
    /// (reconciliation, pruning). Blocks nobody; may change from call to call.
    virtual net::awaitable<Result<bool>> lead() = 0;

    /// Called on any thread after another process wrote something that a worker might wait for.
    /// Set once, before the first claim.
    virtual void on_change(std::function<void()> call) = 0;

    /// Grows with every write that a snapshot would show: the strong ETag of the status endpoint.
    /// Cheap, thread-safe.
    [[nodiscard]] virtual std::uint64_t version() const = 0;
};

}  // namespace slipway::store
