#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

namespace net = boost::asio;
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Why a build exists. The numbers are stored, and are its priority: the smaller goes first.
enum class Trigger : std::uint8_t { manual = 0, push = 1, reconcile = 2 };

struct NewBuild {
    std::string repository;  ///< the configured name
    std::string ref;         ///< full, `refs/heads/main`; empty where only commits were named
    std::string before;      ///< hex or zeros; empty: a manual request for a ref's tip
    std::string after;
    Trigger trigger = Trigger::push;
    std::vector<std::string>
        folders;            ///< manual: these and what is built on them; empty: what changed
    bool no_cache = false;  ///< no layer of an earlier build is reused
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
    model::StepState state = model::StepState::waiting;
    int attempts = 0;      ///< of what runs now: building or pushing
    std::string engine;    ///< the configured name, from `building` on
    std::string image_id;  ///< from `built` on
    std::map<std::string, std::string>
        digests;  ///< reference → digest that is known to be in the registry
    std::string error;
    std::string note;  ///< what a person should know though nothing failed
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
    std::string plan;  ///< JSON as `slipway plan --format json` prints it; empty until it is made
    std::string error;
    std::optional<DeliveryId> delivery;
    Time created{};
    std::optional<Time> started;
    std::optional<Time> finished;
    std::vector<Step> steps;  ///< in order of position; left empty by builds()

    bool operator==(const Build&) const = default;
};

/// What a plan wrote down: the resolved commits, the plan's text and its steps (waiting or ready).
struct PlanRecord {
    std::string before;
    std::string after;
    std::string plan;
    std::vector<Step> steps;
};

struct BuildQuery {
    std::string repository;  ///< empty: all
    std::optional<model::BuildState> state;
    std::optional<BuildId> older_than;  ///< exclusive
    int limit = 50;                     ///< at most 200
};

/// A step's outcome beside its build's facts, for the status endpoint's table of images.
struct ImageStatus {
    std::string repository;
    std::string folder;
    std::string image;
    BuildId build;
    Step step;
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
    std::vector<Build> finished;      ///< the newest 20, without steps
    std::vector<ImageStatus> images;  ///< the newest step of every (repository, folder)
    std::map<std::string, std::int64_t> steps_by_state;  ///< of builds that are not final
};

/// The queue and what came of it. Everything that was answered with success is on disk. One of the
/// four interfaces.
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

    /// Queues a build that no delivery made. `key` as above; empty: never a duplicate.
    virtual net::awaitable<Result<Accepted>> request(NewBuild build, std::string key) = 0;

    /// Takes the next queued build and makes it running: by trigger, then age. A repository has one
    /// running build at a time, so that two pushes never give the same name to two images in the
    /// engine at once. Nothing where there is none.
    virtual net::awaitable<Result<std::optional<Build>>> claim() = 0;

    /// Builds that a stopped process left running, for this one to go on with. Steps that were
    /// building are ready again, those that were pushing are built. Call once, before the first
    /// claim().
    virtual net::awaitable<Result<std::vector<Build>>> recover() = 0;

    virtual net::awaitable<Result<void>> record_plan(BuildId build, PlanRecord plan) = 0;

    /// Writes a step as it is now. `conflict`: model::may_follow() does not allow the move from
    /// what is stored; the same state again is allowed.
    virtual net::awaitable<Result<void>> update_step(BuildId build, Step step) = 0;

    virtual net::awaitable<Result<void>> finish(
        BuildId build, model::BuildState state, std::string error
    ) = 0;

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

    /// Grows with every write that a snapshot would show: the strong ETag of the status endpoint.
    /// Cheap, thread-safe.
    [[nodiscard]] virtual std::uint64_t version() const = 0;
};

}  // namespace slipway::store
