#include "server/store/migrations.hpp"

#include "core/base/result.hpp"
#include "server/store/schema_version.hpp"
#include "server/store/sqlite.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace slipway::store {
namespace {

/// `SLPW`; `file` and the like know a database by it.
constexpr std::int64_t application_id = 0x534C5057;

// Times are milliseconds since 1970, UTC. Lists and maps are JSON. A text that there is none of is
// ''.
constexpr const char* first_schema = R"sql(
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received INTEGER NOT NULL,
    repository TEXT NOT NULL,
    sender_key TEXT NOT NULL,
    event TEXT NOT NULL,
    ref TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    headers TEXT NOT NULL,
    reason TEXT NOT NULL,
    body BLOB NOT NULL              -- last, so that what stands before it is read without its pages
) STRICT;
CREATE UNIQUE INDEX deliveries_by_key ON deliveries (repository, sender_key) WHERE sender_key <> '';
-- By the commit alone, for few deliveries share one: every byte of an index that is hit at random is paid for at every delivery.
CREATE INDEX deliveries_by_push ON deliveries (after) WHERE before <> '' AND after <> '';

CREATE TABLE builds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository TEXT NOT NULL,
    ref TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    trigger_kind INTEGER NOT NULL,  -- 0 manual, 1 push, 2 reconcile
    folders TEXT NOT NULL,
    state INTEGER NOT NULL,         -- 0 queued, 1 running, 2 succeeded, 3 failed, 4 cancelled, 5 superseded
    delivery INTEGER REFERENCES deliveries (id) ON DELETE SET NULL,
    request_key TEXT NOT NULL,
    created INTEGER NOT NULL,
    started INTEGER,
    finished INTEGER,
    error TEXT NOT NULL,
    plan TEXT NOT NULL              -- last, so that what stands before it is read without its pages
) STRICT;
CREATE UNIQUE INDEX builds_by_delivery ON builds (delivery) WHERE delivery IS NOT NULL;
CREATE UNIQUE INDEX builds_by_request ON builds (repository, request_key) WHERE request_key <> '';
CREATE UNIQUE INDEX builds_running ON builds (repository) WHERE state = 1;
CREATE INDEX builds_queued ON builds (trigger_kind) WHERE state = 0;
CREATE INDEX builds_queued_by_repository ON builds (repository, trigger_kind) WHERE state = 0;
CREATE INDEX builds_by_repository ON builds (repository);
CREATE INDEX builds_finished ON builds (finished) WHERE state >= 2;
CREATE INDEX builds_by_final_state ON builds (state) WHERE state >= 2;

CREATE TABLE steps (
    build INTEGER NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    folder TEXT NOT NULL,
    image TEXT NOT NULL,
    reference_names TEXT NOT NULL,
    needs TEXT NOT NULL,
    reasons TEXT NOT NULL,
    push INTEGER NOT NULL,          -- 0 no, 1 yes
    state INTEGER NOT NULL,         -- 0 waiting, 1 ready, 2 building, 3 built, 4 pushing, 5 pushed, 6 unchanged,
                                    -- 7 failed, 8 cancelled, 9 skipped
    attempts INTEGER NOT NULL,
    image_id TEXT NOT NULL,
    digests TEXT NOT NULL,
    error TEXT NOT NULL,
    note TEXT NOT NULL,
    started INTEGER,
    built INTEGER,
    finished INTEGER,
    PRIMARY KEY (build, position)
) STRICT;
CREATE INDEX steps_by_folder ON steps (folder, build);

-- The newest step of every folder, so that a snapshot need not look for it among all steps.
CREATE TABLE images (
    repository TEXT NOT NULL,
    folder TEXT NOT NULL,
    build INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (repository, folder),
    FOREIGN KEY (build, position) REFERENCES steps (build, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX images_by_step ON images (build, position);

CREATE TABLE step_logs (
    build INTEGER NOT NULL,
    position INTEGER NOT NULL,
    first_byte INTEGER NOT NULL,    -- the chunk's place in the step's log
    bytes BLOB NOT NULL,
    PRIMARY KEY (build, position, first_byte),
    FOREIGN KEY (build, position) REFERENCES steps (build, position) ON DELETE CASCADE
) STRICT;
)sql";

/// Where a step is built, and where its image is from then on.
constexpr const char* step_engines = R"sql(
ALTER TABLE steps ADD COLUMN engine TEXT NOT NULL DEFAULT '';
)sql";

constexpr const char* builds_without_cache = R"sql(
ALTER TABLE builds ADD COLUMN no_cache INTEGER NOT NULL DEFAULT 0;
)sql";

/// What is ours in the engines, and may be removed one day.
constexpr const char* left_images = R"sql(
CREATE TABLE left_images (
    engine TEXT NOT NULL,
    reference TEXT NOT NULL,
    image_id TEXT NOT NULL,
    built INTEGER NOT NULL,
    PRIMARY KEY (engine, reference)
) STRICT, WITHOUT ROWID;
)sql";

/// Workers that claim single steps, the ledger, and up to where branches were planned.
constexpr const char* workers_and_ledger = R"sql(
CREATE TABLE workers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    started INTEGER NOT NULL,
    lease_until INTEGER NOT NULL
) STRICT;

ALTER TABLE builds ADD COLUMN worker INTEGER NOT NULL DEFAULT 0;        -- who plans it; 0: nobody
ALTER TABLE builds ADD COLUMN planned INTEGER NOT NULL DEFAULT 0;       -- 0 no, 1 yes
ALTER TABLE builds ADD COLUMN ending INTEGER NOT NULL DEFAULT 0;        -- the state that it ends in, whatever its steps say; 0: they decide
ALTER TABLE builds ADD COLUMN keeps_ledger INTEGER NOT NULL DEFAULT 0;  -- 0 no, 1 yes
ALTER TABLE builds ADD COLUMN one_place INTEGER NOT NULL DEFAULT 0;     -- 1: something of it is not pushed, so all of it is built by one worker
ALTER TABLE builds ADD COLUMN home TEXT NOT NULL DEFAULT '';            -- that worker's name, once it has begun
ALTER TABLE builds ADD COLUMN bases TEXT NOT NULL DEFAULT '{}';
UPDATE builds SET planned = 1 WHERE plan <> '';
UPDATE builds SET one_place = 1 WHERE state = 1 AND EXISTS (SELECT 1 FROM steps AS s WHERE s.build = builds.id AND s.push = 0);
CREATE INDEX builds_queued_by_ref ON builds (repository, ref, id) WHERE state = 0;

ALTER TABLE steps ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;       -- 0 manual, 1 push, 2 cascade, 3 reconcile
ALTER TABLE steps ADD COLUMN tree TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;        -- how many of its needs are not done
ALTER TABLE steps ADD COLUMN claimant INTEGER NOT NULL DEFAULT 0;       -- the worker that has it now; 0: nobody
ALTER TABLE steps ADD COLUMN worker TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN input_id TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN bases TEXT NOT NULL DEFAULT '{}';
ALTER TABLE steps ADD COLUMN not_before INTEGER;
ALTER TABLE steps ADD COLUMN stop INTEGER NOT NULL DEFAULT 0;           -- 1: who has it is to cancel it
CREATE INDEX steps_claimable ON steps (build, priority, position) WHERE state IN (1, 3) AND claimant = 0 AND finished IS NULL;
CREATE INDEX steps_claimed ON steps (build) WHERE claimant <> 0;
CREATE INDEX steps_open ON steps (build) WHERE finished IS NULL;

CREATE TABLE step_needs (
    build INTEGER NOT NULL,
    need INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (build, need, position),
    FOREIGN KEY (build, position) REFERENCES steps (build, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX step_needs_by_step ON step_needs (build, position);
INSERT INTO step_needs (build, need, position) SELECT s.build, j.value, s.position FROM steps AS s, json_each(s.needs) AS j;

-- What ran when the older slipway stopped is begun again, and what it had not yet drawn from a step's end is drawn.
UPDATE steps SET state = CASE state WHEN 2 THEN 1 ELSE 3 END
WHERE state IN (2, 4) AND build IN (SELECT b.id FROM builds AS b WHERE b.state = 1);
WITH RECURSIVE lost (build, position) AS (
    SELECT n.build, n.position FROM step_needs AS n JOIN steps AS p ON p.build = n.build AND p.position = n.need
    WHERE p.state IN (7, 8, 9) AND p.build IN (SELECT b.id FROM builds AS b WHERE b.state = 1)
    UNION
    SELECT n.build, n.position FROM step_needs AS n JOIN lost ON lost.build = n.build AND lost.position = n.need
)
UPDATE steps SET state = 9, error = 'not built, because what it is built on failed',
    finished = (SELECT max(p.finished) FROM steps AS p WHERE p.build = steps.build)
WHERE state IN (0, 1) AND (build, position) IN (SELECT build, position FROM lost);
UPDATE steps SET missing = (
    SELECT count(*) FROM step_needs AS n JOIN steps AS p ON p.build = n.build AND p.position = n.need
    WHERE n.build = steps.build AND n.position = steps.position AND NOT (p.state IN (5, 6) OR (p.state = 3 AND p.push = 0))
) WHERE state = 0;
UPDATE steps SET state = 1 WHERE state = 0 AND missing = 0 AND build IN (SELECT b.id FROM builds AS b WHERE b.state = 1);
UPDATE builds SET finished = coalesce((SELECT max(s.finished) FROM steps AS s WHERE s.build = builds.id), started, created),
    error = CASE WHEN EXISTS (SELECT 1 FROM steps AS s WHERE s.build = builds.id AND s.state IN (7, 8, 9)) THEN 'a step failed' ELSE '' END,
    state = CASE WHEN EXISTS (SELECT 1 FROM steps AS s WHERE s.build = builds.id AND s.state IN (7, 8, 9)) THEN 3 ELSE 2 END
WHERE state = 1 AND planned = 1 AND NOT EXISTS (SELECT 1 FROM steps AS s WHERE s.build = builds.id AND s.finished IS NULL);

CREATE TABLE branches (
    repository TEXT NOT NULL,
    ref TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    tree TEXT NOT NULL,
    updated INTEGER NOT NULL,
    closed INTEGER,
    PRIMARY KEY (repository, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
    repository TEXT NOT NULL,
    ref TEXT NOT NULL,
    folder TEXT NOT NULL,
    image TEXT NOT NULL,
    reference_names TEXT NOT NULL,
    digests TEXT NOT NULL,
    commit_id TEXT NOT NULL,        -- '': nothing was pushed yet
    tree TEXT NOT NULL,
    input_id TEXT NOT NULL,
    bases TEXT NOT NULL,
    build INTEGER,
    pushed INTEGER,
    owed_since INTEGER,             -- NULL: nothing is owed
    owed_why TEXT NOT NULL,
    owed_commit TEXT NOT NULL,
    owed_tree TEXT NOT NULL,
    owed_build INTEGER NOT NULL,    -- 0: none yet
    owed_moved TEXT NOT NULL,
    removed INTEGER,
    moved_to TEXT NOT NULL,
    PRIMARY KEY (repository, ref, folder)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_owed ON ledger (repository, ref, folder) WHERE owed_since IS NOT NULL;
CREATE INDEX ledger_by_build ON ledger (build);
)sql";

/// The newest builds of a branch.
constexpr const char* builds_by_ref = R"sql(
CREATE INDEX builds_by_ref ON builds (repository, ref);
)sql";

/// What others are to be told, and which builds they want to be told of.
constexpr const char* outbox = R"sql(
ALTER TABLE builds ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;       -- bits: 1 commit statuses, 2 events, 4 a status of each step
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,          -- 0 status, 1 event, 2 merge plan, 3 notification
    repository TEXT NOT NULL,
    report_key TEXT NOT NULL,       -- of what is told under one only the newest counts
    build INTEGER NOT NULL,         -- 0: none
    position INTEGER NOT NULL,      -- -1: the build as a whole
    body TEXT NOT NULL,
    revision INTEGER NOT NULL,      -- of what is told
    claim INTEGER NOT NULL,         -- how often it was claimed
    claimant TEXT NOT NULL,
    lease_until INTEGER NOT NULL,   -- 0: nobody has it
    state INTEGER NOT NULL,         -- 0 due, 1 sent, 2 dead
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    error TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_by_key ON outbox (kind, repository, report_key);
CREATE INDEX outbox_due ON outbox (due, id) WHERE state = 0;
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 2;
CREATE INDEX outbox_over ON outbox (updated) WHERE state <> 0;
)sql";

/// Which trace a build is part of, as a traceparent header; null: it has none.
constexpr const char* traces = R"sql(
ALTER TABLE builds ADD COLUMN traceparent TEXT;
)sql";

/// What was said of a pushed image, a JSON array of names.
constexpr const char* attestations = R"sql(
ALTER TABLE steps ADD COLUMN attested TEXT NOT NULL DEFAULT '[]';
)sql";

/// Eight digits tell commits apart as well, in a third of the bytes. An older slipway needs the old
/// index to be fast; the runbook has it for who goes back.
constexpr const char* short_pushes = R"sql(
DROP INDEX IF EXISTS deliveries_by_push;
CREATE INDEX deliveries_by_push ON deliveries (substr(after, 1, 8)) WHERE before <> '' AND after <> '';
)sql";

/// Append only: a migration that was ever released is never changed. Its number is its place,
/// from 1.
constexpr std::array migrations = {
    first_schema,
    step_engines,
    left_images,
    builds_without_cache,
    workers_and_ledger,
    builds_by_ref,
    outbox,
    traces,
    attestations,
    short_pushes
};

/// A slipway that knows as many migrations works on what the later ones made: these only add, or
/// cost it time. A migration that does neither becomes this number, and is said in the changelog.
constexpr std::int64_t oldest = 5;

constexpr const char* versions = R"sql(
CREATE TABLE IF NOT EXISTS slipway_schema (version INTEGER PRIMARY KEY, oldest INTEGER NOT NULL) STRICT;
)sql";

[[noreturn]] void refuse(std::string message) {
    throw SqliteFailure({.code = ErrorCode::invalid, .message = std::move(message)});
}

void apply(Database& database, std::size_t number) {
    const std::string version = std::to_string(number);
    Transaction transaction(database, Transaction::Kind::write);
    database.execute(migrations.at(number - 1));
    database.execute("PRAGMA application_id = " + std::to_string(application_id));
    database.execute("PRAGMA user_version = " + version);
    database.execute(versions);
    database.execute(
        "INSERT INTO slipway_schema VALUES (" + version + ", " + std::to_string(oldest) + ")"
    );
    transaction.commit();
}

/// A schema that does not say whom it is for is for its own slipway.
SchemaVersion version_of(Database& database) {
    const std::int64_t number = database.integer("PRAGMA user_version");
    const bool is_told =
        database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'slipway_schema'") > 0;
    if (!is_told) {
        return {.number = number, .oldest = number};
    }
    const std::string version = std::to_string(number);
    const std::int64_t least = database.integer(
        "SELECT coalesce(max(oldest), " + version +
        ") FROM slipway_schema WHERE version = " + version
    );
    return {.number = number, .oldest = least};
}

}  // namespace

void check_is_ours(Database& database) {
    const bool is_empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
    const std::int64_t owner = database.integer("PRAGMA application_id");
    if (owner != application_id && !(is_empty && owner == 0)) {
        refuse("it is the database of another program; name another file");
    }
    const auto known = static_cast<std::int64_t>(migrations.size());
    if (const std::optional<std::string> why = refusal(version_of(database), known)) {
        refuse("it " + *why);
    }
}

void migrate(Database& database) {
    const auto version = static_cast<std::size_t>(database.integer("PRAGMA user_version"));
    for (std::size_t number = version + 1; number <= migrations.size(); ++number) {
        apply(database, number);
    }
}

}  // namespace slipway::store
