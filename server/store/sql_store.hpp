#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/claims.hpp"
#include "server/store/durability.hpp"
#include "server/store/reads.hpp"
#include "server/store/store.hpp"
#include "server/store/workers.hpp"
#include "server/store/writes.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {

/// A Store over SQL. `Backend` has the connections, and decides on which thread and in which
/// transaction something is done:
///
/// - `using Dialect`, a struct as in dialects.hpp
/// - `write<Value>(change, shows)`: calls `change(Writes<Dialect>&, Time now)`, which returns a
///   Value or a Result of it, in a transaction, perhaps more than once; an error undoes it. `shows`
///   says of the value whether a snapshot shows what was done. A third argument says what the
///   answer promises, which is Durability::now without one.
/// - `read<Value>(work)`: calls `work(Reads<Dialect>&)` in a transaction that sees one moment.
/// - `version()`, `lead()`, `on_change(call)`: see Store.
template <class Backend>
class SqlStore final : public Store {
public:
    template <class... Arguments>
    explicit SqlStore(Arguments&&... arguments) : backend_(std::forward<Arguments>(arguments)...) {}

    net::awaitable<Result<Accepted>> accept(NewDelivery delivery) override {
        return backend_.template write<Accepted>(
            [delivery = std::move(delivery)](Writing& to, Time now) {
                return to.intake.accept(delivery, now);
            },
            [](const Accepted& accepted) { return accepted.build && !accepted.duplicate; }
        );
    }

    net::awaitable<Result<Accepted>> request(NewBuild build, std::string key) override {
        return backend_.template write<Accepted>(
            [build = std::move(build), key = std::move(key)](Writing& to, Time now) {
                return to.intake.request(build, key, now);
            },
            [](const Accepted& accepted) { return !accepted.duplicate; }
        );
    }

    net::awaitable<Result<WorkerId>> register_worker(std::string name) override {
        return backend_.template write<WorkerId>(
            [name = std::move(name)](Writing& to, Time now) {
                return to.workers.register_worker(name, now);
            },
            always
        );
    }

    net::awaitable<Result<Orders>> heartbeat(WorkerId worker) override {
        const auto change = [worker](Writing& to, Time now) {
            return to.workers.heartbeat(worker, now);
        };
        const auto shows = [](const Beat& beat) { return beat.freed; };
        Result<Beat> beat =
            co_await backend_.template write<Beat>(change, shows, Durability::later);
        if (!beat) {
            co_return std::unexpected(beat.error());
        }
        co_return std::move(beat->orders);
    }

    net::awaitable<Result<int>> free_all_but(WorkerId worker, WorkAtHand at_hand) override {
        return backend_.template write<int>(
            [worker, at_hand = std::move(at_hand)](Writing& to, Time now) {
                return to.workers.free_all_but(worker, at_hand, now);
            },
            [](int freed) { return freed > 0; }
        );
    }

    net::awaitable<Result<std::optional<Build>>> claim_build(WorkerId worker) override {
        const auto change = [worker](Writing& to, Time now) {
            return to.claims.claim_build(worker, now);
        };
        const auto shows = [](const BuildClaim& claim) { return claim.build || claim.superseded; };
        Result<BuildClaim> claim = co_await backend_.template write<BuildClaim>(change, shows);
        if (!claim) {
            co_return std::unexpected(claim.error());
        }
        co_return std::move(claim->build);
    }

    net::awaitable<Result<BuildEnd>> record_plan(WorkerId worker, BuildId build, PlanRecord plan)
        override {
        return backend_.template write<BuildEnd>(
            [worker, build, plan = std::move(plan)](Writing& to, Time now) {
                return to.progress.record_plan(worker, build, plan, now);
            },
            always
        );
    }

    net::awaitable<Result<void>> finish(
        WorkerId worker, BuildId build, model::BuildState state, std::string error
    ) override {
        return backend_.template write<void>(
            [worker, build, state, error = std::move(error)](Writing& to, Time now) {
                return to.progress.finish(worker, build, state, error, now);
            },
            always
        );
    }

    net::awaitable<Result<std::vector<ClaimedStep>>> claim_steps(WorkerId worker, int most)
        override {
        return backend_.template write<std::vector<ClaimedStep>>(
            [worker, most](Writing& to, Time now) {
                return to.claims.claim_steps(worker, most, now);
            },
            [](const std::vector<ClaimedStep>& claimed) { return !claimed.empty(); },
            Durability::later
        );
    }

    net::awaitable<Result<BuildEnd>> update_step(WorkerId worker, BuildId build, Step step)
        override {
        return write_step(worker, build, std::move(step), true);
    }

    net::awaitable<Result<BuildEnd>> release_step(WorkerId worker, BuildId build, Step step)
        override {
        return write_step(worker, build, std::move(step), false);
    }

    net::awaitable<Result<std::string>> pin_base(
        BuildId build, std::string reference, std::string digest
    ) override {
        return backend_.template write<std::string>(
            [build, reference = std::move(reference), digest = std::move(digest)](
                Writing& to, Time /*now*/
            ) { return to.progress.pin_base(build, reference, digest); },
            never
        );
    }

    net::awaitable<Result<BuildEnd>> cancel(BuildId build, std::string why) override {
        return end_early(build, model::BuildState::cancelled, std::move(why));
    }

    net::awaitable<Result<BuildEnd>> supersede(BuildId build, std::string why) override {
        return end_early(build, model::BuildState::superseded, std::move(why));
    }

    net::awaitable<Result<void>> append_log(BuildId build, int position, std::string text)
        override {
        return backend_.template write<void>(
            [build, position, text = std::move(text)](Writing& to, Time /*now*/) {
                return to.progress.append_log(build, position, text);
            },
            never
        );
    }

    net::awaitable<Result<Build>> build(BuildId id) override {
        return backend_.template read<Build>([id](Reading& from) { return from.builds.build(id); });
    }

    net::awaitable<Result<std::vector<Build>>> builds(BuildQuery query) override {
        return backend_.template read<std::vector<Build>>([query = std::move(query)](Reading& from
                                                          ) { return from.builds.builds(query); });
    }

    net::awaitable<Result<std::string>> log(BuildId build, int position, std::int64_t offset)
        override {
        return backend_.template read<std::string>([build, position, offset](Reading& from) {
            return from.builds.log(build, position, offset);
        });
    }

    net::awaitable<Result<Snapshot>> snapshot() override {
        return backend_.template read<Snapshot>([](Reading& from) { return from.snapshot.read(); });
    }

    net::awaitable<Result<std::vector<LeftImage>>> left_images(std::string engine, Time built)
        override {
        return backend_.template read<std::vector<LeftImage>>([engine = std::move(engine),
                                                               built](Reading& from) {
            return from.builds.left_images(engine, built);
        });
    }

    net::awaitable<Result<void>> forget_image(LeftImage image) override {
        return backend_.template write<void>(
            [image = std::move(image)](Writing& to, Time /*now*/) {
                return to.left_images.forget(image);
            },
            never
        );
    }

    net::awaitable<Result<std::optional<Branch>>> branch(std::string repository, std::string ref)
        override {
        return backend_.template read<std::optional<Branch>>([repository = std::move(repository),
                                                              ref = std::move(ref)](Reading& from) {
            return from.ledger.branch(repository, ref);
        });
    }

    net::awaitable<Result<std::vector<Branch>>> branches(std::string repository) override {
        return backend_.template read<std::vector<Branch>>([repository = std::move(repository
                                                            )](Reading& from) {
            return from.ledger.branches(repository);
        });
    }

    net::awaitable<Result<void>> keep_branch(Branch branch) override {
        return backend_.template write<void>(
            [branch = std::move(branch)](Writing& to, Time now) -> Result<void> {
                to.ledger.keep_branch(branch, now);
                return {};
            },
            always
        );
    }

    net::awaitable<Result<std::vector<LedgerEntry>>> ledger(LedgerQuery query) override {
        return backend_.template read<std::vector<LedgerEntry>>(
            [query = std::move(query)](Reading& from) { return from.ledger.ledger(query); }
        );
    }

    net::awaitable<Result<void>> owe(
        std::string repository,
        std::string ref,
        std::string folder,
        std::string why,
        std::string moved
    ) override {
        return backend_.template write<void>(
            [repository = std::move(repository),
             ref = std::move(ref),
             folder = std::move(folder),
             why = std::move(why),
             moved = std::move(moved)](Writing& to, Time now) -> Result<void> {
                to.ledger.owe(repository, ref, folder, why, moved, now);
                return {};
            },
            always
        );
    }

    net::awaitable<Result<std::vector<Delivery>>> deliveries(DeliveryQuery query) override {
        return backend_.template read<std::vector<Delivery>>(
            [query = std::move(query)](Reading& from) { return from.ledger.deliveries(query); }
        );
    }

    net::awaitable<Result<Delivery>> delivery(DeliveryId id) override {
        return backend_.template read<Delivery>([id](Reading& from) {
            return from.ledger.delivery(id);
        });
    }

    net::awaitable<Result<std::vector<std::chrono::milliseconds>>> durations(
        std::string repository, std::string folder
    ) override {
        return backend_.template read<std::vector<std::chrono::milliseconds>>(
            [repository = std::move(repository), folder = std::move(folder)](Reading& from) {
                return from.builds.durations(repository, folder);
            }
        );
    }

    net::awaitable<Result<std::vector<Report>>> claim_reports(std::string claimant, int most)
        override {
        return backend_.template write<std::vector<Report>>(
            [claimant = std::move(claimant), most](Writing& to, Time now) {
                return to.outbox.claim(claimant, most, now);
            },
            never
        );
    }

    net::awaitable<Result<void>> settle_report(Report report, ReportEnd end) override {
        return backend_.template write<void>(
            [report = std::move(report), end = std::move(end)](Writing& to, Time now) {
                return to.outbox.settle(report, end, now);
            },
            never
        );
    }

    net::awaitable<Result<void>> free_reports(std::string claimant) override {
        return backend_.template write<void>(
            [claimant = std::move(claimant)](Writing& to, Time now) -> Result<void> {
                to.outbox.free(claimant, now);
                return {};
            },
            never
        );
    }

    net::awaitable<Result<std::vector<Report>>> reports(ReportQuery query) override {
        return backend_.template read<std::vector<Report>>(
            [query = std::move(query)](Reading& from) { return from.outbox.reports(query); }
        );
    }

    net::awaitable<Result<ReportTotals>> report_totals() override {
        return backend_.template read<ReportTotals>([](Reading& from) {
            return from.outbox.totals();
        });
    }

    net::awaitable<Result<Pruned>> prune(Keep keep) override {
        return backend_.template write<Pruned>(
            [keep](Writing& to, Time /*now*/) { return to.retention.prune(keep); },
            [](const Pruned& pruned) { return pruned.builds > 0; }
        );
    }

    net::awaitable<Result<bool>> lead() override { return backend_.lead(); }

    void on_change(std::function<void()> call) override { backend_.on_change(std::move(call)); }

    [[nodiscard]] std::uint64_t version() const override { return backend_.version(); }

private:
    using Dialect = typename Backend::Dialect;
    using Writing = Writes<Dialect>;
    using Reading = Reads<Dialect>;

    /// For what a snapshot shows whenever it succeeds, and what it never shows.
    static constexpr auto always = [](const auto& /*result*/) { return true; };
    static constexpr auto never = [](const auto& /*result*/) { return false; };

    net::awaitable<Result<BuildEnd>> end_early(
        BuildId build, model::BuildState state, std::string why
    ) {
        return backend_.template write<BuildEnd>(
            [build, state, why = std::move(why)](Writing& to, Time now) {
                return to.progress.end_early(build, state, why, now);
            },
            always
        );
    }

    net::awaitable<Result<BuildEnd>> write_step(
        WorkerId worker, BuildId build, Step step, bool keep
    ) {
        return backend_.template write<BuildEnd>(
            [worker, build, step = std::move(step), keep](Writing& to, Time now) {
                return to.progress.update_step(worker, build, step, keep, now);
            },
            always
        );
    }

    Backend backend_;
};

}  // namespace slipway::store
