#!/usr/bin/env python3
"""The programs of the job, files/job, against a PostgreSQL of the test's own. Ends with `N passed, N failed`."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[1]
ROOT = FOLDER.parents[1]
sys.path[:0] = [str(ROOT / "tests/helm"), str(ROOT / "tests/integration/daemon")]

from harness import query
from postgres import Postgres
from rendering import main

JOB = FOLDER / "files/job"
SQL = [FOLDER / "files/database" / name for name in ("schema.postgres.sql", "data.sql")]
# What a name and a password may look like at worst.
USER, PASSWORD, DATABASE = 'o"ne', "it's \\a \"secret\" $1", "the data"


class Job(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-job.", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.folder.chmod(0o755)
        cls.server = Postgres(cls.folder / "server")
        cls.addClassCleanup(cls.server.stop)
        cls.log = cls.folder / "postgres.log"
        for statement in ("ALTER SYSTEM SET log_statement = 'all'", "CREATE ROLE admin LOGIN CREATEDB CREATEROLE", "SELECT pg_reload_conf()"):
            query(statement, cls.server.url)
        # Passwords count for the application's user alone.
        rules = cls.folder / "server/data/pg_hba.conf"
        rules.write_text("host all admin,slipway 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        query("SELECT pg_reload_conf()", cls.server.url)

    def start(self, program, *arguments, **environment):
        """Without a terminal, as in a pod: psql would ask there."""
        base = {"PATH": os.environ["PATH"], "PGHOST": "127.0.0.1", "PGPORT": str(self.server.port), "PGCONNECT_TIMEOUT": "5"}
        command = [str(part) for part in (JOB / program, *arguments)]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=base | environment, start_new_session=True, **pipes)

    def run_job(self, program, *arguments, fails=False, **environment):
        process = self.start(program, *arguments, **environment)
        out, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode != 0, fails, out + errors)
        return errors if fails else out

    def create(self, user=USER, password=PASSWORD, database=DATABASE, **environment):
        as_admin = {"PGUSER": "admin", "PGDATABASE": "postgres"} | environment
        return self.run_job("create", NEW_USER=user, NEW_PASSWORD=password, NEW_DATABASE=database, **as_admin)

    def new_database(self):
        return {"PGDATABASE": self.server.create().rpartition("/")[2], "PGUSER": "slipway"}

    def rows(self, statement, database):
        return query(statement, f"{self.server.url.rpartition('/')[0]}/{database['PGDATABASE']}")

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def test_an_administrator_who_is_no_superuser_makes_database_and_user_once(self):
        for _ in range(2):
            self.assertIn("are there", self.create())
        login = {"PGUSER": USER, "PGPASSWORD": PASSWORD, "PGDATABASE": DATABASE}
        self.assertEqual(self.run_job("load", *SQL, **login).splitlines(), ["loaded schema.postgres.sql", "loaded data.sql"])

    def test_a_changed_password_counts(self):
        names = {"user": "changing", "database": "changing"}
        self.create(password="old", **names)
        self.create(password="new", **names)
        login = {"PGUSER": "changing", "PGDATABASE": "changing"}
        self.run_job("load", *SQL, PGPASSWORD="new", **login)
        self.assertIn("password authentication failed", self.run_job("load", *SQL, PGPASSWORD="old", fails=True, **login))

    def test_nobody_else_may_connect(self):
        self.create(user="owner", database="owned")
        self.create(user="other", database="others")
        refused = self.run_job("load", *SQL, PGUSER="other", PGPASSWORD=PASSWORD, PGDATABASE="owned", fails=True)
        self.assertIn("permission denied for database", refused)

    def test_no_log_has_the_password(self):
        password = "this-is-in-no-log"
        self.assertNotIn(password, self.create(user="quiet", password=password, database="quiet"))
        log = self.log.read_text()
        self.assertIn("ALTER USER quiet PASSWORD 'SCRAM-SHA-256$", log)
        self.assertNotIn(password, log)

    def test_files_are_loaded_once(self):
        database = self.new_database()
        self.run_job("load", *SQL, **database)
        self.rows("DELETE FROM deliveries", database)
        self.assertEqual(self.run_job("load", *SQL, **database).splitlines(), ["schema.postgres.sql was loaded before", "data.sql was loaded before"])
        self.assertEqual(self.rows("SELECT count(*) FROM deliveries", database), ["0"])

    def test_many_jobs_load_a_file_once(self):
        database = self.new_database()
        path = self.file("slow.sql", "CREATE TABLE once (i INTEGER);\nSELECT pg_sleep(0.2) \\g /dev/null\nINSERT INTO once VALUES (1);\n")
        processes = [self.start("load", path, **database) for _ in range(4)]
        said = [process.communicate(timeout=60)[0].strip() for process in processes]
        self.assertEqual(sorted(said), ["loaded slow.sql"] + 3 * ["slow.sql was loaded before"])
        self.assertEqual(self.rows("SELECT count(*) FROM once", database), ["1"])

    def test_a_file_that_fails_leaves_nothing_and_ends_the_job(self):
        database = self.new_database()
        bad = self.file("bad.sql", "CREATE TABLE half (i INTEGER);\nINSERT INTO nowhere VALUES (1);\n")
        errors = self.run_job("load", SQL[0], bad, SQL[1], fails=True, **database)
        self.assertIn('bad.sql:2: ERROR:  relation "nowhere" does not exist', errors)
        self.assertEqual(self.rows("SELECT to_regclass('half') IS NULL", database), ["t"])
        self.assertEqual(self.rows("SELECT name FROM loaded_files", database), ["schema.postgres.sql"])
        self.file("bad.sql", "CREATE TABLE half (i INTEGER);\n")
        self.assertIn("loaded bad.sql", self.run_job("load", SQL[0], bad, SQL[1], **database))

    def test_a_file_with_other_content_is_refused(self):
        database = self.new_database()
        path = self.file("changing.sql", "CREATE TABLE one (i INTEGER);\n")
        self.run_job("load", path, **database)
        self.file("changing.sql", "CREATE TABLE two (i INTEGER);\n")
        errors = self.run_job("load", path, fails=True, **database)
        self.assertIn("changing.sql was loaded with other content", errors)
        self.assertIn("add that to database.load.files", errors)
        self.assertEqual(self.rows("SELECT to_regclass('two') IS NULL", database), ["t"])


if __name__ == "__main__":
    main()
