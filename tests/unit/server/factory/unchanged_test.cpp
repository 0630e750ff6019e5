#include "server/factory/unchanged.hpp"

#include "core/base/sha256.hpp"
#include "core/base/strong_id.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/repository.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/parents.hpp"
#include "server/factory/run_step.hpp"
#include "server/factory/work.hpp"
#include "server/registry/registry_client.hpp"
#include "server/store/store.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/unit/server/factory/images_remote.hpp"
#include "tests/unit/server/factory/workshop.hpp"

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using model::StepState;
using Texts = std::vector<std::string>;

const std::string manifest = R"({"config": {"digest": "sha256:1"}})";
const std::string digest = "sha256:" + sha256_hex(manifest);
const std::string another = "sha256:" + std::string(64, 'b');
const std::string python = "docker.io/library/python:3.10";

std::string holds(const std::string& what) {
    return test::http_answer("200 OK", {"Docker-Content-Digest: " + what});
}

std::string holds_nothing() {
    return test::http_answer("404 Not Found", {});
}

Source source_of(const ImagesRemote& remote) {
    const auto repository = git::Repository::open(remote.path()).value();
    const git::Commit commit = repository->resolve("main").value();
    catalog::CatalogOptions options;
    options.default_registry = "r.example";
    auto catalog = catalog::read_catalog(*repository, commit.tree, options).value();
    return {repository->git_folder(), commit, "", std::move(catalog)};
}

/// Steps whose ledger a test writes and whose registry it scripts.
class Unchanged : public WorkshopTest {
protected:
    Unchanged() {
        shop_.registries = &client_;
        shop_.find_pushed = [this](std::string folder) { return find_pushed(std::move(folder)); };
    }

    store::Step step(const std::string& folder) const {
        store::Step step = make_step(0, folder);
        step.references = {server_.address() + "/team/" + folder + ":1"};
        return step;
    }

    Foreknown foreknow_of(const store::Step& of, bool may_end = true) {
        const engine::LogSink log = [](const wire::LogLine&) {};
        return test::run_coroutine(context_, foreknow(shop_, source(), bases_, of, may_end, log));
    }

    /// The ledger has the step's content as pushed under this digest.
    void push_before(const store::Step& of) {
        store::LedgerEntry entry;
        entry.folder = of.folder;
        entry.commit = "0123456789abcdef0123456789abcdef01234567";
        entry.build = BuildId{7};
        entry.input_id = foreknow_of(of, false).input_id;
        for (const std::string& reference : of.references) {
            entry.digests.emplace(reference, digest);
        }
        pushed_ = entry;
    }

    store::Step run(store::Step of, std::vector<store::Step> parents_of = {}) {
        std::vector<store::Step> known = parents_of;
        known.push_back(of);
        std::ranges::sort(known, {}, &store::Step::position);
        recorder_ = test::MemoryRecorder(std::move(known));
        const Observer observer = recorder_.observer();
        Parents parents(bases_, source(), parents_of);
        return test::run_coroutine(
                   context_, run_step(shop_, source(), observer, parents, std::move(of))
        )
            .value();
    }

    bool was_built() const { return !engine_.calls("build").empty(); }

    bool logged(std::string_view part) const {
        return std::ranges::any_of(recorder_.logs(), [&](const std::string& line) {
            return line.contains(part);
        });
    }

    Texts asked(std::string_view part) const {
        Texts some;
        std::ranges::copy_if(server_.asked(), std::back_inserter(some), [&](const auto& line) {
            return line.contains(part);
        });
        return some;
    }

    test::ScriptedRegistry server_;
    registry::RegistryClient client_{{}, {.total = std::chrono::seconds(10)}};
    Workshop shop_ = workshop();
    Bases bases_{context_.get_executor()};
    std::optional<store::LedgerEntry> pushed_;
    Texts looked_for_;
    test::MemoryRecorder recorder_{{}};

private:
    net::awaitable<std::optional<store::LedgerEntry>> find_pushed(std::string folder) {
        looked_for_.push_back(std::move(folder));
        co_return pushed_;
    }
};

TEST_F(Unchanged, ContentThatTheRegistryHoldsIsNotBuilt) {
    push_before(step("base"));
    server_.on("HEAD /v2/team/base/manifests/1", {holds(digest)});
    const store::Step ended = run(step("base"));
    EXPECT_EQ(ended.state, StepState::unchanged);
    EXPECT_EQ(recorder_.history(), Texts{"base unchanged"});
    EXPECT_EQ(ended.input_id, pushed_->input_id);
    EXPECT_EQ(ended.digests.at(ended.references[0]), digest);
    EXPECT_EQ(ended.note, "not built: its content is what build 7 pushed for commit 0123456789");
    EXPECT_EQ(ended.finished, clock_.now());
    EXPECT_TRUE(logged(ended.note));
    EXPECT_TRUE(engine_.calls().empty());
    EXPECT_EQ(looked_for_, Texts{"base"});
}

TEST_F(Unchanged, MissingTagIsMadeInTheRegistry) {
    store::Step both = step("base");
    both.references.push_back(server_.address() + "/team/base:latest");
    push_before(step("base"));
    server_.on("HEAD /v2/team/base/manifests/1", {holds(digest)});
    server_.on("HEAD /v2/team/base/manifests/latest", {holds_nothing()});
    server_.on(
        "GET /v2/team/base/manifests/" + digest,
        {test::http_answer("200 OK", {"Content-Type: application/json"}, manifest)}
    );
    server_.on("PUT /v2/team/base/manifests/latest", {test::http_answer("201 Created", {})});
    const store::Step ended = run(both);
    EXPECT_EQ(ended.state, StepState::unchanged);
    EXPECT_EQ(ended.digests.size(), 2U);
    EXPECT_EQ(ended.digests.at(both.references[1]), digest);
    EXPECT_EQ(asked("PUT").size(), 1U);
    EXPECT_TRUE(logged("tagged " + both.references[1] + " anew, as " + digest));
    EXPECT_TRUE(engine_.calls().empty());
}

TEST_F(Unchanged, NameThatIsAnotherImageByNowIsNotTakenForThisOne) {
    push_before(step("base"));
    server_.on("HEAD ", {holds(another)});
    server_.on("GET ", {holds_nothing()});
    const store::Step ended = run(step("base"));
    EXPECT_TRUE(was_built()) << "the registry has lost the content, so it can't be tagged anew";
    EXPECT_EQ(ended.input_id, pushed_->input_id);
}

TEST_F(Unchanged, NameThatIsAnotherImageIsLeftAloneWhereNothingIsOverwritten) {
    shop_.refuse_overwrite = true;
    push_before(step("base"));
    server_.on("HEAD ", {holds(another)});
    const store::Step ended = run(step("base"));
    EXPECT_EQ(ended.state, StepState::failed);
    EXPECT_TRUE(ended.error.contains("does not overwrite")) << ended.error;
    EXPECT_TRUE(asked("PUT").empty());
    EXPECT_TRUE(asked("GET").empty());
}

TEST_F(Unchanged, RegistryThatCanNotBeAskedIsNotReliedOn) {
    push_before(step("base"));
    server_.on("HEAD ", {test::http_answer("500 Internal Server Error", {})});
    EXPECT_EQ(run(step("base")).state, StepState::pushed);
    EXPECT_TRUE(was_built());
}

TEST_F(Unchanged, OtherContentIsBuilt) {
    push_before(step("base"));
    pushed_->input_id = std::string(64, '0');
    run(step("base"));
    EXPECT_TRUE(was_built());
    EXPECT_NE(recorder_.steps()[0].input_id, pushed_->input_id);
}

TEST_F(Unchanged, FolderThatWasNeverPushedIsBuilt) {
    run(step("base"));
    EXPECT_EQ(looked_for_, Texts{"base"});
    EXPECT_TRUE(was_built());
    EXPECT_EQ(recorder_.steps()[0].input_id.size(), 64U);
}

TEST_F(Unchanged, NamesThatWerePushedAsDifferentImagesAreNotCompared) {
    push_before(step("base"));
    pushed_->digests.emplace(server_.address() + "/team/base:old", another);
    server_.on("HEAD ", {holds(digest)});
    run(step("base"));
    EXPECT_TRUE(was_built());
}

TEST_F(Unchanged, WatchedOrRequestedIsBuiltAllTheSame) {
    for (const std::string kind : {"watched", "requested"}) {
        store::Step wanted = step("base");
        wanted.reasons = R"([{"kind":")" + kind + R"("}])";
        push_before(wanted);
        looked_for_.clear();
        const std::size_t before = engine_.calls("build").size();
        server_.on("HEAD ", {holds(digest)});
        const store::Step ended = run(wanted);
        EXPECT_EQ(engine_.calls("build").size(), before + 1) << kind;
        EXPECT_EQ(ended.input_id, pushed_->input_id) << "for the ledger";
        EXPECT_TRUE(looked_for_.empty());
    }
}

TEST_F(Unchanged, AlwaysBuiltTellsTheLedgerItsInputAllTheSame) {
    push_before(step("base"));
    shop_.always_builds = true;
    server_.on("HEAD ", {holds(digest)});
    const store::Step ended = run(step("base"));
    EXPECT_TRUE(was_built());
    EXPECT_EQ(ended.input_id, pushed_->input_id);
}

TEST_F(Unchanged, ChangedIsNoReasonToBuildTheSame) {
    store::Step changed = step("base");
    changed.reasons = R"([{"kind":"changed"},{"kind":"base_rebuilt"},{"kind":"owed"}])";
    push_before(changed);
    server_.on("HEAD ", {holds(digest)});
    EXPECT_EQ(run(changed).state, StepState::unchanged);
}

TEST_F(Unchanged, WhatStandsOnAnImageThatWasMadeAnewIsBuilt) {
    store::Step parent = make_step(0, "base");
    store::Step child = step("app");
    child.position = 1;
    child.needs = {0};
    push_before(child);
    server_.on("HEAD ", {holds(digest)});

    parent.state = StepState::unchanged;
    EXPECT_EQ(run(child, {parent}).state, StepState::unchanged);
    EXPECT_FALSE(was_built());

    parent.state = StepState::pushed;
    parent.engine = "one";
    run(child, {parent});
    EXPECT_TRUE(was_built());
}

TEST_F(Unchanged, StepThatIsNotPushedIsBuilt) {
    store::Step kept = step("base");
    push_before(kept);
    kept.push = false;
    EXPECT_EQ(run(kept).state, StepState::built);
    EXPECT_TRUE(was_built());
}

TEST_F(Unchanged, BasesAreRecordedAndCount) {
    bases_.pin({{python, digest}});
    store::Step other = step("other");
    push_before(other);
    server_.on("HEAD ", {holds(digest)});
    other = run(other);
    EXPECT_EQ(other.state, StepState::unchanged);
    EXPECT_EQ(other.bases.size(), 1U);
    EXPECT_EQ(other.bases.at(python), digest);

    Bases later(context_.get_executor());
    later.pin({{python, another}});
    std::swap(bases_, later);
    other = run(step("other"));
    EXPECT_TRUE(was_built());
    EXPECT_EQ(other.bases.at(python), another);
    EXPECT_NE(other.input_id, pushed_->input_id);
}

TEST_F(Unchanged, BaseOfAParentCountsAndIsNotTheChildsOwn) {
    const ImagesRemote remote;
    remote.add_image("base", "FROM python:3.10\n");
    remote.commit();
    const Source here = source_of(remote);
    const auto foreknow_with = [&](const std::string& folder, const std::string& pinned) {
        Bases bases(context_.get_executor());
        bases.pin({{python, pinned}});
        const engine::LogSink log = [](const wire::LogLine&) {};
        return test::run_coroutine(
            context_, foreknow(shop_, here, bases, make_step(0, folder), false, log)
        );
    };
    EXPECT_EQ(foreknow_with("base", digest).bases.at(python), digest);
    const Foreknown child = foreknow_with("app", digest);
    EXPECT_TRUE(child.bases.empty());
    EXPECT_FALSE(child.input_id.empty());
    EXPECT_EQ(foreknow_with("app", digest).input_id, child.input_id);
    EXPECT_NE(foreknow_with("app", another).input_id, child.input_id);
}

TEST_F(Unchanged, BaseThatIsNotKnownMeansBuildingWithoutAnInputId) {
    shop_.registries = nullptr;
    const store::Step ended = run(step("other"));
    EXPECT_EQ(ended.state, StepState::pushed);
    EXPECT_EQ(ended.input_id, "");
    EXPECT_TRUE(ended.bases.empty());
    EXPECT_TRUE(looked_for_.empty());
}

TEST_F(Unchanged, NothingIsAskedWhereNobodyKeepsALedger) {
    push_before(step("base"));
    shop_.find_pushed = nullptr;
    server_.on("HEAD ", {test::http_answer("500 Internal Server Error", {})});
    const store::Step ended = run(step("base"));
    EXPECT_EQ(ended.state, StepState::pushed);
    EXPECT_EQ(ended.input_id, "");
    EXPECT_EQ(server_.requests().size(), 1U) << "after the push";
    EXPECT_TRUE(looked_for_.empty());
}

TEST_F(Unchanged, BuiltBeforeARestartIsNotLookedAtAgain) {
    push_before(step("base"));
    store::Step built = step("base");
    built.state = StepState::built;
    built.engine = "one";
    built.image_id = "sha256:kept";
    engine_.give(built.references[0], "sha256:kept");
    EXPECT_EQ(run(built).state, StepState::pushed);
    EXPECT_TRUE(looked_for_.empty());
}

}  // namespace
}  // namespace slipway::factory
