#include "server/factory/wanted_reports.hpp"

#include "server/config/config.hpp"
#include "server/store/report.hpp"

#include <gtest/gtest.h>

namespace slipway::factory {
namespace {

TEST(WantedReports, AreWhatTheConfigurationAsksFor) {
    config::Config config;
    config.repositories.resize(2);
    config.repositories[0].name = "images";
    config.repositories[1].name = "other";
    EXPECT_EQ(wanted_reports(config, "images"), store::Reports());
    config.repositories[0].gitlab.token = config::Secret("t");
    EXPECT_TRUE(wanted_reports(config, "images").statuses);
    EXPECT_FALSE(wanted_reports(config, "other").any());
    config.repositories[0].gitlab.statuses = false;
    EXPECT_FALSE(wanted_reports(config, "images").any());
    config.notifications = {{.url = "https://n", .repositories = {"other"}}};
    EXPECT_FALSE(wanted_reports(config, "images").events);
    EXPECT_TRUE(wanted_reports(config, "other").events);
    config.notifications[0].repositories.clear();
    EXPECT_TRUE(wanted_reports(config, "images").events);
    EXPECT_FALSE(wanted_reports(config, "unknown").any());
}

}  // namespace
}  // namespace slipway::factory
