#include "tests/bench/queue/place.hpp"

#include "server/store/postgres_store.hpp"
#include "server/store/sqlite_store.hpp"

#include <string>
#include <string_view>

namespace slipway::bench {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

}  // namespace

bool is_postgres(const std::string& place) {
    return !place.starts_with(sqlite_scheme);
}

std::string sqlite_file(const std::string& place) {
    return place.substr(sqlite_scheme.size());
}

Place::Place(const std::string& place)
    : store_(must(
          is_postgres(place) ? store::open_postgres_store({.url = place})
                             : store::open_sqlite_store(sqlite_file(place), blocking_, clock_)
      )) {}

Place::~Place() {
    store_.reset();
    blocking_.join();
}

}  // namespace slipway::bench
