"""What a machine and its network do to the daemon: disks, memory, clocks, names, connections. What was accepted is built in the end,
what can't be stored is refused in words, and the daemon stays."""

import atexit
import concurrent.futures
import contextlib
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse
from unittest import mock

import harness
from gitlab import Gitlab
from harness import PROJECT, TOKENS, Case, Sample, call, push_event, wait_until
from postgres import Postgres, programs
from stand_in import StandIn
from test_reports import merge_event
from wire import Wire

READER = {"Authorization": "Bearer " + TOKENS["read"]}

GITLABS_PATIENCE = 10  # seconds that it waits for the answer to a webhook, where nobody told it otherwise


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout.strip()


def mount(case, place, *arguments):
    """Until the case's end."""
    place.mkdir(exist_ok=True)
    run("mount", *arguments, place)
    case.addCleanup(subprocess.run, ("umount", "--lazy", place), check=False)


@functools.cache
def shifted_clock():
    """Compiled anew by each process: others may be at it."""
    source = pathlib.Path(__file__).with_name("shifted_clock.c")
    folder = tempfile.mkdtemp(prefix="slipway-clock-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = pathlib.Path(folder, "shifted_clock.so")
    run("cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, source)
    return str(library)


def move_clock(clock):
    """The environment of a process whose wall clock, and no other, is moved by the file `clock`."""
    clock.write_text("+0")
    return {"LD_PRELOAD": shifted_clock(), "SLIPWAY_TEST_CLOCK": str(clock)}


class Outage(Case):
    """A repository of one image, and an engine and a registry that take no time."""

    def setUp(self):
        super().setUp()
        self.world = StandIn(self.folder / "engine.sock")
        self.addCleanup(self.world.close)
        self.engine = self.world.engine
        self.sample = self.make_sample(self.world.registry)
        self.sample.write("one/text.txt", "first")
        self.sample.image("one", "FROM scratch\nCOPY text.txt /\n")
        self.tip = self.sample.commit()
        self.accepted = {}  # build → commit

    def start(self, **changes):
        engine = {"name": "stand-in", "address": self.engine, "builds": 2, "builder": "classic"}
        settings = {"engines": [engine], "reconcile_interval": "1h", "data": str(self.folder / "data"), **changes}
        self.daemon = self.start_daemon(self.sample, **settings)

    def wire(self, upstream, path=None):
        wire = Wire(upstream, path)
        self.addCleanup(wire.close)
        return wire

    def next_event(self):
        """A push that changes the image."""
        before = self.tip
        self.sample.write("one/text.txt", f"after {before}")
        self.tip = self.sample.commit()
        return push_event(before, self.tip)

    def deliver(self, event, sent_id=None):
        answer = self.daemon.deliver(event, sent_id=sent_id)
        if answer.status == 202:
            self.accepted[answer.json["build"]] = event["after"]
        return answer

    def push(self):
        event = self.next_event()
        answer = self.deliver(event)
        self.assertEqual(answer.status, 202, answer)
        return answer.json["build"]

    def wait_for_engine(self, number):
        """Until it is at work on the image."""
        self.daemon.wait_for_step(number, "one", lambda step: step["state"] == "building", "is building")
        wait_until(lambda: self.world.builds, "an engine that is asked")

    def assert_refused(self, answer):
        """In words, and so that GitLab sends it again."""
        self.assertEqual(answer.status, 503, answer)
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.assertEqual(call(self.daemon.port, "GET", "/healthz").status, 200)

    def assert_nothing_is_lost(self):
        """Accepted, accounted for, and the newest one in the registry."""
        builds = {number: self.daemon.finished(number) for number in self.accepted}
        for number, after in self.accepted.items():
            self.assertEqual(builds[number]["after"], after)
            self.assertIn(builds[number]["state"], ("succeeded", "superseded"), builds[number])
        self.daemon.settled()
        (digest,) = self.daemon.ledger()["one"]["digests"].values()
        self.assertEqual(self.daemon.ledger()["one"]["commit"], self.tip)
        self.assertIn(("one", digest), self.world.manifests)


class Disk(Outage):
    def mount(self, *arguments):
        if os.getuid() != 0:
            self.skipTest("only root can mount a disk")
        mount(self, self.folder / "data", *arguments)
        return self.folder / "data"

    def make_disk(self):
        """In a file, as large as a store needs to begin with."""
        image = self.folder / "disk"
        with image.open("wb") as file:
            file.truncate(64 << 20)
        run("mkfs.ext4", "-q", image)
        return image

    def test_that_is_full_refuses_deliveries_until_there_is_room(self):
        place = self.mount("-t", "tmpfs", "-o", "size=24m", "tmpfs")
        self.start()
        self.push()
        filler = place / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        event = self.next_event()
        event["commits"] = [{"message": "x" * (1 << 20)}]  # more than is left over anywhere
        answer = self.deliver(event, sent_id="again")
        self.assert_refused(answer)
        self.assertIn("disk", answer.text.lower())
        filler.unlink()
        self.assertEqual(wait_until(lambda: self.deliver(event, sent_id="again"), "room").status, 202)
        self.assert_nothing_is_lost()

    def test_that_becomes_read_only_refuses_and_a_restart_has_all_that_was_accepted(self):
        image = self.make_disk()
        place = self.mount("-o", "loop", image)
        self.start()
        for _ in range(3):
            self.push()
        run("mount", "-o", "remount,abort", place)  # what ext4 does to itself when a disk fails
        event = self.next_event()
        wait_until(lambda: self.deliver(self.next_event()).status == 503, "the first refusal", 30)
        self.assert_refused(self.deliver(event))
        self.daemon.kill()
        run("umount", place)
        run("mount", "-o", "loop", image, place)
        self.daemon.start()
        self.push()
        self.assert_nothing_is_lost()

    def test_that_is_read_only_at_the_start_is_named(self):
        place = self.mount("-t", "tmpfs", "-o", "ro", "tmpfs")
        with self.assertRaises(AssertionError) as caught:
            self.start()
        self.assertRegex(str(caught.exception), "(?i)read-only|readonly")
        self.assertIn(str(place), str(caught.exception))

    def test_that_is_slow_slows_the_answers_and_loses_nothing(self):
        throttle = pathlib.Path("/sys/fs/cgroup/blkio")
        if not (throttle / "blkio.throttle.write_iops_device").exists():
            self.skipTest("no control group that slows a disk")
        place = self.mount("-o", "loop", self.make_disk())
        self.start()
        group = throttle / f"slipway-{os.getpid()}"
        group.mkdir()

        def leave():
            for process in (group / "cgroup.procs").read_text().split():
                (throttle / "cgroup.procs").write_text(process)
            group.rmdir()

        self.addCleanup(leave)
        device = os.stat(place).st_dev
        (group / "blkio.throttle.write_iops_device").write_text(f"{os.major(device)}:{os.minor(device)} 20")
        (group / "cgroup.procs").write_text(str(self.daemon.process.child.pid))
        began = time.monotonic()
        events = [self.next_event() for _ in range(24)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(self.deliver, events))
        self.assertLessEqual({answer.status for answer in answers}, {202, 503})
        print(f"{len(self.accepted)} of 24 in {time.monotonic() - began:.1f} s", end=" ", flush=True)
        self.daemon.kill()  # what was answered before it was written is gone
        self.daemon.start()
        self.push()  # those came in any order
        self.assert_nothing_is_lost()


@unittest.skipIf(harness.SANITIZER, "a sanitizer reserves terabytes of addresses, and does not live on where there are none")
class Memory(Outage):
    def test_that_is_limited_refuses_what_is_too_large_for_it_and_the_daemon_stays(self):
        self.start()
        self.push()
        process = self.daemon.process.child.pid
        used = int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        run("prlimit", "--pid", str(process), f"--as={used + (40 << 20)}:")
        event = self.next_event()
        large = {**event, "commits": [{"message": "x" * (24 << 20)}]}

        def send(number):
            try:
                return self.daemon.deliver(large, sent_id=f"large-{number}").status
            except OSError:
                return None  # the connection was closed

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(send, range(16)))
        self.assertTrue(self.daemon.process.is_running(), self.daemon.process.tail())
        self.assertLessEqual(answers, {202, 500, 503, None})
        self.assertNotEqual(answers, {202}, "the limit was felt")
        run("prlimit", "--pid", str(process), "--as=unlimited:")
        self.assertEqual(self.deliver(event, sent_id="large-0").status, 202)
        self.assert_nothing_is_lost()

    def test_for_a_thread_that_fetches_is_waited_for(self):
        self.start()
        self.push()
        self.daemon.settled()
        process = self.daemon.process.child.pid
        used = int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        run("prlimit", "--pid", str(process), f"--as={used + (4 << 20)}:")  # less than a stack
        self.push()
        wait_until(lambda: "unable to create thread" in self.daemon.process.log.read_text(), self.daemon.process.tail)
        run("prlimit", "--pid", str(process), "--as=unlimited:")
        self.assert_nothing_is_lost()


class Stopped(Outage):
    def test_the_daemon_goes_on_where_it_was(self):
        self.start()
        self.world.opened.clear()
        number = self.push()
        self.wait_for_engine(number)
        process = self.daemon.process.child
        process.send_signal(signal.SIGSTOP)
        event = self.next_event()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.deliver, event)
            self.world.opened.set()
            with self.assertRaises(concurrent.futures.TimeoutError):
                waiting.result(2)
            process.send_signal(signal.SIGCONT)
            self.assertEqual(waiting.result(30).status, 202)
        self.assert_nothing_is_lost()
        self.assertEqual(self.daemon.build(number)["state"], "succeeded", "what ran did not give way to the newer push")
        self.assertEqual(len(self.world.builds), 2, "what was being built is not built again")


class HalfOpen(Outage):
    """Connections that stay, and over which nothing comes."""

    def test_to_the_engine_deliveries_are_taken_and_built_when_it_answers(self):
        wire = self.wire(self.world.engine.removeprefix("unix://"), self.folder / "wire.sock")
        self.engine = f"unix://{wire.address}"
        self.start()
        self.push()
        self.daemon.settled()
        wire.freeze()
        for _ in range(4):
            began = time.monotonic()
            self.push()
            self.assertLess(time.monotonic() - began, GITLABS_PATIENCE)
        self.assertEqual(call(self.daemon.port, "GET", "/readyz").status, 200)
        wire.thaw()
        self.assert_nothing_is_lost()

    def test_to_the_registry_the_image_is_pushed_when_it_is_cut(self):
        place, _, port = self.world.registry.partition(":")
        wire = self.wire((place, int(port)))
        self.sample.registry = "%s:%d" % wire.address
        self.start()
        self.push()
        self.daemon.settled()
        wire.freeze()
        self.push()
        self.assertEqual(self.deliver(self.next_event()).status, 202)
        wire.cut()
        wire.thaw()
        self.assert_nothing_is_lost()


class HungRemote(Outage):
    """A repository whose remote says nothing, and one that has nothing to do with it."""

    def setUp(self):
        super().setUp()
        self.gitlab = Gitlab(PROJECT)
        self.addCleanup(self.gitlab.close)
        place = urllib.parse.urlsplit(self.serve_git(self.sample, ""))
        self.remote = self.wire((place.hostname, place.port))
        self.other = Sample(self.folder / "other", self.world.registry)
        self.other.image("two", "FROM scratch\nCOPY text.txt /\n")
        self.other_tip = self.change_other("first")
        url = "http://%s:%d%s" % (*self.remote.address, place.path)
        hung = {"url": url, "gitlab": self.gitlab.settings()}
        other = {"name": "other", "project": "samples/other", "url": str(self.other.folder)}
        self.start(repositories=[
            *self.config(self.sample, repository=hung)["repositories"],
            *self.config(self.other, repository=other)["repositories"],
        ])

    def change_other(self, text):
        self.other.write("two/text.txt", text)
        self.other_tip = self.other.commit()
        return self.other_tip

    def push_other(self, text):
        before, after = self.other_tip, self.change_other(text)
        project = {"id": 43, "name": "other", "path_with_namespace": "samples/other", "default_branch": "main"}
        answer = self.daemon.deliver(push_event(before, after, project=project, project_id=43))
        self.assertEqual(answer.status, 202, answer)
        return answer.json["build"]

    def ask_for_plans(self, numbers):
        self.sample.git("branch", "topic")
        for number in numbers:
            commit = self.sample.commit_on("topic", "one/text.txt", f"of merge request {number}")
            answer = self.daemon.deliver(merge_event(number, commit), X_Gitlab_Event="Merge Request Hook")
            self.assertEqual(answer.status, 202, answer)

    def test_keeps_nobody_else_waiting(self):
        self.push()
        self.daemon.settled()
        self.remote.freeze()
        seen, numbers = self.remote.accepted, range(1, 6)
        self.ask_for_plans(numbers)
        late = self.push()
        wait_until(lambda: self.remote.accepted > seen, self.daemon.process.tail, 20)
        end = time.monotonic() + 4  # by then all of these are at work, or wait for each other
        while time.monotonic() < end:
            self.assert_succeeded(self.daemon.finished(self.push_other(f"at {end - time.monotonic()}"), 15))
            for path in ("/readyz", "/api/v1/status"):
                self.assertEqual(call(self.daemon.port, "GET", path, headers=READER, seconds=5).status, 200)
        self.assertEqual((self.daemon.build(late)["state"], self.daemon.build(late)["steps"]), ("running", []))
        self.assertFalse(any(self.gitlab.plans(number) for number in numbers))

        self.remote.thaw()
        self.assert_nothing_is_lost()
        wait_until(lambda: all(self.gitlab.plans(number) for number in numbers), self.daemon.process.tail)


class Names(Outage):
    """The daemon has a file of names of its own, and asks no server."""

    def test_that_are_not_found_are_looked_up_again(self):
        if os.getuid() != 0:
            self.skipTest("only root can give a process its own names")
        address = self.serve_git(self.sample, "").replace("127.0.0.1", "git.slipway.test")
        hosts = self.folder / "hosts"
        hosts.write_text("127.0.0.1 localhost\n")
        with mock.patch.object(harness, "SLIPWAY", self.with_names(hosts)):
            self.start(repository={"url": address})
        number = self.push()
        told = f"what becomes of build {number}"
        wait_until(lambda: "git.slipway.test" in self.daemon.process.log.read_text(), told, 60)
        self.assertIsNone(self.daemon.build(number)["finished"])
        hosts.write_text("127.0.0.1 localhost git.slipway.test\n")
        self.assert_nothing_is_lost()

    def with_names(self, hosts):
        servers, script = self.folder / "resolv.conf", self.folder / "slipway-with-names"
        servers.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        script.write_text(
            f"""#!/bin/sh
exec unshare --mount sh -c 'mount --bind {hosts} /etc/hosts && mount --bind {servers} /etc/resolv.conf && exec "$0" "$@"' \\
    {harness.SLIPWAY} "$@"
"""
        )
        script.chmod(0o755)
        return str(script)


class ClockJumps(Outage):
    def start(self, **changes):
        self.clock = self.folder / "clock"
        with mock.patch.dict(os.environ, move_clock(self.clock)):
            super().start(**changes)

    def jump(self, offset):
        """In the middle of a build and of a wait for another try."""
        self.start()
        self.world.opened.clear()
        number = self.push()
        self.wait_for_engine(number)
        self.clock.write_text(offset)
        self.let_timers_pass()
        self.world.opened.set()
        self.assert_nothing_is_lost()
        event = self.next_event()
        self.assertEqual(self.deliver(event).status, 401, "its own clock decides what is stale")
        self.clock.write_text("+0")
        self.assertEqual(self.deliver(event).status, 202)
        self.assert_nothing_is_lost()

    def let_timers_pass(self):
        """The daemon waits for a change that does not come, so that it looks at what is due."""
        etag = self.daemon.api("GET", "/api/v1/status").headers["ETag"]
        self.daemon.api("GET", "/api/v1/status?wait=1", if_none_match=etag)

    def test_back_while_a_step_waits_for_its_next_try(self):
        self.start()
        self.world.refusals = 1
        number = self.push()
        self.daemon.wait_for_step(number, "one", lambda step: step["error"] and step["state"] == "built", "waits")
        self.clock.write_text("-2h")
        self.assert_nothing_is_lost()

    def test_two_hours_ahead(self):
        self.jump("+2h")

    def test_two_hours_back(self):
        self.jump("-2h")


@unittest.skipUnless(harness.POSTGRES and programs(), "SLIPWAY_TEST_POSTGRES is not set")
@unittest.skipIf(os.environ.get("SLIPWAY_HURRY"), "lasts two leases for each case")
class Split(Outage):
    """Of two replicas the one at work does not reach the database, or sleeps, for longer than its lease."""

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o711)  # for the database's user
        self.database = Postgres(self.folder / "postgres")
        self.addCleanup(self.database.stop)
        self.wire = Wire(("127.0.0.1", self.database.port))
        self.addCleanup(self.wire.close)
        self.alpha, self.held = self.start_replica("alpha", self.wire.address[1])
        self.held.opened.clear()
        self.number = self.push()
        self.daemon.wait_for_step(self.number, "one", lambda step: step["state"] == "building", "is building")
        self.beta, _ = self.start_replica("beta", self.database.port)

    def start_replica(self, name, port):
        """With an engine of its own, and a registry that both share."""
        world = StandIn(self.folder / f"{name}.sock")
        world.manifests = self.world.manifests
        self.addCleanup(world.close)
        self.engine = world.engine
        store = self.database.url.replace(str(self.database.port), str(port))
        self.start(name=name, replica=name, store=store, data=str(self.folder / f"data-{name}"))
        return self.daemon, world

    def assert_beta_takes_over(self):
        step = self.daemon.wait_for_step(self.number, "one", lambda step: step["state"] == "pushed", "is pushed")
        self.assertEqual(step["worker"], "beta")
        self.daemon.finished(self.number)
        self.settled = self.daemon.build(self.number)

    def assert_alpha_changes_nothing(self):
        """It comes back with what it was doing, and takes part again."""
        self.held.opened.set()
        wait_until(lambda: call(self.alpha.port, "GET", "/readyz").status == 200, self.alpha.process.tail, 60)
        self.push()
        self.assert_nothing_is_lost()
        self.assertEqual(self.daemon.build(self.number), self.settled)
        self.assertEqual(self.alpha.build(self.number), self.settled)

    def test_a_replica_that_sleeps_past_its_lease_changes_nothing_when_it_wakes(self):
        self.alpha.process.child.send_signal(signal.SIGSTOP)
        self.addCleanup(self.alpha.process.child.send_signal, signal.SIGCONT)
        self.assert_beta_takes_over()
        self.alpha.process.child.send_signal(signal.SIGCONT)
        self.assert_alpha_changes_nothing()

    def test_a_replica_that_does_not_reach_the_database_refuses_and_comes_back(self):
        self.wire.freeze()
        self.assert_beta_takes_over()
        answer = self.alpha.deliver(self.next_event())
        self.assertEqual(answer.status, 503, answer)
        self.wire.thaw()
        self.assert_alpha_changes_nothing()


if __name__ == "__main__":
    unittest.main()
