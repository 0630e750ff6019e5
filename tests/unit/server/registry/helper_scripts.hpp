#pragma once

#include "tests/support/temp_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace slipway::registry {

/// Credential helpers that the test writes as shell scripts; they are the first on PATH.
class HelperScripts {
public:
    // NOLINTBEGIN(concurrency-mt-unsafe): before and after all threads of the test
    HelperScripts() : path_(std::getenv("PATH")) {
        ::setenv("PATH", (scripts_.path().string() + ":" + path_).c_str(), 1);
    }

    HelperScripts(const HelperScripts&) = delete;
    HelperScripts& operator=(const HelperScripts&) = delete;
    HelperScripts(HelperScripts&&) = delete;
    HelperScripts& operator=(HelperScripts&&) = delete;

    ~HelperScripts() { ::setenv("PATH", path_.c_str(), 1); }

    // NOLINTEND(concurrency-mt-unsafe)

    /// `docker-credential-<suffix>`, which is started in any folder and finds its own as `$here`.
    void helper(std::string_view suffix, std::string_view script) const {
        const std::filesystem::path file = scripts_ / ("docker-credential-" + std::string(suffix));
        std::ofstream(file) << "#!/bin/sh\nhere='" << scripts_.path().string() << "'\n" << script;
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }

    /// What a script wrote into `$here/<name>`.
    [[nodiscard]] std::string written(std::string_view name) const {
        std::ostringstream content;
        content << std::ifstream(scripts_ / name).rdbuf();
        return content.str();
    }

    [[nodiscard]] std::filesystem::path script_file(std::string_view name) const {
        return scripts_ / name;
    }

private:
    std::string path_;
    test::TempFolder scripts_;
};

}  // namespace slipway::registry
