#include "server/factory/wanted_reports.hpp"

#include "server/config/config.hpp"
#include "server/store/report.hpp"

#include <algorithm>
#include <string_view>

namespace slipway::factory {

store::Reports wanted_reports(const config::Config& config, std::string_view repository) {
    const auto found =
        std::ranges::find(config.repositories, repository, &config::Repository::name);
    if (found == config.repositories.end()) {
        return {};
    }
    const auto is_of_it = [repository](const config::Notification& notification) {
        return notification.repositories.empty() ||
               std::ranges::find(notification.repositories, repository) !=
                   notification.repositories.end();
    };
    return {
        .statuses = !found->gitlab.token.empty() && found->gitlab.statuses,
        .events = std::ranges::any_of(config.notifications, is_of_it),
    };
}

}  // namespace slipway::factory
