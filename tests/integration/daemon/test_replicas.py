"""Several daemons on one PostgreSQL, each with an engine: they share a build's steps, and one that dies loses nothing."""

import concurrent.futures
import os
import pathlib
import shutil
import tempfile
import unittest

import harness
from harness import ZEROS, Case, Engine, call, engines, push_event, remove_images, slow, wait_until
from postgres import Postgres, programs

CHILDREN = [f"child-{number}" for number in range(5)]


@unittest.skipUnless(harness.POSTGRES and programs(), "SLIPWAY_TEST_POSTGRES is not set")
class Replicas(Case):
    @classmethod
    def setUpClass(cls):
        """The database's server and the second engine are for all tests: they take longest to start."""
        super().setUpClass()
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="slipway-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        os.chmod(cls.place, 0o711)  # for the database's user
        cls.database = Postgres(cls.place / "postgres")
        cls.addClassCleanup(cls.database.stop)
        cls.engine = Engine(cls.place / "engine")
        cls.addClassCleanup(cls.engine.remove)

    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.proxy = self.start_proxy(self.registry)
        self.sample = self.make_sample(self.proxy.address)
        self.url = self.database.create()
        shared, own = engines()[0], self.engine.address
        self.addCleanup(remove_images, own, self.proxy.address, self.sample.folder)
        # The third one's engine is the first one's under another name: no replica knows that.
        self.daemons = {}
        for name, address in {"alpha": shared, "beta": own, "gamma": shared}.items():
            self.daemons[name] = self.start_replica(name, address)

    def start_replica(self, name, address):
        engine = {"name": f"engine-of-{name}", "address": address, "builds": 1}
        return self.start_daemon(
            self.sample, name=name, replica=name, store=self.url, engines=[engine], repository={"adopt": "build"}
        )

    def images(self, seconds):
        """A base, and many on it that take a while."""
        self.sample.base(more=slow(0.2))
        for name in CHILDREN:
            self.sample.image(name, "FROM {base}\nCOPY manifest.yml /\n" + slow(seconds))
        return self.sample.commit()

    def any(self):
        return next(iter(self.daemons.values()))

    def begin(self, seconds, by="alpha"):
        return self.daemons[by].push(ZEROS, self.images(seconds))

    def step_workers(self, number, daemon=None):
        """Worker → folders that are at work, or were."""
        workers = {}
        for step in (daemon or self.any()).build(number)["steps"]:
            if step["worker"]:
                workers.setdefault(step["worker"], set()).add(step["folder"])
        return workers

    def wait_for_all_at_work(self, number):
        def children():
            steps = self.any().build(number)["steps"]
            return {step["worker"]: step["folder"] for step in steps if step["state"] == "building" and step["folder"] != "base"}

        return wait_until(lambda: found if len(found := children()) == len(self.daemons) else None, children, 60)

    def assert_all_is_well(self, number):
        daemon = self.any()
        self.assert_succeeded(daemon.finished(number))
        daemon.settled()
        self.assert_ledger_is_registry(daemon, self.registry)
        self.assertEqual(set(daemon.ledger()), {"base", *CHILDREN})
        base = self.registry.manifest("base")["layers"]
        for name in CHILDREN:
            self.assertEqual(self.registry.manifest(name)["layers"][: len(base)], base, f"{name} stands on the base that was pushed")

    def assert_pushed_once(self):
        for name in ("base", *CHILDREN):
            self.assertEqual(self.proxy.digests_of(name + ":1.0"), {self.registry.digest(name)}, f"{name} was built twice")

    def test_share_the_steps_of_a_build_and_build_on_each_others_images(self):
        number = self.begin(1)
        self.assert_all_is_well(number)
        workers = self.step_workers(number)
        self.assertEqual(set(workers), {"alpha", "beta", "gamma"}, workers)
        self.assert_pushed_once()
        # On the engine that has not built the base it was pulled by its digest.
        home = next(worker for worker, folders in workers.items() if "base" in folders)
        engine_of = {"alpha": "shared", "beta": "own", "gamma": "shared"}
        elsewhere = [folders for worker, folders in workers.items() if engine_of[worker] != engine_of[home]]
        digest = self.registry.digest("base")
        logs = [self.any().log(number, folder) for folder in set().union(*elsewhere)]
        self.assertTrue(any(f"@{digest}" in log for log in logs), logs)
        for daemon in self.daemons.values():
            self.assertEqual(daemon.build(number)["state"], "succeeded", "all tell the same")

    def test_take_in_webhooks_at_the_same_time_each_once(self):
        self.images(0.1)
        pushes = [self.sample.commit(str(number)) for number in range(41)]
        daemons = list(self.daemons.values())

        def send(number):
            event = push_event(pushes[number], pushes[number + 1], "refs/heads/feature-1")
            sent = f"delivery-{number}"
            return [daemon.deliver(event, sent_id=sent).json["build"] for daemon in daemons]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(40)))
        self.assertTrue(all(len(set(builds)) == 1 for builds in answers), answers)
        self.assertEqual(len({builds[0] for builds in answers}), 40)
        for builds in answers:
            self.assertIn(daemons[1].finished(builds[0])["state"], ("succeeded", "superseded"))
        daemons[2].settled()

    def test_two_are_killed_and_the_third_finishes(self):
        number = self.begin(2)
        at_work = self.wait_for_all_at_work(number)
        for name in ("alpha", "beta"):
            self.daemons.pop(name).kill()

        self.assert_all_is_well(number)

        steps = self.any().steps(number)
        for name in ("alpha", "beta"):
            self.assertEqual(steps[at_work[name]]["worker"], "gamma", "it was taken over")
        second = push_event(ZEROS, self.sample.git("rev-parse", "HEAD"), "refs/heads/feature-1")
        self.assertEqual(self.any().deliver(second).status, 202)

    def test_a_replica_that_is_started_again_goes_on_at_once(self):
        number = self.begin(2)
        at_work = self.wait_for_all_at_work(number)
        self.daemons["beta"].kill()
        self.daemons["beta"].start()  # what its name had claimed is free: no lease is waited for
        self.any().begun_again(number, at_work["beta"])
        self.assert_all_is_well(number)

    def test_go_on_after_the_database_was_away_and_nothing_that_was_accepted_is_lost(self):
        number = self.begin(2)
        self.wait_for_all_at_work(number)
        before = self.sample.git("rev-parse", "HEAD")
        self.sample.write("base/release.txt", "second")
        after = self.sample.commit()
        self.database.stop()
        refused = {name: daemon.deliver(push_event(before, after)) for name, daemon in self.daemons.items()}
        for name, answer in refused.items():
            self.assertEqual(answer.status, 503, f"{name}: {answer}")
            self.assertGreater(int(answer.headers["Retry-After"]), 0)
            self.assertEqual(call(self.daemons[name].port, "GET", "/readyz").status, 503)
            self.assertEqual(call(self.daemons[name].port, "GET", "/healthz").status, 200)
        self.database.start()
        wait_until(lambda: all(call(one.port, "GET", "/readyz").status == 200 for one in self.daemons.values()), "all to be ready", 30)

        second = self.daemons["gamma"].push(before, after)

        self.assertIn(self.any().finished(number)["state"], ("succeeded", "superseded"))
        self.assert_all_is_well(second)
        for name in CHILDREN:
            self.assertEqual(self.registry.files(name)["etc/release.txt"], b"second")
        self.assertEqual(harness.query("SELECT count(*) FROM steps WHERE claimant <> 0", self.url), ["0"])

    def test_a_connection_that_ends_in_the_middle_is_made_anew(self):
        number = self.begin(1)
        self.wait_for_all_at_work(number)
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        self.assertGreater(int(harness.query(ended, self.url)[0]), 2)
        # A read on a connection that turns out to be dead is refused once.
        path = f"/api/v1/builds/{number}"
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(lambda _: self.any().api("GET", path).status, range(32)))
        self.assertLessEqual(answers, {200, 503})
        self.assert_all_is_well(number)
        self.assert_pushed_once()


if __name__ == "__main__":
    unittest.main()
