#include "server/store/left_images.hpp"

#include "core/base/result.hpp"
#include "server/store/dialects.hpp"
#include "server/store/records.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <string>

namespace slipway::store {

template <class Sql>
LeftImages<Sql>::LeftImages(const typename Sql::Database& database)
    : remember_(
          database,
          "INSERT INTO left_images (engine, reference, image_id, built) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (engine, reference) DO UPDATE SET image_id = excluded.image_id, "
          "built = excluded.built"
      ),
      forget_(
          database, "DELETE FROM left_images WHERE engine = ? AND reference = ? AND image_id = ?"
      ) {}

template <class Sql>
void LeftImages<Sql>::remember(const Step& step) {
    const auto remember = [&](const std::string& reference) {
        remember_.run(step.engine, reference, step.image_id, stored(step.built.value_or(Time{})));
    };
    if (std::ranges::find(step.references, step.image) == step.references.end()) {
        remember(step.image);
    }
    std::ranges::for_each(step.references, remember);
}

template <class Sql>
Result<void> LeftImages<Sql>::forget(const LeftImage& image) {
    forget_.run(image.engine, image.reference, image.image_id);
    return {};
}

template class LeftImages<Sqlite>;
template class LeftImages<Postgres>;

}  // namespace slipway::store
