"""What the benches share: the table, a folder of their own, the daemon, and an engine that refuses every build."""

import contextlib
import ctypes
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

root = pathlib.Path(__file__).resolve().parents[2]
work = pathlib.Path(tempfile.mkdtemp(prefix="slipway-bench-", dir="/var/tmp"))
# A copy, as an installed one is: what a linker has written through a mapping starts half a millisecond slower.
slipway = shutil.copy(os.environ.get("SLIPWAY") or root / "build/release/server/slipway", work / "slipway")
key = "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
rows = []


def row(name, measured, reference, ratio, bound, holds):
    rows.append({"figure": name, "measured": measured, "reference": reference, "ratio": ratio, "bound": bound, "holds": holds})


def median(values):
    return sorted(values)[len(values) // 2]


def wait_for(condition, longest):
    until = time.monotonic() + longest
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"nothing came within {longest} s")
        time.sleep(0.002)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def own_network():
    """A loopback of this thread's own where it may have one; else the machine's, on which each packet pays for the rules that engines and clusters have left."""
    libc, new_network = ctypes.CDLL(None), 0x40000000  # CLONE_NEWNET
    with open("/proc/thread-self/ns/net") as machine:
        if libc.unshare(new_network) != 0:
            yield
            return
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            libc.setns(machine.fileno(), new_network)


class Process:
    def start(self, command, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=open(self.log, "wb"), **more)
        for _ in range(500):
            if self.process.poll() is not None:
                sys.exit(f"{command[0]} ended: {self.log.read_text()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        sys.exit(f"{command[0]} does not listen")

    def wait_until_idle(self):
        """Until it and its children have used no processor for half a second: how long they still worked."""
        began, before, worked = time.monotonic(), -1, 0.0
        for _ in range(60):
            fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            used = sum(int(field) for field in fields[11:15])
            if used == before:
                return worked
            before, worked = used, time.monotonic() - began
            time.sleep(0.5)
        sys.exit(f"{self.process.args[0]} does not come to rest")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


class RefusingEngine(http.server.BaseHTTPRequestHandler):
    """An engine that is up and refuses every build at once: what is measured is slipway's own work."""

    def do_GET(self):
        body = b'{"message": "not here", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Version": "0"}'
        self.send_response(200 if self.path.endswith(("_ping", "version")) else 400)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128  # with Python's five a burst of steps is refused, and the engine taken for dead

    def handle_error(self, *_):
        """A client that was killed."""


class Daemon(Process):
    def __init__(self, url, push, engine=None, registry="registry.example.com/team", builder="classic", more="", match="main", handler=None):
        handler = handler or RefusingEngine
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="daemon-", dir=work))
        self.log = self.folder / "log"
        if engine is None:
            engine = f"unix://{self.folder}/engine.sock"
            threading.Thread(target=UnixServer(f"{self.folder}/engine.sock", handler).serve_forever, daemon=True).start()
        (self.folder / "key").write_text(f"whsec_{key}\n")
        (self.folder / "token").write_text("secret\n")
        (self.folder / "config.yml").write_text(
            f"""listen: 127.0.0.1:{self.port}
data: {self.folder}/data
{more}engines:
  - {{name: engine, address: "{engine}", builds: 4, builder: {builder}}}
repositories:
  - name: images
    project: platform/images
    url: {url}
    webhook: [{{signing_key_file: {self.folder}/key}}, {{token_file: {self.folder}/token}}]
    registry: {registry}
    branches: [{{match: "{match}", push: {str(push).lower()}}}]
"""
        )

    def __enter__(self):
        self.start([slipway, "serve", "--config", str(self.folder / "config.yml")])
        return self

    def clone(self, origin):
        """What it would do itself, but is not to be measured."""
        subprocess.run(["git", "clone", "-q", "--mirror", origin, self.folder / "data/mirrors/images.git"], check=True)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def send(self, before, after, branch="main"):
        body = json.dumps({"object_kind": "push", "ref": f"refs/heads/{branch}", "before": before, "after": after, "project": {"path_with_namespace": "platform/images"}})
        headers = {"Content-Type": "application/json", "X-Gitlab-Token": "secret", "Idempotency-Key": f"{branch} {after}"}
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/webhooks/gitlab", body.encode(), headers), timeout=10).close()

    def wait_for_log(self, pattern, count, longest, every=0.2):
        until = time.monotonic() + longest
        while time.monotonic() < until:
            found = re.findall(pattern, self.log.read_text())
            if len(found) >= count:
                return found
            time.sleep(every)
        sys.exit(f"the daemon's log has no {count} of {pattern}: {self.log.read_text()[-2000:]}")

    def peak_resident_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024
