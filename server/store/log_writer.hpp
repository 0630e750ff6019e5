#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"

#include <string_view>

namespace slipway::store {

/// Appends to the logs of steps. Runs in the caller's transaction.
template <class Sql>
class LogWriter {
public:
    explicit LogWriter(const typename Sql::Database& database);

    /// The step is there.
    void append(BuildId build, int position, std::string_view text);

private:
    using Statement = typename Sql::Statement;

    Statement end_;
    Statement append_;
};

extern template class LogWriter<Sqlite>;
extern template class LogWriter<Postgres>;

}  // namespace slipway::store
