#include "server/store/log_writer.hpp"

#include "core/base/strong_id.hpp"
#include "server/store/dialects.hpp"
#include "server/store/sqlite.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slipway::store {
namespace {

/// A log is stored in pieces of at most this, so that a reader in its middle need not load all of
/// it.
constexpr std::size_t log_chunk_bytes = 65536;

}  // namespace

template <class Sql>
LogWriter<Sql>::LogWriter(const typename Sql::Database& database)
    : end_(
          database,
          "SELECT first_byte + length(bytes) FROM step_logs WHERE build = ? AND position = ? ORDER "
          "BY first_byte DESC LIMIT 1"
      ),
      append_(
          database, "INSERT INTO step_logs (build, position, first_byte, bytes) VALUES (?, ?, ?, ?)"
      ) {}

template <class Sql>
void LogWriter<Sql>::append(BuildId build, int position, std::string_view text) {
    std::int64_t end = 0;
    {
        auto rows = end_.query(build.value, position);
        end = rows.next() ? rows.integer() : 0;
    }
    while (!text.empty()) {
        const std::string_view chunk = text.substr(0, log_chunk_bytes);
        append_.run(build.value, position, end, Blob{chunk});
        end += static_cast<std::int64_t>(chunk.size());
        text.remove_prefix(chunk.size());
    }
}

template class LogWriter<Sqlite>;
template class LogWriter<Postgres>;

}  // namespace slipway::store
