-- What migration 1 made, with what said so. Never changed: a store of the first release looks like this.
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
PRAGMA application_id = 0x534C5057;
PRAGMA user_version = 1;
