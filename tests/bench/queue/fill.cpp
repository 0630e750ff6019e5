#include "tests/bench/queue/fill.hpp"

#include "server/store/postgres.hpp"
#include "server/store/sqlite.hpp"
#include "tests/bench/queue/place.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace slipway::bench {
namespace {

// One SQL for both databases. A step's build says which folder it is of.
constexpr const char* builds_sql = R"sql(
INSERT INTO builds (repository, ref, before, after, trigger_kind, folders, no_cache, state, request_key, created, started,
    finished, error, planned, keeps_ledger, plan)
SELECT 'repository' || (n % 20), 'refs/heads/main', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 1, '[]', 0, CASE WHEN n % 10 = 0 THEN 3 ELSE 2 END, '',
    1700000000000 + n * 1000, 1700000000100 + n * 1000, 1700000060000 + n * 1000, '', 1, 1,
    '{"base": {"commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "rule": "before"}, "steps": [{"folder": "folder' || (n % 1000) ||
    '", "image": "registry.example.com/team/image:1", "reasons": [{"kind": "changed", "paths": ["Dockerfile", "main.txt"]}]}]}'
FROM numbers
)sql";

constexpr const char* steps_sql = R"sql(
INSERT INTO steps (build, position, folder, image, reference_names, needs, reasons, push, priority, tree, missing, state, attempts,
    worker, engine, input_id, bases, image_id, digests, error, note, started, built, finished)
SELECT b.id, 0, 'folder' || (b.id % 1000), 'registry.example.com/team/image' || (b.id % 1000) || ':1',
    '["registry.example.com/team/image' || (b.id % 1000) || ':1"]', '[]', '[{"kind": "changed", "paths": ["Dockerfile", "main.txt"]}]',
    1, 1, 'cccccccccccccccccccccccccccccccccccccccc', 0, CASE b.state WHEN 2 THEN 5 ELSE 7 END, 1, 'replica', 'local',
    'dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', '{}',
    'sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',
    '{"registry.example.com/team/image:1":"sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}', '', '',
    b.started, b.finished, b.finished
FROM builds AS b
)sql";

constexpr const char* images_sql = R"sql(
INSERT INTO images (repository, folder, build, position)
SELECT b.repository, s.folder, s.build, 0 FROM builds AS b JOIN steps AS s ON s.build = b.id
WHERE b.id > (SELECT max(id) FROM builds) - 1000
)sql";

constexpr const char* ledger_sql = R"sql(
INSERT INTO ledger (repository, ref, folder, image, reference_names, digests, commit_id, tree, input_id, bases, build, pushed,
    owed_since, owed_why, owed_commit, owed_tree, owed_build, owed_moved, removed, moved_to)
SELECT i.repository, 'refs/heads/main', i.folder, s.image, s.reference_names, s.digests,
    'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', s.tree, s.input_id, '{}', i.build, s.finished, NULL, '', '', '', 0, '', NULL, ''
FROM images AS i JOIN steps AS s ON s.build = i.build AND s.position = i.position
)sql";

std::string numbers_to(std::int64_t last) {
    return "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n "
           "< " +
           std::to_string(last) + ")";
}

template <class Database>
void run(Database&& database, std::initializer_list<std::string> scripts) {
    for (const std::string& script : scripts) {
        database.execute(script);
    }
}

store::postgres::Database open_postgres(const std::string& place) {
    return store::postgres::Database(place, {.statement_timeout = std::chrono::minutes(10)});
}

store::Database open_sqlite(const std::string& place) {
    return {sqlite_file(place), store::Database::Access::read_write};
}

}  // namespace

void fill(const std::string& place, std::int64_t builds) {
    {
        const Place makes_tables(place);
    }
    const std::string builds_with_numbers = numbers_to(builds) + builds_sql;
    if (is_postgres(place)) {
        // As a server does by itself once it has been up for some minutes.
        const auto settle = "VACUUM ANALYZE";
        run(open_postgres(place), {builds_with_numbers, steps_sql, images_sql, ledger_sql, settle});
        return;
    }
    const auto quickly = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";
    run(open_sqlite(place), {quickly, builds_with_numbers, steps_sql, images_sql, ledger_sql});
}

void forget_images(const std::string& place) {
    const auto forget = "DELETE FROM images";
    if (is_postgres(place)) {
        run(open_postgres(place), {forget, "VACUUM images"});
    } else {
        run(open_sqlite(place), {forget});
    }
}

}  // namespace slipway::bench
