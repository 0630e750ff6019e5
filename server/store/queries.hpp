#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/records.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace slipway::store {

/// The reading half of Store, on a connection of its own.
class Queries {
public:
    explicit Queries(const std::filesystem::path& file);

    [[nodiscard]] Result<Build> build(BuildId id);
    [[nodiscard]] std::vector<Build> builds(const BuildQuery& query);
    [[nodiscard]] Result<std::string> log(BuildId build, int position, std::int64_t offset);
    [[nodiscard]] Snapshot snapshot();
    [[nodiscard]] std::vector<LeftImage> left_images(const std::string& engine, Time built);

private:
    std::vector<ImageStatus> images();
    std::map<std::string, std::int64_t> steps_by_state();

    Database database_;
    BuildReader reader_;
    Statement step_;
    Statement log_;
    Statement queued_;
    Statement queued_total_;
    Statement finished_;
    Statement images_;
    Statement steps_by_state_;
};

}  // namespace slipway::store
