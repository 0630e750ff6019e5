-- One file: :path, called :file, whose SHA-256 is :sum.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
-- Before the table is looked at: two jobs must not both find the file missing.
SET LOCAL lock_timeout = '120s';
SELECT pg_advisory_xact_lock(hashtext('training-backend.load')) \g /dev/null
RESET lock_timeout;
CREATE TABLE IF NOT EXISTS loaded_files (
    name TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
SELECT count(*) = 0 AS is_new, coalesce(max(sha256), :'sum') <> :'sum' AS has_changed FROM loaded_files WHERE name = :'file' \gset
\if :has_changed
    \warn :file was loaded with other content. A file that was loaded stays as it is: put the change into a new one, and add that to database.load.files.
    DO $$ BEGIN RAISE 'nothing was loaded'; END $$;
\elif :is_new
    \i :path
    INSERT INTO loaded_files (name, sha256) VALUES (:'file', :'sum');
    \echo loaded :file
\else
    \echo :file was loaded before
\endif
COMMIT;
