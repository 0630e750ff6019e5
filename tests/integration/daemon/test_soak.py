"""Faults at random while pushes come in: in the end what was accepted is accounted for, and the tips are in the registry.

SLIPWAY_SOAK_SECONDS: how long, 60 without it. SLIPWAY_SEED repeats what was chosen, not when it struck.
"""

import collections
import concurrent.futures
import contextlib
import http.client
import os
import random
import signal
import threading
import time
import unittest
from unittest import mock

from harness import Case, push_event, wait_until
from stand_in import StandIn
from test_outages import mount, move_clock
from wire import Wire

SECONDS = int(os.environ.get("SLIPWAY_SOAK_SECONDS", "60"))
BRANCHES = ("main", "feature-1", "feature-2")
FOLDERS = ("one", "two", "child")
MOST_ATTEMPTS = 6  # of core/model/retry.hpp


class Faults:
    """Each begins and ends by itself; `chance` says how long it lasts."""

    def __init__(self, case, chance):
        self.case, self.chance = case, chance
        self.all = [self.killed, self.stopped, self.engine_frozen, self.engine_cut, self.registry_overloaded, self.builds_held]
        self.all += [self.disk_full] if os.getuid() == 0 else []
        self.all += [self.clock_ahead, self.clock_back]
        self.struck = collections.Counter()

    def strike(self):
        fault = self.chance.choice(self.all)
        self.struck[fault.__name__] += 1
        fault()

    def last(self):
        self.case.over.wait(self.chance.uniform(0.1, 3))

    def killed(self):
        self.case.daemon.kill()
        self.case.daemon.start()

    def stopped(self):
        process = self.case.daemon.process.child
        process.send_signal(signal.SIGSTOP)
        self.last()
        process.send_signal(signal.SIGCONT)

    def engine_frozen(self):
        self.case.wire.freeze()
        self.last()
        self.case.wire.thaw()

    def engine_cut(self):
        self.case.wire.freeze()
        self.last()
        self.case.wire.cut()
        self.case.wire.thaw()

    def registry_overloaded(self):
        self.case.world.refusals = self.chance.randrange(1, 4)

    def builds_held(self):
        self.case.world.opened.clear()
        self.last()
        self.case.world.opened.set()

    def disk_full(self):
        filler = self.case.data / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        self.last()
        filler.unlink()

    def clock_ahead(self):
        self.jump("+2h")

    def clock_back(self):
        self.jump("-2h")

    def jump(self, offset):
        self.case.clock.write_text(offset)
        self.last()
        self.case.clock.write_text("+0")


class Soak(Case):
    def setUp(self):
        super().setUp()
        self.world = StandIn(self.folder / "engine.sock")
        self.addCleanup(self.world.close)
        self.wire = Wire(str(self.folder / "engine.sock"), self.folder / "wire.sock")
        self.addCleanup(self.wire.close)
        self.sample = self.make_sample(self.world.registry)
        self.tips = {branch: self.first_of(branch) for branch in BRANCHES}
        self.sample.git("checkout", "-q", BRANCHES[0])  # the remote's default branch
        self.accepted, self.refused, self.sent, self.tried_to_the_end = {}, collections.Counter(), 0, 0
        self.over = threading.Event()
        self.clock, self.data = self.folder / "clock", self.folder / "data"
        if os.getuid() == 0:
            mount(self, self.data, "-t", "tmpfs", "-o", "size=64m", "tmpfs")
        self.start()

    def start(self):
        engine = {"name": "stand-in", "address": f"unix://{self.wire.address}", "builds": 2, "builder": "classic"}
        repository = {"adopt": "build", "branches": [{"match": "*", "push": True}]}
        with mock.patch.dict(os.environ, move_clock(self.clock)):
            self.daemon = self.start_daemon(
                self.sample, engines=[engine], repository=repository, data=str(self.data), reconcile_interval="2s"
            )

    def first_of(self, branch):
        """A commit whose images have versions of their own, so that branches do not push over each other."""
        if branch != BRANCHES[0]:
            self.sample.git("checkout", "-q", "-b", branch)
        for name in FOLDERS:
            parent = f"{self.sample.name('one', branch)}" if name == "child" else "scratch"
            self.sample.write(f"{name}/text.txt", f"first of {branch}")
            self.sample.image(name, f"FROM {parent}\nCOPY text.txt /\n", f"image: {name}\nversion: {branch}\n")
        return self.sample.commit()

    def commit_to(self, branch, folder, text):
        before = self.tips[branch]
        self.tips[branch] = self.sample.commit_on(branch, f"{folder}/text.txt", text)
        return before, self.tips[branch]

    def send_until_over(self, chance):
        """By the token: a signature's time is its sender's, and the clock jumps."""
        while not self.over.is_set():
            branch = chance.choice(BRANCHES)
            before, after = self.commit_to(branch, chance.choice(FOLDERS), f"text {self.sent}")
            self.sent += 1
            ref = f"refs/heads/{branch}"
            try:
                answer = self.daemon.deliver(push_event(before, after, ref), key=None, X_Gitlab_Token="hook-token-1")
                if answer.status == 202:
                    self.accepted[answer.json["build"]] = (ref, after)
                else:
                    self.refused[answer.status] += 1
            except (OSError, http.client.HTTPException):
                self.refused["no answer"] += 1
            self.over.wait(chance.uniform(0.0, 0.1))

    def test_nothing_that_was_accepted_is_lost(self):
        wait_until(self.tips_are_pushed, self.tell, 30)  # the first contact: bases are there from now on
        seed = int(os.environ.get("SLIPWAY_SEED") or random.randrange(2**32))
        print(f"seed {seed}", end=" ", flush=True)
        chance = random.Random(seed)
        faults, end = Faults(self, chance), time.monotonic() + SECONDS
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sender = pool.submit(self.send_until_over, random.Random(seed))
            try:
                while time.monotonic() < end and not sender.done():
                    self.over.wait(chance.uniform(0.0, 1.0))
                    faults.strike()
            finally:
                self.over.set()
            sender.result()
        self.world.refusals = 0  # the last fault ends, too: each one left would be waited for by a breaker, up to five minutes
        self.assert_all_are_accounted_for()
        struck = ", ".join(f"{count} {name}" for name, count in sorted(faults.struck.items()))
        print(f"{SECONDS} s, {self.sent} pushes, {len(self.accepted)} accepted, not: {dict(self.refused)}, {self.tried_to_the_end} failed at the last attempt; {struck}", end=" ", flush=True)

    def assert_all_are_accounted_for(self):
        wait_until(self.tips_are_pushed, self.tell, 180)
        builds = {build["id"]: build for build in self.daemon.builds()}
        for number, (ref, after) in self.accepted.items():
            self.assertEqual((builds[number]["ref"], builds[number]["after"]), (ref, after))
            if builds[number]["state"] not in ("succeeded", "superseded"):
                self.assert_tried_to_the_end(builds[number])
        self.assertEqual(self.daemon.owed(), {})

    def assert_tried_to_the_end(self, build):
        """Many faults in a row use all attempts of a step up; then its build has failed, and a later one has built what it owed."""
        steps = self.daemon.build(build["id"])["steps"]
        failed = [step for step in steps if step["state"] == "failed"]
        told = [(step["folder"], step["state"], step["attempts"], step["error"]) for step in steps]
        self.assertTrue(failed and all(step["attempts"] == MOST_ATTEMPTS for step in failed), f"build {build['id']}: {build['error']}: {told}")
        self.tried_to_the_end += 1

    def tips_are_pushed(self):
        """All is done, and each branch's images are those of its tip, in the registry."""
        status = self.daemon.api("GET", "/api/v1/status").json
        if status["running"] or status["waiting"] or self.daemon.owed():
            return False
        return all(self.is_pushed(branch, name) for branch in BRANCHES for name in FOLDERS)

    def is_pushed(self, branch, name):
        entry = self.daemon.ledger(branch).get(name)
        tree = self.sample.git("rev-parse", f"{branch}:{name}")
        digests = entry["digests"].values() if entry else ()
        return bool(digests) and entry["tree"] == tree and all((name, digest) in self.world.manifests for digest in digests)

    def tell(self):
        builds = [(build["id"], build["state"], build["error"]) for build in self.daemon.builds()[:20]]
        return f"the tips {self.tips}; {builds}\n{self.daemon.owed()}\n{self.daemon.process.tail()}"


if __name__ == "__main__":
    unittest.main()
