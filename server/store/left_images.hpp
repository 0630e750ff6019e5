#pragma once

#include "core/base/result.hpp"
#include "server/store/dialects.hpp"
#include "server/store/store.hpp"

namespace slipway::store {

/// Writes which names builds left in engines. Runs in the caller's transaction.
template <class Sql>
class LeftImages {
public:
    explicit LeftImages(const typename Sql::Database& database);

    /// The names of a step that is built.
    void remember(const Step& step);
    [[nodiscard]] Result<void> forget(const LeftImage& image);

private:
    using Statement = typename Sql::Statement;

    Statement remember_;
    Statement forget_;
};

extern template class LeftImages<Sqlite>;
extern template class LeftImages<Postgres>;

}  // namespace slipway::store
