#pragma once

#include "server/store/dialects.hpp"
#include "server/store/image_table.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <vector>

namespace slipway::store {

/// Reads everything that is shown of one moment. Runs in the caller's transaction, so that all
/// parts of it are of the same one.
template <class Sql>
class SnapshotReader {
public:
    /// All must outlive it.
    SnapshotReader(
        const typename Sql::Database& database, BuildReader<Sql>& reader, ImageTable& table
    );

    [[nodiscard]] Snapshot read();

private:
    using Statement = typename Sql::Statement;

    std::vector<ImageStatus> images(const std::vector<Build>& running);
    std::vector<StepKey> named();
    ImageRows read_images(const std::vector<StepKey>& steps);

    BuildReader<Sql>& reader_;
    ImageTable& table_;
    Statement shown_;
    Statement named_;
    Statement images_;
    Statement totals_;
};

extern template class SnapshotReader<Sqlite>;
extern template class SnapshotReader<Postgres>;

}  // namespace slipway::store
