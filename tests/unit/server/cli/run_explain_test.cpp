#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/local.hpp"
#include "server/cli/options.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::cli {
namespace {

struct Ran {
    int code = 0;
    std::string out;
    std::string error;
};

/// A repository with the tags `one` and `two`: between them base changed, old is gone, and broken
/// came.
class RunExplainTest : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("SLIPWAY_CACHE", (folder_ / "cache").c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
        git({"init", "-q", "-b", "main"});
        add_image("base", "scratch");
        add_image("web", "base:1");
        add_image("alone", "scratch");
        add_image("old", "scratch");
        commit("one");
        write("base/motd", "x");
        std::filesystem::remove_all(folder_ / "repository/old");
        write("broken/manifest.yml", "image: broken\nversion: 1\n");
        commit("two");
    }

    void TearDown() override {
        ::unsetenv("SLIPWAY_CACHE");  // NOLINT(concurrency-mt-unsafe)
    }

    Ran explain(const std::string& folder, Format format = Format::text) const {
        ExplainOptions options;
        options.plan.repository = (folder_ / "repository").string();
        options.plan.format = format;
        options.plan.before = "one";
        options.plan.after = "two";
        options.folder = folder;
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const int code = run_explain(options);
        return {
            code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()
        };
    }

private:
    void git(const std::vector<std::string>& words) const {
        const std::string repository = (folder_ / "repository").string();
        std::filesystem::create_directories(repository);
        std::vector<std::string> command = {
            "git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@example.com"
        };
        command.insert(command.end(), words.begin(), words.end());
        test::run(std::move(command));
    }

    void write(const std::string& path, const std::string& content) const {
        const auto file = folder_ / ("repository/" + path);
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << content;
    }

    void add_image(const std::string& name, const std::string& from) const {
        write(name + "/manifest.yml", "image: " + name + "\nversion: 1\n");
        write(name + "/Dockerfile", "FROM " + from + "\n");
    }

    void commit(const std::string& name) const {
        git({"add", "-A"});
        git({"-c", "commit.gpgsign=false", "commit", "-q", "-m", name});
        git({"tag", name});
    }

    test::TempFolder folder_;
};

TEST_F(RunExplainTest, SaysWhyAnImageIsBuilt) {
    const Ran ran = explain("base");
    EXPECT_EQ(ran.code, exit_done);
    EXPECT_TRUE(ran.out.starts_with("base (base:1) is built:\n  changed: base/motd\n")) << ran.out;
    EXPECT_EQ(ran.error, "");
    EXPECT_TRUE(explain("web").out.contains("  built on base\n"));
}

TEST_F(RunExplainTest, SaysWhyAnImageIsNotBuilt) {
    const Ran ran = explain("alone");
    EXPECT_EQ(ran.code, exit_done) << "the broken folder is another one";
    EXPECT_TRUE(ran.out.starts_with("alone (alone:1) is not built:\n  same content as before\n"))
        << ran.out;
    EXPECT_EQ(explain("old").out, "old (old:1) is not built:\n  removed\n");
}

TEST_F(RunExplainTest, FolderMayBeTypedAsAPath) {
    EXPECT_EQ(explain("./base/").out, explain("base").out);
    EXPECT_EQ(named_folder("./"), ".");
    EXPECT_EQ(named_folder("."), ".");
    EXPECT_EQ(named_folder("a/b//"), "a/b");
}

TEST_F(RunExplainTest, PrintsJson) {
    const auto json = nlohmann::json::parse(explain("web", Format::json).out);
    EXPECT_EQ(json.at("folder"), "web");
    EXPECT_EQ(json.at("verdict"), "built");
    EXPECT_EQ(json.at("causes").at(0).at("kind"), "base_rebuilt");
    EXPECT_EQ(json.at("before").get<std::string>().size(), 40U);
}

TEST_F(RunExplainTest, FolderWithErrorsIsWrong) {
    const Ran ran = explain("broken");
    EXPECT_EQ(ran.code, exit_wrong);
    EXPECT_TRUE(ran.error.starts_with("broken/manifest.yml:")) << ran.error;
    EXPECT_TRUE(ran.out.starts_with("broken (broken:1) is not built:\n")) << ran.out;
}

TEST_F(RunExplainTest, FolderThatIsNowhereIsWrong) {
    const Ran ran = explain("nowhere");
    EXPECT_EQ(ran.code, exit_wrong);
    EXPECT_EQ(ran.error, "slipway: 'nowhere' is no image folder at either commit\n");
    EXPECT_EQ(ran.out, "nowhere is not built:\n  no image folder of this name at this commit\n");
}

}  // namespace
}  // namespace slipway::cli
