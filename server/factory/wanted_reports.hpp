#pragma once

#include "server/config/config.hpp"
#include "server/store/report.hpp"

#include <string_view>

namespace slipway::factory {

/// Which reports of a repository's builds the configuration asks for: statuses where it has a
/// token for GitLab, events where somebody is notified of some of it.
[[nodiscard]] store::Reports wanted_reports(
    const config::Config& config, std::string_view repository
);

}  // namespace slipway::factory
