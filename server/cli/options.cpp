#include "server/cli/options.hpp"

#include "server/cli/exit_code.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <expected>
#include <map>
#include <sstream>
#include <string>
#include <utility>

namespace slipway::cli {
namespace {

using Formats = std::map<std::string, Format>;

const Formats formats = {{"text", Format::text}, {"json", Format::json}};
const Formats plan_formats = {
    {"text", Format::text}, {"json", Format::json}, {"gitlab", Format::gitlab}
};

constexpr auto description =
    "slipway: the Docker image factory.\n"
    "Finds the image folders that changed between two commits, adds the images built on them, "
    "builds and pushes.";

constexpr auto examples =
    "Examples:\n"
    "  slipway plan main~1 main                  what a push of the last commit would build, and "
    "why\n"
    "  slipway plan origin/main HEAD             what merging this branch would build\n"
    "  slipway plan 0000000000000000000000000000000000000000 HEAD\n"
    "                                            everything, or all that this branch adds\n"
    "  slipway build --push main~1 main          build it, in order, and push it\n"
    "  slipway build --push --folder python main~1 main\n"
    "                                            python alone, on the registry's parents\n"
    "  slipway explain main~1 main python        why python is built, or why it is not\n"
    "  slipway check                             every manifest and Dockerfile of HEAD\n"
    "  slipway context --list HEAD python        which files python's build gets\n"
    "  slipway serve --config /etc/slipway.yml   the daemon\n"
    "\n"
    "Exit codes: 0 done; 1 something in the repository or a build is wrong; 2 wrong usage; 3 an "
    "outside part failed; 130 interrupted.\n"
    "Docs: README.md, and a README.md in every folder of the source.";

void add_repository(CLI::App& command, std::string& repository, std::string& registry) {
    command.add_option("--repository,-C", repository, "The Git repository")
        ->type_name("DIR")
        ->capture_default_str();
    command
        .add_option(
            "--registry", registry, "The registry of manifests that name none (default: Docker Hub)"
        )
        ->type_name("REGISTRY");
}

void add_plan_options(CLI::App& command, PlanOptions& options, const Formats& known = formats) {
    const char* const shown = known.contains("gitlab")
                                  ? "text, json, or gitlab: a child pipeline of GitLab CI"
                                  : "text or json";
    add_repository(command, options.repository, options.registry);
    command.add_option("--format", options.format, shown)
        ->transform(CLI::CheckedTransformer(known).description(""))
        ->type_name("FORMAT")
        ->default_str("text");
    command
        .add_option("before", options.before, "Compare from: anything that git resolves, or zeros")
        ->required();
    command.add_option("after", options.after, "Compare to: anything that git resolves")
        ->required();
}

void add_build_options(CLI::App& command, BuildOptions& build) {
    add_plan_options(command, build.plan);
    command
        .add_option(
            "--engine",
            build.engine,
            "The Docker Engine (default: DOCKER_HOST, else the usual socket)"
        )
        ->type_name("ADDRESS");
    command
        .add_option(
            "--folder",
            build.folders,
            "This image of the plan alone; what it is built on comes from the registry"
        )
        ->allow_extra_args(false)
        ->type_name("FOLDER");
    command.add_flag("--push", build.push, "Push what was built");
    command.add_flag("--classic", build.classic, "Use the classic builder instead of BuildKit");
    command
        .add_option(
            "--secret",
            build.secrets,
            "For RUN --mount=type=secret: id=ID,src=FILE or id=ID,env=VARIABLE"
        )
        ->type_name("SECRET");
    command
        .add_option(
            "--ssh",
            build.ssh_agents,
            "For RUN --mount=type=ssh: `default` for the agent at SSH_AUTH_SOCK, or ID=SOCKET"
        )
        ->type_name("AGENT");
    command.add_option("--cache-from", build.cache_from, "An image whose layers may be reused")
        ->type_name("REFERENCE");
    command.add_flag("--no-cache", build.no_cache, "Reuse no layer");
    command.add_option("--parallel,-j", build.parallel, "Images at the same time")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
}

void add_folder(CLI::App& command, std::string& folder) {
    command.add_option("folder", folder, "The image folder, `.` for the repository's root")
        ->required();
}

void add_explain_options(CLI::App& command, ExplainOptions& explain) {
    add_plan_options(command, explain.plan);
    add_folder(command, explain.folder);
}

void add_check_options(CLI::App& command, CheckOptions& check) {
    add_repository(command, check.repository, check.registry);
    command.add_option("revision", check.revision, "Anything that git resolves")
        ->capture_default_str();
}

void add_context_options(CLI::App& command, ContextOptions& context) {
    command.add_option("--repository,-C", context.repository, "The Git repository")
        ->type_name("DIR")
        ->capture_default_str();
    command.add_flag("--list", context.list, "Print the paths instead");
    command.add_option("revision", context.revision, "Anything that git resolves")->required();
    add_folder(command, context.folder);
}

void add_serve_options(CLI::App& command, ServeOptions& serve) {
    command
        .add_option(
            "--config",
            serve.config,
            "The configuration file (default: serve the repository here, on loopback)"
        )
        ->type_name("FILE");
    command.add_flag(
        "--check",
        serve.check,
        "Validate the configuration, print it with secrets redacted, and exit"
    );
}

void add_general_options(CLI::App& app) {
    app.footer(examples);
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("slipway ") + SLIPWAY_VERSION);
}

std::expected<void, Exit> parse(CLI::App& app, int count, const char* const* arguments) {
    try {
        app.parse(count, arguments);
        return {};
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream wrong;
        const int code = app.exit(error, out, wrong);
        return std::unexpected(Exit{code == 0 ? exit_done : exit_usage, out.str(), wrong.str()});
    }
}

}  // namespace

std::expected<Command, Exit> parse_arguments(int count, const char* const* arguments) {
    PlanOptions plan;
    BuildOptions build;
    ExplainOptions explain;
    CheckOptions check;
    ContextOptions context;
    ServeOptions serve;
    CLI::App app(description, "slipway");
    add_general_options(app);

    CLI::App* const plan_command = app.add_subcommand(
        "plan", "What must be built between two commits, in which order, and why"
    );
    add_plan_options(*plan_command, plan, plan_formats);

    CLI::App* const build_command =
        app.add_subcommand("build", "Build that, in order; with --push, push it");
    add_build_options(*build_command, build);

    CLI::App* const explain_command =
        app.add_subcommand("explain", "Why an image is built between two commits, or why not");
    add_explain_options(*explain_command, explain);

    CLI::App* const check_command =
        app.add_subcommand("check", "Check every manifest and Dockerfile of a revision");
    add_check_options(*check_command, check);

    CLI::App* const context_command = app.add_subcommand(
        "context", "The build context of a folder, as a tar stream or as a list of paths"
    );
    add_context_options(*context_command, context);

    CLI::App* const serve_command =
        app.add_subcommand("serve", "The daemon: webhooks in, images out");
    add_serve_options(*serve_command, serve);

    CLI::App* const version_command = app.add_subcommand("version", "Print the version");

    if (auto parsed = parse(app, count, arguments); !parsed) {
        return std::unexpected(std::move(parsed).error());
    }
    if (plan_command->parsed()) {
        return plan;
    }
    if (build_command->parsed()) {
        return build;
    }
    if (explain_command->parsed()) {
        return explain;
    }
    if (check_command->parsed()) {
        return check;
    }
    if (context_command->parsed()) {
        return context;
    }
    if (version_command->parsed()) {
        return VersionOptions{};
    }
    return serve;
}

}  // namespace slipway::cli
