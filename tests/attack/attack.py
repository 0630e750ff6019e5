"""What the attacks share: a daemon over an engine in memory, raw connections, and what must hold after each attack."""

import contextlib
import json
import pathlib
import resource
import socket
import time

from harness import SLIPWAY, Case, Daemon, Process, call, push_event, wait_until
from stand_in import StandIn

MEGABYTE = 1 << 20


def many_files():
    """As many connections as root may have. Those of what is started later are the same, so the daemon's own is told where it matters."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class Victim(Daemon):
    """A daemon with so many files at most; 0: as many as it gets."""

    files = 0

    def start(self):
        command = (SLIPWAY, "serve", "--config", self.file)
        if self.files:
            command = ("prlimit", f"--nofile={self.files}:{self.files}", *command)
        self.process = Process(command, self.folder / "log")
        wait_until(self.is_ready, self.process.tail, 30)

    def is_ready(self):
        if not self.process.is_running():
            raise AssertionError(f"slipway ended at once:\n{self.process.tail()}")
        with contextlib.suppress(OSError):
            return call(self.port, "GET", "/readyz").status == 200
        return False

    def memory(self, kind="VmRSS"):
        """Of its memory in MB: now, or the most (VmHWM)."""
        status = pathlib.Path(f"/proc/{self.process.child.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(kind)) / 1024


class Connection:
    """A raw one, closed with the test."""

    def __init__(self, port, seconds=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.received = b""

    def send(self, *pieces):
        """Whether all was taken; the other side may close at any time."""
        try:
            for piece in pieces:
                self.socket.sendall(piece)
        except (ConnectionError, BrokenPipeError):
            return False
        return True

    def read_all(self):
        """What came until the end of the connection."""
        with contextlib.suppress(ConnectionError):
            while piece := self.socket.recv(1 << 16):
                self.received += piece
        return self.received

    def statuses(self):
        """Of all answers until the end of the connection."""
        return [int(part.split(b" ", 1)[0]) for part in self.read_all().split(b"HTTP/1.1 ")[1:]]

    def close(self):
        self.socket.close()


class AttackCase(Case):
    """A daemon with one image. After every attack it lives, takes a webhook within a second and has not taken all memory; how long and how
    much it took is printed."""

    most_memory = 200  # MB, at any time
    slowest = 0  # s, of all probes and webhooks
    limits = {}
    files = 0

    def setUp(self):
        super().setUp()
        self.world = StandIn(self.folder / "engine.sock")
        self.addCleanup(self.world.close)
        self.address = self.world.engine
        self.sample = self.make_sample(self.world.registry)
        self.sample.image("one", "FROM scratch\nCOPY text.txt /\n")
        self.sample.write("one/text.txt", "first")
        self.commits = [self.sample.commit()]
        for number in range(4):
            self.sample.write("one/text.txt", f"change {number}")
            self.commits.append(self.sample.commit())
        self.daemon = self.start_victim()
        self.port = self.daemon.port

    def start_victim(self):
        Victim.files = self.files
        daemon = Victim(self.folder / "daemon", self.config(self.sample, limits=dict(self.limits)))
        self.addCleanup(lambda: daemon.process.end(9))
        return daemon

    def tearDown(self):
        self.assert_serves()
        memory = self.daemon.memory("VmHWM")
        print(f"{self.slowest:.3f} s, {memory:.0f} MB", end=" ", flush=True)
        self.assertLess(memory, self.most_memory, "MB of memory at most")

    def connect(self, seconds=20):
        connection = Connection(self.port, seconds)
        self.addCleanup(connection.close)
        return connection

    def event(self):
        """The branch's newest push: after an older one the daemon's first look at the remote, which may come later, would add a build."""
        return push_event(*self.commits[-2:])

    def assert_serves(self, seconds=1):
        """A probe is answered and a push taken, each in time; what is taken is built."""
        self.assertTrue(self.daemon.process.is_running(), self.daemon.process.tail())
        began = time.monotonic()
        self.assertEqual(call(self.port, "GET", "/healthz").status, 200)
        probed = time.monotonic()
        answer = self.daemon.deliver(self.event())
        ended = time.monotonic()
        self.assertEqual(answer.status, 202, answer)
        self.slowest = max(self.slowest, probed - began, ended - probed)
        self.assertLess(probed - began, seconds, "s for a probe")
        self.assertLess(ended - probed, seconds, "s for a webhook")

    def builds(self):
        return self.daemon.api("GET", "/api/v1/builds").json["builds"]


def request(method="GET", path="/healthz", *fields, version="HTTP/1.1", body=b""):
    """Its bytes, with these lines after Host."""
    lines = [f"{method} {path} {version}", "Host: slipway.example", *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def dumped(value):
    return json.dumps(value).encode()
