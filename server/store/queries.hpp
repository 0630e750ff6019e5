#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/image_table.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace slipway::store {

/// Reads builds, their steps and logs. Runs in the caller's transaction, so that all parts of an
/// answer are of the same moment.
template <class Sql>
class Queries {
public:
    Queries(const typename Sql::Database& database, ImageTable& table);

    [[nodiscard]] Result<Build> build(BuildId id);
    [[nodiscard]] std::vector<Build> builds(const BuildQuery& query);
    [[nodiscard]] Result<std::string> log(BuildId build, int position, std::int64_t offset);
    [[nodiscard]] Snapshot snapshot();
    [[nodiscard]] std::vector<LeftImage> left_images(const std::string& engine, Time built);
    [[nodiscard]] std::vector<std::chrono::milliseconds> durations(
        const std::string& repository, const std::string& folder
    );

private:
    using Statement = typename Sql::Statement;

    std::vector<ImageStatus> images(const std::vector<Build>& running);
    std::vector<StepKey> named();
    ImageRows read_images(const std::vector<StepKey>& steps);

    const typename Sql::Database& database_;
    ImageTable& table_;
    BuildReader<Sql> reader_;
    Statement step_;
    Statement log_;
    Statement shown_;
    Statement named_;
    Statement images_;
    Statement totals_;
};

extern template class Queries<Sqlite>;
extern template class Queries<Postgres>;

}  // namespace slipway::store
