#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/base/trace_context.hpp"
#include "server/store/report.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

namespace net = boost::asio;
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Why a build exists. The numbers are stored, and are its priority: the smaller goes first.
enum class Trigger : std::uint8_t { manual = 0, push = 1, reconcile = 2 };

/// Which steps go first; the numbers are stored. People, pushes, what follows from them, and what
/// was found owed.
enum class StepPriority : std::uint8_t { manual = 0, push = 1, cascade = 2, reconcile = 3 };

struct NewBuild {
    std::string repository;  ///< the configured name
    std::string ref;         ///< full, `refs/heads/main`; empty where only commits were named
    std::string before;      ///< hex or zeros; empty: a manual request for a ref's tip
    std::string after;
    Trigger trigger = Trigger::push;
    std::vector<std::string>
        folders;            ///< manual: these and what is built on them; empty: what changed
    bool no_cache = false;  ///< no layer of an earlier build is reused
    Reports reports{};      ///< who is told of it
    std::optional<TraceContext> trace{};  ///< that it is part of
};

struct NewDelivery {
    std::string key;         ///< `webhook-id` or `Idempotency-Key`; empty where the sender has none
    std::string repository;  ///< the configured name; empty where the project is not configured
    std::string event;       ///< as `push`, `tag_push`, `merge_request`
    std::string ref;
    std::string before;
    std::string after;
    std::string headers;  ///< JSON object of those that matter; never a secret
    std::string body;     ///< raw
    std::string reason;   ///< why it is ignored; empty where it makes a build
    std::optional<NewBuild> build;
    std::optional<NewReport> report{};  ///< written with it
};

struct Accepted {
    DeliveryId delivery;
    std::optional<BuildId> build;  ///< none for an ignored delivery
    std::string reason;            ///< why it was ignored (a duplicate: the first one's reason)
    bool duplicate = false;        ///< the ids are those of the first one
};

struct Step {
    int position = 0;  ///< in build order, from 0; with the build's id the step's identity
    std::string folder;
    std::string image;                    ///< `registry/name:version`
    std::vector<std::string> references;  ///< all that is pushed, see plan::Step
    std::vector<int> needs;               ///< positions
    std::string reasons;                  ///< JSON array, as in the plan
    bool push = true;
    StepPriority priority = StepPriority::push;
    std::string tree;  ///< of the folder, hex
    model::StepState state = model::StepState::waiting;
    int attempts = 0;      ///< of what runs now: building or pushing
    std::string worker;    ///< the name of who has the image in its engine, from `building` on
    std::string engine;    ///< the configured name, from `building` on
    std::string input_id;  ///< design §3.4, once it is known
    std::map<std::string, std::string> bases;  ///< external base → digest that it was built on
    std::string image_id;                      ///< from `built` on
    std::map<std::string, std::string>
        digests;                        ///< reference → digest that is known to be in the registry
    std::vector<std::string> attested;  ///< what was said of it since: config::all_attestations
    std::string error;
    std::string note;                ///< what a person should know though nothing failed
    std::optional<Time> not_before;  ///< it waits until then before it is tried again
    std::optional<Time> started;
    std::optional<Time> built;
    std::optional<Time> finished;

    bool operator==(const Step&) const = default;
};

struct Build {
    BuildId id;
    std::string repository;
    std::string ref;
    std::string before;
    std::string after;
    Trigger trigger = Trigger::push;
    std::vector<std::string> folders;
    bool no_cache = false;
    model::BuildState state = model::BuildState::queued;
    std::string plan;  ///< JSON as `slipway plan --format json` prints it; empty until it is made,
                       ///< and where the steps are left empty
    std::string error;
    std::optional<DeliveryId> delivery;
    Time created{};
    std::optional<Time> started;
    std::optional<Time> finished;
    std::vector<Step> steps;  ///< in order of position; left empty by builds() and claims
    Reports reports{};
    std::optional<TraceContext> trace{};  ///< none: it was asked for by an older slipway

    bool operator==(const Build&) const = default;
};

/// What a plan wrote down: the resolved commits, the plan's text and its steps (waiting or ready).
struct PlanRecord {
    std::string before;
    std::string after;
    std::string plan;
    std::vector<Step> steps;
    std::string tree = {};      ///< of `after`, hex: the branch is planned up to there; empty: a
                                ///< request for some folders only, which leaves the branch as it is
    bool keeps_ledger = false;  ///< the branch is pushed: what is planned is owed until it is

    struct Removed {
        std::string folder;
        std::string moved_to;

        bool operator==(const Removed&) const = default;
    };

    std::vector<Removed> removed = {};
    std::string error = {};  ///< what of the repository can't be built: the build ends as failed
    Reports reports = {};    ///< what is wanted by now
};

/// How a write left a build: what a claim's owner has to tell of.
struct BuildEnd {
    std::optional<model::BuildState> ended;  ///< by this write

    bool operator==(const BuildEnd&) const = default;
};

/// Whose claims lapse unless the worker says in time that it lives.
inline constexpr std::chrono::seconds lease_time{30};

struct StepKey {
    BuildId build;
    int position = 0;

    auto operator<=>(const StepKey&) const = default;
};

/// What a worker is told when it says that it lives.
struct Orders {
    std::vector<StepKey> stop;       ///< of its steps: somebody cancelled them
    std::vector<BuildId> overtaken;  ///< of its steps' builds: a newer push of the branch waits
};

/// One step that is the claimant's until it releases or ends it.
struct ClaimedStep {
    Build build;
    Step step;
    std::vector<Step> parents;                 ///< the steps that it needs, all done
    std::map<std::string, std::string> bases;  ///< what the build's external bases are pinned to
};

/// Up to where a branch was planned.
struct Branch {
    std::string repository;
    std::string ref;
    std::string commit;
    std::string tree;  ///< of the commit
    Time updated{};
    std::optional<Time> closed;  ///< it is gone from the remote

    bool operator==(const Branch&) const = default;
};

/// Why a folder's content is not what was pushed.
struct Owed {
    Time since{};
    std::string why;         ///< as `failed in build 7: exit code 2`
    std::string commit;      ///< whose content is owed
    std::string tree;        ///< of the folder there
    BuildId build;           ///< that was to push it; 0: none yet
    std::string moved = {};  ///< JSON of a base that moved: {reference, from, to}; else empty

    bool operator==(const Owed&) const = default;
};

/// What the registry holds of one folder of one branch. design §3.3
struct LedgerEntry {
    std::string repository;
    std::string ref;
    std::string folder;
    std::string image;
    std::vector<std::string> references;         ///< last pushed
    std::map<std::string, std::string> digests;  ///< reference → digest
    std::string commit;                          ///< that was pushed; empty: nothing yet
    std::string tree;
    std::string input_id;
    std::map<std::string, std::string> bases;
    std::optional<BuildId> build;  ///< that pushed it
    std::optional<Time> pushed;
    std::optional<Owed> owed;
    std::optional<Time> removed;  ///< the folder is gone from the branch: a tombstone
    std::string moved_to;

    bool operator==(const LedgerEntry&) const = default;
};

struct LedgerQuery {
    std::string repository = {};  ///< empty: all
    std::string ref = {};         ///< empty: all
    std::string folder = {};      ///< empty: all
    bool owed_only = false;
    int limit = 1000;
    int offset = 0;
};

struct DeliveryQuery {
    std::string repository = {};             ///< empty: all
    std::optional<DeliveryId> older_than{};  ///< exclusive
    int limit = 50;                          ///< at most 200
};

/// A stored delivery.
struct Delivery {
    DeliveryId id;
    Time received{};
    std::string repository;
    std::string event;
    std::string ref;
    std::string before;
    std::string after;
    std::string headers;
    std::string reason;
    std::optional<BuildId> build;
};

/// What is kept, by age. The ledger stays, and so do builds that it or a dashboard's newest step of
/// a folder names, and builds that are not final.
struct Keep {
    Time builds_from{};
    Time logs_from{};
    Time deliveries_from{};
    Time reports_from{};  ///< that were sent or given up
    int most = 500;       ///< of each kind that one call removes
};

struct Pruned {
    std::int64_t builds = 0;
    std::int64_t logs = 0;  ///< pieces
    std::int64_t deliveries = 0;
    std::int64_t reports = 0;

    bool operator==(const Pruned&) const = default;
};

struct BuildQuery {
    std::string repository = {};  ///< empty: all
    std::string ref = {};         ///< full; empty: all
    /// Those that say what becomes of it on their reference: whose plan has it, requests for it,
    /// and what is of all folders, but for what was superseded before it was planned. Empty: all.
    std::string folder = {};
    std::optional<model::BuildState> state = {};
    std::optional<BuildId> older_than = {};  ///< exclusive
    int limit = 50;                          ///< at most 200
};

/// A step's outcome beside its build's facts, for the status endpoint's table of images: of a
/// thousand of them a whole Step each would cost more than the rest of a snapshot.
struct ImageStatus {
    std::string repository;
    std::string folder;
    std::string image;
    BuildId build;
    model::StepState state = model::StepState::waiting;
    std::map<std::string, std::string> digests;  ///< as in Step
    std::string error;
    std::optional<Time> finished;

    bool operator==(const ImageStatus&) const = default;
};

/// A name that a build left in an engine.
struct LeftImage {
    std::string engine;
    std::string reference;
    std::string image_id;

    bool operator==(const LeftImage&) const = default;
};

struct Snapshot {
    std::vector<Build> running;  ///< with steps
    std::vector<Build> queued;   ///< in claim order, at most 100
    std::int64_t queued_total = 0;
    std::optional<Time> queued_since;  ///< when the oldest of these was accepted
    std::vector<Build> finished;       ///< the newest 20, without steps
    std::vector<ImageStatus> images;   ///< the newest step of every (repository, folder)
    std::map<std::string, std::int64_t> steps_by_state;  ///< of builds that are not final
    std::int64_t owed_total = 0;
};

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
    /// the one that runs, is of the same `after`.
    virtual net::awaitable<Result<Accepted>> request(NewBuild build, std::string key) = 0;

    /// A worker begins: a process that claims. What an earlier one of the same name had claimed is
    /// free at once (SQLite: what any had). Its claims lapse lease_time after its last heartbeat().
    virtual net::awaitable<Result<WorkerId>> register_worker(std::string name) = 0;

    /// The worker lives. Frees also what others that do not had claimed: building → ready, pushing
    /// → built. `conflict`: its own claims have lapsed and are free; it must stop its work and
    /// register again. A crash may undo the last ones: then the lease ends earlier, and what was
    /// freed is freed again.
    virtual net::awaitable<Result<Orders>> heartbeat(WorkerId worker) = 0;

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
