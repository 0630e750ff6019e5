#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
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
    /// Both must outlive it.
    Queries(const typename Sql::Database& database, BuildReader<Sql>& reader);

    [[nodiscard]] Result<Build> build(BuildId id);
    [[nodiscard]] std::vector<Build> builds(const BuildQuery& query);
    [[nodiscard]] Result<std::string> log(BuildId build, int position, std::int64_t offset);
    [[nodiscard]] std::vector<LeftImage> left_images(const std::string& engine, Time built);
    [[nodiscard]] std::vector<std::chrono::milliseconds> durations(
        const std::string& repository, const std::string& folder
    );

private:
    using Statement = typename Sql::Statement;

    const typename Sql::Database& database_;
    BuildReader<Sql>& reader_;
    Statement step_;
    Statement log_;
};

extern template class Queries<Sqlite>;
extern template class Queries<Postgres>;

}  // namespace slipway::store
