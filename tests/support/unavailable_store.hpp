#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
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

    Answer<std::optional<store::Build>> claim() override {
        return fails<std::optional<store::Build>>();
    }

    Answer<std::vector<store::Build>> recover() override {
        return fails<std::vector<store::Build>>();
    }

    Answer<void> record_plan(BuildId /*build*/, store::PlanRecord /*plan*/) override {
        return fails<void>();
    }

    Answer<void> update_step(BuildId /*build*/, store::Step /*step*/) override {
        return fails<void>();
    }

    Answer<void> finish(BuildId /*id*/, model::BuildState /*state*/, std::string /*error*/)
        override {
        return fails<void>();
    }

    Answer<void> append_log(BuildId /*id*/, int /*position*/, std::string /*text*/) override {
        return fails<void>();
    }

    Answer<store::Build> build(BuildId /*id*/) override { return fails<store::Build>(); }

    Answer<std::vector<store::Build>> builds(store::BuildQuery /*query*/) override {
        return fails<std::vector<store::Build>>();
    }

    Answer<std::string> log(BuildId /*id*/, int /*position*/, std::int64_t /*offset*/) override {
        return fails<std::string>();
    }

    Answer<store::Snapshot> snapshot() override { return fails<store::Snapshot>(); }

    Answer<std::vector<store::LeftImage>> left_images(std::string /*engine*/, store::Time /*built*/)
        override {
        return fails<std::vector<store::LeftImage>>();
    }

    Answer<void> forget_image(store::LeftImage /*image*/) override { return fails<void>(); }

    [[nodiscard]] std::uint64_t version() const override { return 1; }

private:
    template <class T>
    static Answer<T> fails() {
        co_return fail(ErrorCode::unavailable, "the disk is full");
    }
};

}  // namespace slipway::test
