#include "server/app/process.hpp"

#include "server/base/log.hpp"
#include "server/config/config.hpp"
#include "server/http/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace slipway::app {
namespace {

constexpr rlim_t wanted_open_files = 16384;

}  // namespace

std::size_t allow_connections() {
    const std::size_t usual = http::ServerLimits{}.connections;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return usual;
    }
    const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, wanted_open_files);
    limit.rlim_cur = std::max(limit.rlim_cur, wanted);
    setrlimit(RLIMIT_NOFILE, &limit);
    return std::clamp<std::size_t>(limit.rlim_cur / 2, 1, usual);
}

void keep_memory_private() {
    const rlimit none{};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

void configure_log(const config::Log& wanted) {
    const std::map<config::LogLevel, log::Level> levels{
        {config::LogLevel::debug, log::Level::debug},
        {config::LogLevel::info, log::Level::info},
        {config::LogLevel::warning, log::Level::warning},
        {config::LogLevel::error, log::Level::error},
    };
    const bool is_json = wanted.format == config::LogFormat::json;
    log::configure(levels.at(wanted.level), is_json ? log::Format::json : log::Format::text);
}

}  // namespace slipway::app
