#include "core/base/source_error.hpp"
#include "server/app/serve.hpp"
#include "server/base/environment.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/options.hpp"
#include "server/config/config.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <utility>

namespace slipway::cli {
namespace {

config::ParsedConfig load(const std::string& file) {
    if (file.empty()) {
        return config::default_config(std::filesystem::current_path(), variable);
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        config::ParsedConfig unread;
        unread.errors.push_back(
            {file, 1, 1, "the configuration can't be read: no such file, or no permission"}
        );
        return unread;
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return config::parse_config(
        text, file, std::filesystem::absolute(file).parent_path(), variable
    );
}

}  // namespace

int run_serve(const ServeOptions& options) {
    config::ParsedConfig parsed = load(options.config);
    for (const SourceError& error : parsed.errors) {
        std::fprintf(stderr, "%s\n", to_string(error).c_str());
    }
    if (!parsed.errors.empty()) {
        return exit_usage;
    }
    if (options.check) {
        std::fputs(config::to_yaml(parsed.config).c_str(), stdout);
        return exit_done;
    }
    return app::serve(std::move(parsed.config), [file = options.config] { return load(file); });
}

}  // namespace slipway::cli
