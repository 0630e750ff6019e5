"""2,000 webhooks a second for five minutes, while slow attackers are at the door and the engine restarts every 30 seconds.

The engine is the stand-in of tests/integration behind a socket that goes and comes: what slipway sees of a restart is the same (connections
that are cut in the middle of a build, then nobody who answers), and Debian's engine would take the processor away from what is measured.

SLIPWAY_BENCH_SECONDS: how long, 300 without it. Memory is compared between the second and the last fifth of that.
"""

import collections
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

from parts import Daemon, key, median, root, row, wait_for, work

sys.path.insert(0, str(root / "tests/integration/daemon"))
from stand_in import StandIn  # noqa: E402
from wire import Wire  # noqa: E402

in_a_row = 200
seconds = int(os.environ.get("SLIPWAY_BENCH_SECONDS", "300"))
rate, attackers, branches, restart_every = 2000, 100, 8, 30
settings = "tokens: [{name: bench, role: read, token: bench-token}]\nlimits: {webhooks: 1000000/s}\n"
states = ("queued", "running", "succeeded", "failed", "cancelled", "superseded")


def bench_soak():
    load = work / "load"
    subprocess.run(["go", "build", "-o", load, "."], cwd=root / "tests/bench/load", check=True)
    engine = RestartingEngine()
    commits, accepted = work / "commits", work / "accepted"
    commits.write_text("\n".join(make_commits(work / "soak-origin", engine.world.registry, rate * seconds // branches + 100 * branches + 1)))
    with Daemon(str(work / "soak-origin"), push=True, engine=engine.address, registry=engine.world.registry, more=settings, match="*") as daemon:
        daemon.wait_for_log("engine is up", 1, 30)
        command = [load, "-address", f"127.0.0.1:{daemon.port}", "-run", "soak", "-key", key, "-rate", rate, "-requests", rate * seconds, "-connections", 64]
        command += ["-longest", f"{seconds + 60}s", "-commits", commits, "-branches", branches, "-accepted", accepted]
        command += ["-slow-heads", attackers // 2, "-slow-bodies", attackers - attackers // 2]
        sending = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
        resident, restarts = watch(sending, daemon, engine)
        result = json.loads(sending.communicate()[0])
        wait_for(lambda: is_drained(daemon), 120)
    engine.close()
    show(result, resident, restarts, find_accepted(daemon.folder / "data/slipway.db", accepted))


def show(result, resident, restarts, found):
    answered = ", ".join(f"{count:,} {status}" for status, count in sorted(result["statuses"].items()))
    whole = result["statuses"] == {"202": rate * seconds}
    missing = found["missing"] + result["statuses"].get("202", 0) - sum(found.values())
    unsettled = found["queued"] + found["running"] + found["failed"] + found["cancelled"]
    second, last = (median(part) for part in (resident[len(resident) // 5 : len(resident) * 2 // 5], resident[-(len(resident) // 5) :]))
    what = f"{rate:,} webhooks a second for {seconds} s"
    row(what, answered, f"{attackers} attackers cut {result['attackers_cut']:,} times, engine restarted {restarts} times", None, "all 202", whole)
    row("the same, accepted and lost", f"{missing}", ", ".join(f"{count:,} {state}" for state, count in found.items() if count), None, "0", missing + unsettled == 0)
    row("the same, 99th percentile since due", f"{result['p99_ms']:.2f} ms", f"median {result['p50_ms']:.2f} ms, most {result['max_ms']:.0f} ms", None, "< 100 ms", result["p99_ms"] < 100)
    row("the same, resident in the last fifth", f"{last:.1f} MB", f"in the second {second:.1f} MB, most {max(resident):.1f} MB", last / second, "ratio <= 1.05", last / second <= 1.05)


class RestartingEngine:
    def __init__(self):
        self.world = StandIn(work / "stand-in.sock")
        # What was there at the first contact is taken as pushed, and the others are built on it.
        self.world.names[f"{self.world.registry}/image0:1"] = "sha256:" + "0" * 64
        self.world.push(f"{self.world.registry}/image0", "1")
        self.path = work / "engine.sock"
        self.address = f"unix://{self.path}"
        self.wire = Wire(str(work / "stand-in.sock"), self.path)

    def restart(self, away=2):
        """In the middle of a build, where one comes; what it has built it still has."""
        self.world.opened.clear()
        begun, until = len(self.world.builds), time.monotonic() + 2
        while len(self.world.builds) == begun and time.monotonic() < until:
            time.sleep(0.01)
        self.wire.close()
        self.path.unlink()
        self.world.opened.set()
        time.sleep(away)
        self.wire = Wire(str(work / "stand-in.sock"), self.path)

    def close(self):
        self.wire.close()
        self.world.close()


def make_commits(origin, registry, number, images=50):
    """Their ids, one after the other on `main`: some in a row change the same image. Half of the images are built on the first."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", origin], check=True)
    importer = subprocess.Popen(["git", "fast-import", "--quiet", "--export-marks=marks"], cwd=origin, stdin=subprocess.PIPE, text=True)

    def commit(mark, files):
        lines = [f"commit refs/heads/main\nmark :{mark}\ncommitter a <a@example.com> {1700000000 + mark} +0000\ndata 1\nx"]
        lines += [f"M 644 inline {path}\ndata {len(text)}\n{text}" for path, text in files.items()]
        importer.stdin.write("\n".join(lines) + "\n")

    files = {}
    for image in range(images):
        parent = f"{registry}/image0:1" if image % 2 else "scratch"
        files |= {f"image{image}/Dockerfile": f"FROM {parent}\nCOPY text.txt /\n", f"image{image}/manifest.yml": f"image: image{image}\nversion: 1\n"}
        files |= {f"image{image}/text.txt": f"text of {image}\n"}
    commit(1, files)
    for mark in range(2, number + 1):
        commit(mark, {f"image{mark // in_a_row % images}/text.txt": f"commit {mark}\n"})
    for branch in range(branches):
        importer.stdin.write(f"reset refs/heads/branch{branch}\nfrom :1\n\n")
    importer.stdin.close()
    if importer.wait() != 0:
        sys.exit("generating the repository failed")
    marks = dict(line.split() for line in (origin / "marks").read_text().splitlines())
    return [marks[f":{mark}"] for mark in range(1, number + 1)]


def watch(sending, daemon, engine):
    """What is resident, in MB, at every second until all is sent; how often the engine was restarted on the way."""
    resident, restarts, restarting = [], 0, None
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status")
    while sending.poll() is None:
        time.sleep(1)
        resident.append(int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text()).group(1)) / 1024)
        if len(resident) % restart_every == restart_every // 2:
            restarts, restarting = restarts + 1, threading.Thread(target=engine.restart)
            restarting.start()
    if restarting:
        restarting.join()
    return resident, restarts


def is_drained(daemon):
    time.sleep(0.5)
    request = urllib.request.Request(f"http://127.0.0.1:{daemon.port}/api/v1/status", headers={"Authorization": "Bearer bench-token"})
    with urllib.request.urlopen(request, timeout=10) as response:
        status = json.load(response)
    return not status["running"] and not status["waiting"]


def find_accepted(store, accepted):
    """What became of each accepted delivery and its build, of the store alone: how many are in each state, and how many are missing."""
    database = sqlite3.connect(store)
    database.execute("CREATE TEMP TABLE accepted (number INTEGER, delivery INTEGER, build INTEGER)")
    database.executemany("INSERT INTO accepted VALUES (?, ?, ?)", (line.split() for line in accepted.read_text().splitlines()))
    counts = database.execute(
        """SELECT b.state, count(*) FROM accepted AS a
           LEFT JOIN deliveries AS d ON d.id = a.delivery AND d.sender_key = 'delivery-soak-' || a.number
           LEFT JOIN builds AS b ON b.id = a.build AND b.delivery = d.id GROUP BY b.state"""
    )
    found = collections.Counter({"missing" if state is None else states[state]: count for state, count in counts})
    for (error,) in database.execute("SELECT DISTINCT error FROM builds WHERE state = 3 LIMIT 3"):
        print(f"a build failed: {error}", file=sys.stderr)
    return found
