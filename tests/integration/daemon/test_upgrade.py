"""Replicas of two versions on one PostgreSQL, as while they are upgraded one after the other: nothing that was accepted is lost, and nothing is
done twice. SLIPWAY_PREVIOUS names the older program."""

import concurrent.futures
import http.client
import itertools
import os
import pathlib
import time
import unittest

import harness
from harness import Case, push_event, query, slow, wait_until

PREVIOUS = os.environ.get("SLIPWAY_PREVIOUS")
FOLDERS = [f"image-{number}" for number in range(4)]
# Each state that a step enters; written down by the database, whoever it is that writes.
AUDIT = """
CREATE TABLE audit (build BIGINT, position BIGINT, state BIGINT, worker TEXT);
CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO audit VALUES (NEW.build, NEW.position, NEW.state, NEW.worker); RETURN NEW; END $$;
CREATE TRIGGER audit AFTER UPDATE OF state ON steps FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION write_down();
"""
BUILDING, PUSHED = 2, 5


class Schema(Case):
    """A store in a schema of its own."""

    lasts = ""  # a line of each Dockerfile

    def setUp(self):
        super().setUp()
        self.store = self.make_schema()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        for folder in FOLDERS:
            self.sample.base(folder, more=self.lasts)
        self.sample.commit()

    def sql(self, text):
        return query(text, self.store["store"].replace("slipway@", f"slipway:{self.store['store_password']}@", 1))

    def version(self):
        return int(self.sql("SELECT max(version) FROM slipway_schema")[0])

    def start_replica(self, name, program=None):
        engine = {"name": f"engine-of-{name}", "address": self.address, "builds": 1}
        return self.start_daemon(self.sample, name=name, program=program, replica=name, engines=[engine], repository={"adopt": "build"}, **self.store)

    def start_again(self, daemon, program):
        daemon.program = program
        daemon.start()

    def new_push(self, number):
        """To a branch of its own, so that no other takes its place; of two images."""
        branch = f"feature-{number}"
        self.sample.git("branch", branch, "main")
        self.sample.commit_on(branch, f"{FOLDERS[number % 4]}/release.txt", f"of {number}")
        after = self.sample.commit_on(branch, f"{FOLDERS[(number + 1) % 4]}/release.txt", f"of {number}")
        return push_event(harness.ZEROS, after, f"refs/heads/{branch}")


@unittest.skipUnless(harness.POSTGRES, "SLIPWAY_TEST_POSTGRES is not set")
class ANewerSchema(Schema):
    """As the next version might leave it, made by hand."""

    def setUp(self):
        super().setUp()
        self.daemon = self.start_replica("alpha")
        self.known = self.version()

    def migrate(self, oldest):
        self.sql(
            "ALTER TABLE builds ADD COLUMN tomorrow TEXT; ALTER TABLE steps ADD COLUMN tomorrow BIGINT NOT NULL DEFAULT 7;"
            f"CREATE TABLE tomorrow (a BIGINT); INSERT INTO slipway_schema (version, oldest) VALUES ({self.known + 1}, {oldest})"
        )

    def test_that_only_adds_is_worked_on_by_who_runs_and_who_starts(self):
        first = self.daemon.deliver(self.new_push(0)).json["build"]
        self.migrate(self.known)
        self.assert_succeeded(self.daemon.finished(first))
        self.daemon.kill()
        self.daemon.start()
        self.assert_succeeded(self.daemon.finished(self.daemon.deliver(self.new_push(1)).json["build"]))
        self.assertEqual(self.version(), self.known + 1)

    def test_that_is_for_newer_ones_alone_is_refused_at_the_start(self):
        self.migrate(self.known + 1)
        self.daemon.kill()
        with self.assertRaisesRegex(AssertionError, f"written by a newer slipway .its schema is {self.known + 1}, for those that know at least"):
            self.daemon.start()


@unittest.skipUnless(PREVIOUS, "SLIPWAY_PREVIOUS names no older slipway")
@unittest.skipUnless(harness.POSTGRES, "SLIPWAY_TEST_POSTGRES is not set")
class Upgrade(Schema):
    lasts = slow(0.3)

    def setUp(self):
        super().setUp()
        self.program = str(pathlib.Path(PREVIOUS).absolute())
        self.daemons = {name: self.start_replica(name, self.program) for name in ("alpha", "beta")}
        self.sql(AUDIT)
        self.before = self.version()
        self.numbers = itertools.count()
        self.builds = {}  # build → the commit that it is of

    def send(self, event):
        """As a load balancer does: to whoever takes it, and at the same time to all who are there, as GitLab's retries may come."""
        sent = f"delivery-{event['after']}"

        def to(daemon):
            try:
                return daemon.deliver(event, sent_id=sent)
            except (OSError, http.client.HTTPException):
                return None  # it is being replaced

        def answers():
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                return [answer for answer in pool.map(to, self.daemons.values()) if answer is not None and answer.status == 202]

        builds = {answer.json["build"] for answer in wait_until(answers, "a replica that takes a webhook", 30)}
        self.assertEqual(len(builds), 1, "one build of one delivery, whichever version took it")
        self.builds[builds.pop()] = event["after"]

    def pushes(self, count):
        for number in itertools.islice(self.numbers, count):
            self.send(self.new_push(number))

    def workers(self, since=0):
        """Who built something; `since`: a count of the audit's lines."""
        return set(self.sql(f"SELECT worker FROM (SELECT worker, state FROM audit OFFSET {since}) AS a WHERE state = {BUILDING}"))

    def audited(self):
        return int(self.sql("SELECT count(*) FROM audit")[0])

    def push_until(self, workers):
        """Pushes, until each of these has built something since now."""
        since, end = self.audited(), time.monotonic() + harness.PATIENCE
        while not workers <= self.workers(since):
            self.assertLess(time.monotonic(), end, f"{self.workers(since)} of {workers} built something")
            self.pushes(1)
            wait_until(lambda: len(self.sql("SELECT id FROM builds WHERE state < 2")) < 4, "few builds that wait")

    def replace(self, name):
        """While webhooks come in."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sender = pool.submit(self.pushes, 15)
            self.assertEqual(self.daemons[name].stop(), 0)
            self.start_again(self.daemons[name], None)
            sender.result()

    def entered(self, state):
        """How often a content of a branch's folder was in this state, by `ref|folder|tree`; reconciliation may find a push before its webhook comes."""
        rows = self.sql(
            "SELECT b.ref, s.folder, s.tree, count(*) FROM audit AS a JOIN steps AS s ON s.build = a.build AND s.position = a.position "
            f"JOIN builds AS b ON b.id = s.build WHERE a.state = {state} GROUP BY 1, 2, 3"
        )
        return {content: int(times) for content, _, times in (row.rpartition("|") for row in rows)}

    def assert_all_was_done_once(self):
        daemon = self.daemons["alpha"]
        for build in self.builds:
            self.assert_succeeded(daemon.finished(build))
        daemon.settled()
        for state in (BUILDING, PUSHED):
            self.assertEqual({content: times for content, times in self.entered(state).items() if times != 1}, {})
        branches = [content.split("|")[0] for content in self.entered(PUSHED)]
        for number in range(len(self.builds)):
            self.assertGreaterEqual(branches.count(f"refs/heads/feature-{number}"), 2, "both images of a push")
        self.assertEqual(int(self.sql("SELECT count(*) FROM deliveries")[0]), len(self.builds))
        self.assertEqual({build["id"]: build["after"] for build in daemon.builds() if build["delivery"]}, self.builds)
        self.assertEqual(self.sql("SELECT count(*) FROM steps WHERE claimant <> 0"), ["0"])

    def test_one_after_the_other_under_webhooks(self):
        self.push_until({"alpha", "beta"})
        self.replace("beta")
        self.assertGreater(self.version(), self.before, "SLIPWAY_PREVIOUS is of the same schema: name an older one")
        self.push_until({"alpha", "beta"})  # alpha is the older one still, on the newer schema
        self.replace("alpha")
        self.push_until({"alpha", "beta"})
        self.assert_all_was_done_once()
        print(f"{len(self.builds)} pushes", end=" ", flush=True)

    def test_an_older_one_that_is_killed_meanwhile(self):
        """One that knows of schemas that allow it comes back; one that does not says so, and the newer one does its work."""
        knows = self.sql("SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'oldest'")
        self.replace("beta")
        self.pushes(2)
        self.daemons["alpha"].kill()
        if knows:
            self.start_again(self.daemons["alpha"], self.program)
            self.push_until({"alpha", "beta"})
        else:
            with self.assertRaisesRegex(AssertionError, "written by a newer slipway"):
                self.start_again(self.daemons["alpha"], self.program)
            self.start_again(self.daemons["alpha"], None)
        for build in self.builds:
            self.assert_succeeded(self.daemons["alpha"].finished(build))
        self.daemons["beta"].settled()
        self.assertEqual(int(self.sql("SELECT count(*) FROM deliveries")[0]), len(self.builds))


if __name__ == "__main__":
    unittest.main()
