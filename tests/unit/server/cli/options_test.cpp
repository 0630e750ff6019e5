#include "server/cli/options.hpp"

#include "server/cli/exit_code.hpp"

#include <gtest/gtest.h>

#include <expected>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace slipway::cli {
namespace {

std::expected<Command, Exit> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "slipway");
    return parse_arguments(static_cast<int>(words.size()), words.data());
}

template <class Options>
Options options_of(const std::vector<const char*>& words) {
    const auto command = parse(words);
    if (!command) {
        throw std::runtime_error(command.error().error);
    }
    return std::get<Options>(*command);
}

TEST(ParseArguments, PlanTakesTwoRevisions) {
    const auto plan = options_of<PlanOptions>({"plan", "main~1", "main"});
    EXPECT_EQ(plan.before, "main~1");
    EXPECT_EQ(plan.after, "main");
    EXPECT_EQ(plan.repository, ".");
    EXPECT_EQ(plan.registry, "");
    EXPECT_EQ(plan.format, Format::text);
}

TEST(ParseArguments, BuildTakesWhatItOffersToBuilds) {
    const auto build = options_of<BuildOptions>(
        {"build",
         "--secret",
         "id=a,src=f",
         "--secret",
         "id=b,env=V",
         "--ssh",
         "default",
         "--cache-from",
         "r/a:1",
         "--no-cache",
         "A",
         "B"}
    );
    EXPECT_EQ(build.secrets, (std::vector<std::string>{"id=a,src=f", "id=b,env=V"}));
    EXPECT_EQ(build.ssh_agents, std::vector<std::string>{"default"});
    EXPECT_EQ(build.cache_from, std::vector<std::string>{"r/a:1"});
    EXPECT_TRUE(build.no_cache);
    EXPECT_EQ(build.plan.after, "B");
}

TEST(ParseArguments, PlanTakesRepositoryRegistryAndFormat) {
    for (const char* const name : {"--repository", "-C"}) {
        const auto plan = options_of<PlanOptions>(
            {"plan",
             name,
             "/srv/images",
             "--registry",
             "r.example/team",
             "--format",
             "json",
             "a",
             "b"}
        );
        EXPECT_EQ(plan.repository, "/srv/images");
        EXPECT_EQ(plan.registry, "r.example/team");
        EXPECT_EQ(plan.format, Format::json);
    }
}

TEST(ParseArguments, PlanAloneIsWrittenForGitLab) {
    EXPECT_EQ(
        options_of<PlanOptions>({"plan", "--format", "gitlab", "a", "b"}).format, Format::gitlab
    );
}

TEST(ParseArguments, BuildTakesFoldersOfThePlan) {
    EXPECT_EQ(options_of<BuildOptions>({"build", "a", "b"}).folders, std::vector<std::string>{});
    const auto build =
        options_of<BuildOptions>({"build", "--folder=-x", "--folder", "a b", "A", "B"});
    EXPECT_EQ(build.folders, (std::vector<std::string>{"-x", "a b"}));
    EXPECT_EQ(build.plan.before, "A");
}

TEST(ParseArguments, BuildPushesOnlyWhenAsked) {
    const auto usual = options_of<BuildOptions>({"build", "a", "b"});
    EXPECT_FALSE(usual.push);
    EXPECT_FALSE(usual.classic);
    EXPECT_EQ(usual.parallel, 2);
    EXPECT_EQ(usual.engine, "");
    EXPECT_EQ(usual.plan.before, "a");
    const auto asked = options_of<BuildOptions>(
        {"build",
         "--push",
         "--classic",
         "-j",
         "8",
         "--engine",
         "unix:///x.sock",
         "--format",
         "json",
         "a",
         "b"}
    );
    EXPECT_TRUE(asked.push);
    EXPECT_TRUE(asked.classic);
    EXPECT_EQ(asked.parallel, 8);
    EXPECT_EQ(asked.engine, "unix:///x.sock");
    EXPECT_EQ(asked.plan.format, Format::json);
    EXPECT_EQ(asked.plan.after, "b");
}

TEST(ParseArguments, ExplainTakesTwoRevisionsAndAFolder) {
    const auto explain = options_of<ExplainOptions>({"explain", "main~1", "main", "python"});
    EXPECT_EQ(explain.plan.before, "main~1");
    EXPECT_EQ(explain.plan.after, "main");
    EXPECT_EQ(explain.folder, "python");
    EXPECT_EQ(explain.plan.format, Format::text);
    const auto asked = options_of<ExplainOptions>(
        {"explain", "-C", "/srv", "--registry", "r", "--format", "json", "a", "b", "."}
    );
    EXPECT_EQ(asked.plan.repository, "/srv");
    EXPECT_EQ(asked.plan.registry, "r");
    EXPECT_EQ(asked.plan.format, Format::json);
}

TEST(ParseArguments, CheckTakesHeadUnlessARevisionIsNamed) {
    EXPECT_EQ(options_of<CheckOptions>({"check"}).revision, "HEAD");
    const auto check = options_of<CheckOptions>({"check", "-C", "/srv", "--registry", "r", "v1"});
    EXPECT_EQ(check.revision, "v1");
    EXPECT_EQ(check.repository, "/srv");
    EXPECT_EQ(check.registry, "r");
}

TEST(ParseArguments, ContextTakesRevisionAndFolder) {
    const auto context = options_of<ContextOptions>({"context", "--list", "HEAD", "python"});
    EXPECT_TRUE(context.list);
    EXPECT_EQ(context.revision, "HEAD");
    EXPECT_EQ(context.folder, "python");
    EXPECT_FALSE(options_of<ContextOptions>({"context", "HEAD", "."}).list);
}

TEST(ParseArguments, ServeTakesAConfiguration) {
    EXPECT_EQ(options_of<ServeOptions>({"serve"}).config, "");
    const auto serve =
        options_of<ServeOptions>({"serve", "--config", "/etc/slipway.yml", "--check"});
    EXPECT_EQ(serve.config, "/etc/slipway.yml");
    EXPECT_TRUE(serve.check);
}

TEST(ParseArguments, VersionIsACommandAndAFlag) {
    EXPECT_NO_THROW(options_of<VersionOptions>({"version"}));
    const auto flag = parse({"--version"});
    ASSERT_FALSE(flag);
    EXPECT_EQ(flag.error().code, exit_done);
    EXPECT_TRUE(flag.error().out.starts_with("slipway ")) << flag.error().out;
}

TEST(ParseArguments, HelpIsPrintedWithExamplesAndIsNoFailure) {
    for (const char* const word : {"--help", "-h"}) {
        const auto help = parse({word});
        ASSERT_FALSE(help);
        EXPECT_EQ(help.error().code, exit_done);
        EXPECT_TRUE(help.error().out.contains("slipway plan main~1 main"));
        EXPECT_TRUE(help.error().out.contains("slipway explain main~1 main python"));
        EXPECT_TRUE(help.error().out.contains("Exit codes: 0 done"));
        EXPECT_EQ(help.error().error, "");
    }
}

TEST(ParseArguments, EveryCommandHasHelpOfItsOwn) {
    for (const char* const command :
         {"plan", "build", "explain", "check", "context", "serve", "version"}) {
        const auto help = parse({command, "--help"});
        ASSERT_FALSE(help) << command;
        EXPECT_EQ(help.error().code, exit_done) << command;
        EXPECT_TRUE(help.error().out.contains(command)) << help.error().out;
        EXPECT_FALSE(help.error().out.contains('\0')) << command << ": it would end there";
    }
}

TEST(ParseArguments, WrongUsageSaysWhatIsWrong) {
    const std::vector<std::vector<const char*>> wrong = {
        {},
        {"plna"},
        {"plan"},
        {"plan", "a"},
        {"plan", "a", "b", "c"},
        {"plan", "--format", "yaml", "a", "b"},
        {"plan", "--push", "a", "b"},
        {"build", "--format", "gitlab", "a", "b"},
        {"explain", "--format", "gitlab", "a", "b", "c"},
        {"plan", "--folder", "x", "a", "b"},
        {"build", "-j", "0", "a", "b"},
        {"build", "-j", "65", "a", "b"},
        {"build", "-j", "x", "a", "b"},
        {"explain", "a", "b"},
        {"explain", "a", "b", "c", "d"},
        {"context", "HEAD"},
        {"serve", "--config"},
        {"serve", "extra"},
        {"version", "--nope"},
    };
    for (const auto& words : wrong) {
        const auto command = parse(words);
        const std::string shown = words.empty() ? "nothing" : words.back();
        ASSERT_FALSE(command) << shown;
        EXPECT_EQ(command.error().code, exit_usage) << shown;
        EXPECT_NE(command.error().error, "") << shown;
        EXPECT_EQ(command.error().out, "") << shown;
    }
}

}  // namespace
}  // namespace slipway::cli
