#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace slipway::test {

/// A store whose disk is full: every call fails as `unavailable`. Tests override what they need.
class UnavailableStore : public store::Store {
public:
    template <class T>
    using Answer = store::net::awaitable<Result<T>>;

    Answer<store::Accepted> accept(store::NewDelivery /*delivery*/) override {
        return fails<store::Accepted>();
    }

    Answer<store::Accepted> request(store::NewBuild /*build*/, std::string /*key*/) override {
        return fails<store::Accepted>();
    }

    Answer<WorkerId> register_worker(std::string /*name*/) override { return fails<WorkerId>(); }

    Answer<store::Orders> heartbeat(WorkerId /*worker*/) override { return fails<store::Orders>(); }

    Answer<int> free_all_but(WorkerId /*worker*/, store::WorkAtHand /*at_hand*/) override {
        return fails<int>();
    }

    Answer<std::optional<store::Build>> claim_build(WorkerId /*worker*/) override {
        return fails<std::optional<store::Build>>();
    }

    Answer<store::BuildEnd> record_plan(
        WorkerId /*worker*/, BuildId /*build*/, store::PlanRecord /*plan*/
    ) override {
        return fails<store::BuildEnd>();
    }

    Answer<void> finish(
        WorkerId /*worker*/, BuildId /*build*/, model::BuildState /*state*/, std::string /*error*/
    ) override {
        return fails<void>();
    }

    Answer<std::vector<store::ClaimedStep>> claim_steps(WorkerId /*worker*/, int /*most*/)
        override {
        return fails<std::vector<store::ClaimedStep>>();
    }

    Answer<store::BuildEnd> update_step(
        WorkerId /*worker*/, BuildId /*build*/, store::Step /*step*/
    ) override {
        return fails<store::BuildEnd>();
    }

    Answer<store::BuildEnd> release_step(
        WorkerId /*worker*/, BuildId /*build*/, store::Step /*step*/
    ) override {
        return fails<store::BuildEnd>();
    }

    Answer<std::string> pin_base(
        BuildId /*build*/, std::string /*reference*/, std::string /*digest*/
    ) override {
        return fails<std::string>();
    }

    Answer<store::BuildEnd> supersede(BuildId /*build*/, std::string /*why*/) override {
        return fails<store::BuildEnd>();
    }

    Answer<store::BuildEnd> cancel(BuildId /*build*/, std::string /*why*/) override {
        return fails<store::BuildEnd>();
    }

    Answer<void> append_log(BuildId /*build*/, int /*position*/, std::string /*text*/) override {
        return fails<void>();
    }

    Answer<store::Build> build(BuildId /*id*/) override { return fails<store::Build>(); }

    Answer<std::vector<store::Build>> builds(store::BuildQuery /*query*/) override {
        return fails<std::vector<store::Build>>();
    }

    Answer<std::string> log(BuildId /*build*/, int /*position*/, std::int64_t /*offset*/) override {
        return fails<std::string>();
    }

    Answer<store::Snapshot> snapshot() override { return fails<store::Snapshot>(); }

    Answer<std::vector<store::LeftImage>> left_images(std::string /*engine*/, store::Time /*built*/)
        override {
        return fails<std::vector<store::LeftImage>>();
    }

    Answer<void> forget_image(store::LeftImage /*image*/) override { return fails<void>(); }

    Answer<std::optional<store::Branch>> branch(std::string /*repository*/, std::string /*ref*/)
        override {
        return fails<std::optional<store::Branch>>();
    }

    Answer<std::vector<store::Branch>> branches(std::string /*repository*/) override {
        return fails<std::vector<store::Branch>>();
    }

    Answer<void> keep_branch(store::Branch /*branch*/) override { return fails<void>(); }

    Answer<std::vector<store::LedgerEntry>> ledger(store::LedgerQuery /*query*/) override {
        return fails<std::vector<store::LedgerEntry>>();
    }

    Answer<void> owe(
        std::string /*repository*/,
        std::string /*ref*/,
        std::string /*folder*/,
        std::string /*why*/,
        std::string /*moved*/
    ) override {
        return fails<void>();
    }

    Answer<std::vector<store::Delivery>> deliveries(store::DeliveryQuery /*query*/) override {
        return fails<std::vector<store::Delivery>>();
    }

    Answer<store::Delivery> delivery(DeliveryId /*id*/) override {
        return fails<store::Delivery>();
    }

    Answer<std::vector<std::chrono::milliseconds>> durations(
        std::string /*repository*/, std::string /*folder*/
    ) override {
        return fails<std::vector<std::chrono::milliseconds>>();
    }

    Answer<std::vector<store::Report>> claim_reports(std::string /*claimant*/, int /*most*/)
        override {
        return fails<std::vector<store::Report>>();
    }

    Answer<void> settle_report(store::Report /*report*/, store::ReportEnd /*end*/) override {
        return fails<void>();
    }

    Answer<void> free_reports(std::string /*claimant*/) override { return fails<void>(); }

    Answer<std::vector<store::Report>> reports(store::ReportQuery /*query*/) override {
        return fails<std::vector<store::Report>>();
    }

    Answer<store::ReportTotals> report_totals() override { return fails<store::ReportTotals>(); }

    Answer<store::Pruned> prune(store::Keep /*keep*/) override { return fails<store::Pruned>(); }

    Answer<bool> lead() override { return fails<bool>(); }

    void on_change(std::function<void()> /*call*/) override {}

    [[nodiscard]] std::uint64_t version() const override { return 1; }

private:
    template <class T>
    static Answer<T> fails() {
        co_return fail(ErrorCode::unavailable, "the disk is full");
    }
};

}  // namespace slipway::test
