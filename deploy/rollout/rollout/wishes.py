"""What is to run: one wish a release, the newest that was heard, in SQLite. And what came of the last rollouts.

Owned by one process, used by its one thread. A row is on disk before the call that writes it returns.
"""

import dataclasses
import sqlite3

KEPT = 50  # rollouts of a release

SCHEMA = """
CREATE TABLE IF NOT EXISTS wishes (
    release TEXT PRIMARY KEY, digest TEXT NOT NULL, image TEXT NOT NULL, time TEXT NOT NULL, build INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')), attempts INTEGER NOT NULL, message TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS rollouts (
    id INTEGER PRIMARY KEY, release TEXT NOT NULL, digest TEXT NOT NULL, began REAL NOT NULL, ended REAL NOT NULL,
    result TEXT NOT NULL, message TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS running (release TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS totals (release TEXT, result TEXT, number INTEGER NOT NULL, PRIMARY KEY (release, result)) STRICT;
"""

FORGET = """
DELETE FROM rollouts WHERE release = :release
    AND id NOT IN (SELECT id FROM rollouts WHERE release = :release ORDER BY id DESC LIMIT :kept)
"""
COUNT = "INSERT INTO totals VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET number = number + 1"


@dataclasses.dataclass(frozen=True)
class Wish:
    release: str
    digest: str
    image: str
    time: str  # of the event, RFC 3339 in UTC: sorts as text
    build: int
    state: str = "waiting"
    attempts: int = 0
    message: str = ""


class Wishes:
    def __init__(self, file):
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def put(self, wish):
        """Whether there is something to do: the event is newer than the one known, and its digest another one."""
        known = self.get(wish.release)
        if known and (wish.time, wish.build) <= (known.time, known.build):
            return False
        if known and wish.digest == known.digest:
            values = (wish.time, wish.build, wish.release)
            self._db.execute("UPDATE wishes SET time = ?, build = ? WHERE release = ?", values)
            return False
        self._db.execute("INSERT OR REPLACE INTO wishes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", dataclasses.astuple(wish))
        return True

    def get(self, release):
        row = self._db.execute("SELECT * FROM wishes WHERE release = ?", (release,)).fetchone()
        return Wish(*row) if row else None

    def next(self, release):
        """The wish that is to be done; one of an earlier process, too, that ended in the middle of it."""
        wish = self.get(release)
        return wish if wish and wish.state in ("waiting", "running") else None

    def begin(self, wish):
        """Counts the attempt before it is made, so that one that ends this process is counted, too."""
        self._update(wish, "running", wish.attempts + 1, "")
        return self.get(wish.release)

    def again(self, wish, message):
        self._update(wish, "waiting", wish.attempts, message)

    def end(self, wish, result, message, began, ended):
        """Where a newer wish has come meanwhile that one waits on."""
        row = (wish.release, wish.digest, began, ended, result, message)
        self._db.execute("BEGIN")
        with self._db:
            self._update(wish, "done" if result == "done" else "failed", wish.attempts, message)
            self._db.execute("INSERT INTO rollouts (release, digest, began, ended, result, message) VALUES (?, ?, ?, ?, ?, ?)", row)
            self._db.execute(FORGET, {"release": wish.release, "kept": KEPT})
            self._db.execute(COUNT, (wish.release, result))

    def mark_running(self, release, is_running):
        """Whether a helm of ours changes the release; it stays marked where this process is killed."""
        statement = "INSERT OR IGNORE INTO running VALUES (?)" if is_running else "DELETE FROM running WHERE release = ?"
        self._db.execute(statement, (release,))

    def was_running(self, release):
        return self._db.execute("SELECT 1 FROM running WHERE release = ?", (release,)).fetchone() is not None

    def rollouts(self, release):
        """The last ones, the newest first."""
        columns = ("digest", "began", "ended", "result", "message")
        rows = self._db.execute(f"SELECT {', '.join(columns)} FROM rollouts WHERE release = ? ORDER BY id DESC", (release,))
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def totals(self):
        return self._db.execute("SELECT release, result, number FROM totals ORDER BY release, result").fetchall()

    def _update(self, wish, state, attempts, message):
        values = (state, attempts, message, wish.release, wish.digest)
        self._db.execute("UPDATE wishes SET state = ?, attempts = ?, message = ? WHERE release = ? AND digest = ?", values)
