#include "core/plan/plan.hpp"

#include "core/plan/gitlab_pipeline.hpp"
#include "core/plan/plan_json.hpp"
#include "tests/unit/core/plan/repository_text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

/// Whole plans as JSON, which scripts read, and as pipelines, which GitLab does.
/// SLIPWAY_TEST_ACCEPT=1 rewrites the files and marks the tests skipped.
namespace slipway::plan {
namespace {

using test::image;
using test::operator+;

void expect_text(const std::string& file, const std::string& text) {
    const std::string path = SLIPWAY_SOURCE_DIR "/tests/golden/plan/" + file;
    if (std::getenv("SLIPWAY_TEST_ACCEPT") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
        std::ofstream(path) << text;
        GTEST_SKIP() << "rewrote " << path;
    }
    std::ifstream in(path);
    const std::string expected{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(text, expected) << "a wanted change? SLIPWAY_TEST_ACCEPT=1 rewrites " << path;
}

void expect_golden(const std::string& name, Plan plan) {
    plan.repository = "images";
    plan.before = std::string(40, 'b');
    plan.after = std::string(40, 'a');
    plan.base_commit = plan.before;
    plan.base_rule = "before";
    expect_text(name + ".json", to_json(plan).dump(2) + "\n");
    expect_text(name + ".gitlab-ci.yml", to_gitlab_pipeline(plan, "registry.example/team"));
}

TEST(PlanJson, BaseImageWithDependents) {
    test::TextRepository repository;
    repository.options.default_registry = "registry.example/team";
    const auto files = image("base", "base", "scratch", "tags: [latest]\n") +
                       image("python", "python", "registry.example/team/base") +
                       image("web", "web", "registry.example/team/python:1") +
                       image("alone", "alone", "debian:12");
    const auto before = repository.commit(files + test::Files{{"base/motd", "one"}});
    const auto after =
        repository.commit(files + test::Files{{"base/motd", "two"}, {"base/new", "x"}});
    expect_golden("base_image_with_dependents", repository.plan(before, after));
}

TEST(PlanJson, EverythingThatCanBeWrong) {
    test::TextRepository repository;
    const auto before =
        repository.commit(image("old", "old", "scratch") + image("moved", "moves", "scratch"));
    const auto after = repository.commit(
        image("here", "moves", "scratch") + image("a", "a", "b:1") + image("b", "b", "a:1") +
        image("one", "same", "scratch") + image("two", "same", "scratch") +
        test::Files{
            {"typo/manifest.yml", "image: typo\nverison: 1\n"},
            {"typo/Dockerfile", "FROM scratch\n"}
        }
    );
    expect_golden("everything_that_can_be_wrong", repository.plan(before, after));
}

TEST(PlanJson, NothingToDo) {
    test::TextRepository repository;
    const auto commit = repository.commit(image("a", "a", "scratch"));
    expect_golden("nothing_to_do", repository.plan(commit, commit));
}

}  // namespace
}  // namespace slipway::plan
