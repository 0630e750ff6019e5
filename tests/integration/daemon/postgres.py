"""A PostgreSQL server of a test's own, so that it may be stopped."""

import os
import pathlib
import shutil
import signal
import subprocess
import uuid

from harness import Process, free_port, query, wait_until


def programs():
    """The folder of the newest server; None: there is none."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda program: int(program.parts[4]))
    return found[-1].parent if found else None


class Postgres:
    """Its data is kept over a stop. It does not run as root, so that `folder` and all above must let others pass."""

    def __init__(self, folder):
        self.folder, self.port, self.process = pathlib.Path(folder), free_port(), None
        self.folder.mkdir()
        self.run_as = ()
        if os.getuid() == 0:
            self.run_as = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups")
            shutil.chown(self.folder, "postgres", "postgres")
        # Without a password: it is reached over loopback and gone with the test.
        command = (*self.run_as, programs() / "initdb", "--pgdata", self.folder / "data", "--username", "slipway", "--no-sync")
        subprocess.run((*command, "--auth", "trust", "--encoding", "UTF8"), check=True, capture_output=True, cwd=self.folder)
        self.url = f"postgresql://slipway@127.0.0.1:{self.port}/postgres"
        self.start()

    def start(self):
        command = (*self.run_as, programs() / "postgres", "-D", self.folder / "data", "-p", str(self.port))
        settings = ("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
        self.process = Process((*command, *settings), self.folder.parent / "postgres.log")
        wait_until(self.answers, self.process.tail, 30)

    def create(self):
        """The address of a new, empty database."""
        name = f"test_{uuid.uuid4().hex}"
        query(f"CREATE DATABASE {name}", self.url)
        return f"{self.url.rpartition('/')[0]}/{name}"

    def answers(self):
        try:
            return query("SELECT 1", self.url) == ["1"]
        except AssertionError:
            return False

    def stop(self):
        """At once: its clients see their connections end, and what they had not committed is undone."""
        self.process.end(signal.SIGINT)
