#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace slipway::cli {

/// `gitlab`: of plans alone.
enum class Format : std::uint8_t { text, json, gitlab };

struct PlanOptions {
    std::string repository = ".";
    std::string registry;
    Format format = Format::text;
    std::string before;
    std::string after;
};

struct BuildOptions {
    PlanOptions plan;
    std::string engine;                ///< empty: DOCKER_HOST, else the usual socket
    std::vector<std::string> folders;  ///< of the plan, as typed; empty: all
    bool push = false;
    bool classic = false;
    int parallel = 2;
    std::vector<std::string> secrets;     ///< `id=npm,src=FILE`, `id=npm,env=VARIABLE`
    std::vector<std::string> ssh_agents;  ///< `default`, `ID=SOCKET`
    std::vector<std::string> cache_from;
    bool no_cache = false;
};

struct CheckOptions {
    std::string repository = ".";
    std::string registry;
    std::string revision = "HEAD";
};

struct ExplainOptions {
    PlanOptions plan;
    std::string folder;
};

struct ContextOptions {
    std::string repository = ".";
    bool list = false;
    std::string revision;
    std::string folder;
};

struct ServeOptions {
    std::string config;
    bool check = false;
};

struct VersionOptions {};

using Command = std::variant<
    PlanOptions,
    BuildOptions,
    ExplainOptions,
    CheckOptions,
    ContextOptions,
    ServeOptions,
    VersionOptions>;

/// What to do, or what to print and exit with instead (`--help`, wrong usage).
struct Exit {
    int code = 0;
    std::string out;
    std::string error;
};

[[nodiscard]] std::expected<Command, Exit> parse_arguments(int count, const char* const* arguments);

}  // namespace slipway::cli
