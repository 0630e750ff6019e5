#pragma once

#include "core/base/result.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/repository.hpp"
#include "core/model/build_state.hpp"
#include "core/model/object_id.hpp"
#include "server/base/metrics.hpp"
#include "server/base/stop.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/work.hpp"
#include "server/registry/credentials.hpp"
#include "server/store/store.hpp"
#include "tests/support/engine_seats.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_recorder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {

/// A repository made by git: `base`; `app` on base; `web` on app; `other` on python:3.10.
class ImageRepository {
public:
    ImageRepository() {
        add("base", "image: base\nversion: 1\nlabels: {team: web}\n", "FROM scratch\nCOPY file /\n"
        );
        add("app", "image: app\nversion: 1\n", "FROM r.example/base:1\n");
        add("web", "image: web\nversion: 1\n", "FROM r.example/app:1\n");
        add("other", "image: other\nversion: 1\nplatform: linux/arm64\n", "FROM python:3.10\n");
        std::ofstream(folder_ / "base/file") << "content of the context";
        git({"init", "--quiet", "--initial-branch=main"});
        git({"add", "."});
        git({"commit", "--quiet", "-m", "Images", "--date=2026-01-02T03:04:05Z"});
    }

    [[nodiscard]] Source source() const {
        const auto repository = git::Repository::open(folder_.path().string()).value();
        const git::Commit commit = repository->resolve("main").value();
        catalog::CatalogOptions options;
        options.default_registry = "r.example";
        auto catalog = catalog::read_catalog(*repository, commit.tree, options).value();
        return {repository->git_folder(), commit, "https://git.example/images", std::move(catalog)};
    }

private:
    void add(const std::string& name, const std::string& manifest, const std::string& dockerfile) {
        std::filesystem::create_directory(folder_ / name);
        std::ofstream(folder_ / name / "manifest.yml") << manifest;
        std::ofstream(folder_ / name / "Dockerfile") << dockerfile;
    }

    void git(std::vector<std::string> words) {
        words.insert(
            words.begin(),
            {"git",
             "-C",
             folder_.path().string(),
             "-c",
             "user.name=Test",
             "-c",
             "user.email=test@example.com",
             "-c",
             "commit.gpgsign=false"}
        );
        test::run(std::move(words));
    }

    test::TempFolder folder_;
};

/// A step of an image of ImageRepository that is built and pushed as one reference.
inline store::Step make_step(int position, const std::string& folder, std::vector<int> needs = {}) {
    store::Step step;
    step.position = position;
    step.folder = folder;
    step.image = "r.example/" + folder + ":1";
    step.references = {step.image};
    step.state = needs.empty() ? model::StepState::ready : model::StepState::waiting;
    step.needs = std::move(needs);
    return step;
}

/// All that a build needs, with an engine and a recorder in memory.
class WorkshopTest : public testing::Test {
protected:
    static const Source& source() {
        static const ImageRepository repository;
        static const Source source = repository.source();
        return source;
    }

    Workshop workshop() { return workshop(engines_); }

    Workshop workshop(EnginePool& engines) {
        return {
            .engines = engines,
            .blocking = blocking_,
            .clock = clock_,
            .metrics = metrics_,
            .stop = stop_,
            .credentials = credentials_,
            .limits = {},
            .retry =
                {.most_attempts = 3,
                 .first = std::chrono::milliseconds(1),
                 .longest = std::chrono::milliseconds(1)},
        };
    }

    net::io_context context_{1};
    test::ManualClock clock_;
    test::TempFolder docker_config_;
    registry::CredentialSource credentials_{docker_config_.path(), clock_};
    Metrics metrics_;
    Stop stop_;
    std::unique_ptr<test::FakeEngine> owned_ =
        std::make_unique<test::FakeEngine>(context_.get_executor());
    test::FakeEngine& engine_ = *owned_;
    EnginePool engines_{context_.get_executor(), test::one_seat(std::move(owned_)), 8, metrics_};
    net::thread_pool blocking_{2};
};

}  // namespace slipway::factory
