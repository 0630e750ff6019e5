"""The daemon is killed, at every state that a step can be in, and goes on: nothing lost, nothing pushed twice with different content."""

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

from harness import ZEROS, Case, push_event, slow, wait_until

FOLDERS = ("one", "two")


def assert_accounted_for(case, build):
    """An accepted push was built, or left to a newer one of its branch."""
    case.assertIn(build["state"], ("succeeded", "superseded"), build)
    if build["state"] == "superseded":
        case.assertRegex(build["error"], r"^superseded by build \d+$|^superseded: \S+ was planned up to [0-9a-f]{40} already$")


class Crash(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.proxy = self.start_proxy(self.registry)
        self.sample = self.make_sample(self.proxy.address)

    def two_images(self, base="", child=""):
        self.sample.base(more=base)
        self.sample.image("child", "FROM {base}\nCOPY manifest.yml /\n" + child)
        self.sample.image("other", "FROM scratch\nCOPY manifest.yml /\n")
        self.folders = {"base", "child", "other"}

    def begin(self, **changes):
        self.daemon = self.start_daemon(self.sample, **changes)
        self.number = self.daemon.push(ZEROS, self.sample.commit())

    def states(self, build):
        return {step["folder"]: step["state"] for step in build["steps"]}

    def wait_for_states(self, **wanted):
        return self.daemon.wait_for(self.number, lambda build: wanted.items() <= self.states(build).items(), str(wanted))

    def restart(self):
        self.daemon.kill()
        self.daemon.start()

    def assert_all_is_pushed_once(self):
        build = self.daemon.finished(self.number)
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, self.folders)
        for step in build["steps"]:
            for reference, digest in step["digests"].items():
                name = reference.partition("/")[2]
                self.assertEqual(self.proxy.digests_of(name), {digest}, f"{name} was pushed with different content")
        for folder in self.folders - {"other"}:
            self.assertEqual(self.registry.files(folder)["etc/release.txt"], b"first")
        return {step["folder"]: step for step in build["steps"]}

    def test_waiting_ready_and_building(self):
        self.two_images(base=slow(3))
        self.begin(limits={"builds": 1})
        self.wait_for_states(base="building", child="waiting", other="ready")
        self.restart()
        self.assert_all_is_pushed_once()

    def test_in_the_middle_of_a_build(self):
        self.two_images(base=slow(3))
        self.begin()
        self.daemon.wait_for_step(self.number, "base", lambda _: "sleep" in self.daemon.log(self.number, "base"), "runs")
        self.restart()
        self.daemon.begun_again(self.number, "base")
        self.assert_all_is_pushed_once()

    def test_built_while_the_registry_is_away(self):
        self.two_images()
        self.registry.stop()
        self.begin()
        before = self.daemon.wait_for_step(
            self.number, "base", lambda step: step["state"] == "built" and step["error"], "is built and waits"
        )
        self.restart()
        self.registry.start()
        after = self.assert_all_is_pushed_once()["base"]
        self.assertEqual((after["image_id"], after["built"]), (before["image_id"], before["built"]), "a failed push repeats no build")

    def pushing(self, after):
        self.two_images()
        gate = self.proxy.gate("PUT", "/base/manifests/", after)
        self.begin()
        self.assertTrue(gate.reached.wait(60))
        before = self.daemon.steps(self.number)["base"]
        self.assertEqual(before["state"], "pushing")
        self.daemon.kill()
        gate.opened.set()
        self.daemon.start()
        done = self.assert_all_is_pushed_once()["base"]
        self.assertEqual((done["image_id"], done["built"]), (before["image_id"], before["built"]))

    def test_pushing_before_the_registry_has_it(self):
        self.pushing(after=False)

    def test_pushing_when_the_registry_has_it_and_the_daemon_does_not_know(self):
        self.pushing(after=True)

    def test_pushed_while_a_child_is_building(self):
        self.two_images(child=slow(3))
        self.begin()
        before = self.wait_for_states(base="pushed", child="building")
        self.restart()
        base = next(step for step in before["steps"] if step["folder"] == "base")
        self.assertEqual(self.assert_all_is_pushed_once()["base"], base, "what was done is not touched")

    def test_again_and_again_at_any_time(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", end=" ", flush=True)
        chance = random.Random(seed)
        self.two_images(base=slow(1), child=slow(1))
        self.begin()
        for _ in range(6):
            self.killed_after(chance.uniform(0.0, 1.5))
        self.assert_all_is_pushed_once()

    def killed_after(self, seconds):
        end = time.monotonic() + seconds
        self.daemon.wait_for(self.number, lambda _: time.monotonic() > end, "the time")
        self.restart()

    def test_a_built_image_that_is_gone_from_the_engine_is_built_again(self):
        engine = self.start_engine()
        self.two_images()
        self.registry.stop()
        self.begin()
        step = self.daemon.wait_for_step(
            self.number, "other", lambda step: step["state"] == "built" and step["error"], "is built and waits"
        )
        self.daemon.kill()
        engine.forget(step["image_id"])
        self.registry.start()
        self.daemon.start()
        self.assert_all_is_pushed_once()
        self.assertIn("building again", self.daemon.log(self.number, "other"))


class Burst(Case):
    COUNT = 200

    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        for name in FOLDERS:
            self.sample.image(name, "FROM scratch\nCOPY words /words\n")
            self.sample.write(f"{name}/words/first", "x")
        self.commits = [self.sample.commit()]

    def import_commits(self):
        """Each with one more file of one of the folders."""
        text = "".join(
            "commit refs/heads/main\ncommitter Sample <sample@example.com> 1700000000 +0000\ndata 1\nx\n"
            + ("from refs/heads/main^0\n" if number == 0 else "")
            + f"M 100644 inline {FOLDERS[number % 2]}/words/{number}\ndata 1\nx\n"
            for number in range(self.COUNT)
        )
        self.sample.git("fast-import", "--quiet", text=text)
        self.commits += self.sample.git("rev-list", "--reverse", f"{self.commits[0]}..main").splitlines()

    def send(self, number):
        """The answer; None where the daemon was gone."""
        try:
            event = push_event(self.commits[number], self.commits[number + 1])
            return self.daemon.deliver(event, sent_id=f"delivery-{number}")
        except OSError:
            return None

    def test_killed_under_it_every_accepted_delivery_has_its_build(self):
        # The last word is not always the newest push's, so many are sent at a time: then the comparison with the remote finds it.
        self.daemon = self.start_daemon(self.sample, reconcile_interval="3s", repository={"adopt": "build"})
        wait_until(lambda: set(self.daemon.ledger()) == set(FOLDERS), "the first contact")
        self.daemon.settled()
        self.import_commits()
        accepted = {}
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = {pool.submit(self.send, number): number for number in range(self.COUNT)}
            for answer in concurrent.futures.as_completed(answers):
                if answer.result() is not None and answer.result().status == 202:
                    accepted[answers[answer]] = answer.result().json["build"]
                    if len(accepted) == self.COUNT // 3:
                        self.daemon.process.child.send_signal(signal.SIGKILL)
        self.daemon.kill()
        self.assertLess(len(accepted), self.COUNT, "it was killed in the middle")
        self.daemon.start()

        for number, build in accepted.items():
            self.assertEqual(self.daemon.build(build)["after"], self.commits[number + 1])
        builds = self.assert_sent_again_gives_the_same(accepted)
        self.assert_the_tip_is_pushed()
        for build in builds.values():
            assert_accounted_for(self, self.daemon.finished(build))
        tip = {build["state"] for build in self.daemon.builds() if build["after"] == self.commits[-1]}
        self.assertIn("succeeded", tip)
        self.assert_ledger_is_registry(self.daemon, self.registry)

    def assert_sent_again_gives_the_same(self, accepted):
        """As a person does with GitLab's Resend: what was accepted keeps its build, what was not gets one."""
        builds = {}
        for number in range(self.COUNT):
            answer = self.send(number)
            self.assertEqual(answer.status, 202, answer)
            builds[number] = answer.json["build"]
            if number in accepted:
                self.assertEqual((answer.json["duplicate"], builds[number]), (True, accepted[number]))
        self.assertEqual(len(set(builds.values())), self.COUNT)
        return builds

    def assert_the_tip_is_pushed(self):
        wanted = {
            name: {"words/first"} | {f"words/{number}" for number in range(self.COUNT) if FOLDERS[number % 2] == name} for name in FOLDERS
        }

        def held():
            return {name: set(self.registry.files(name)) for name in FOLDERS}

        wait_until(lambda: self.planned() == self.commits[-1] and not self.daemon.owed(), "the tip to be pushed", 60)
        self.daemon.settled()
        self.assertEqual(held(), wanted)

    def planned(self):
        """The commit of the newest build that was not left to another one."""
        return next(build["after"] for build in self.daemon.builds() if build["state"] in ("running", "succeeded"))


class Stream(Case):
    """Killed at any time while pushes to several branches come in, some of them only to the remote."""

    CRASHES = int(os.environ.get("SLIPWAY_CRASHES", "12"))
    BRANCHES = ("main", "feature-1", "feature-2")

    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.tips = {branch: self.first_of(branch) for branch in self.BRANCHES}
        changes = {"adopt": "build", "branches": [{"match": "*", "push": True}]}
        self.daemon = self.start_daemon(self.sample, reconcile_interval="1s", repository=changes)
        self.accepted = {}  # build → (reference, commit)
        self.sent = 0
        self.over = threading.Event()

    def first_of(self, branch):
        """A commit whose images have names of their own, so that branches do not push over each other."""
        if branch != self.BRANCHES[0]:
            self.sample.git("checkout", "-q", "-b", branch)
        for name in FOLDERS:
            self.sample.write(f"{name}/text.txt", "first")
            self.sample.image(name, "FROM scratch\nCOPY text.txt /\n", f"image: {name}\nversion: {branch}\n")
        parent = self.sample.name("one", branch)
        self.sample.image("child", f"FROM {parent}\nCOPY manifest.yml /\n", f"image: child\nversion: {branch}\n")
        return self.sample.commit()

    def commit_to(self, branch, folder, text):
        before = self.tips[branch]
        self.tips[branch] = self.sample.commit_on(branch, f"{folder}/text.txt", text)
        return before, self.tips[branch]

    def send_until_over(self, chance):
        while not self.over.is_set():
            branch = chance.choice(self.BRANCHES)
            before, after = self.commit_to(branch, chance.choice(FOLDERS), f"text {self.sent}")
            self.sent += 1
            ref = f"refs/heads/{branch}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.daemon.deliver(push_event(before, after, ref))
                if answer.status == 202:
                    self.accepted[answer.json["build"]] = (ref, after)
            self.over.wait(chance.uniform(0.0, 0.4))

    def test_killed_again_and_again_nothing_that_was_accepted_is_lost(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", end=" ", flush=True)
        chance = random.Random(seed)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sender = pool.submit(self.send_until_over, random.Random(seed))
            try:
                for _ in range(self.CRASHES):
                    self.over.wait(chance.uniform(0.0, chance.choice((0.3, 2.0))))  # while it starts, and while it works
                    self.daemon.kill()
                    self.daemon.start()
            finally:
                self.over.set()
            sender.result()

        self.assert_the_tips_are_pushed()
        states = self.assert_all_are_accounted_for()
        self.assert_what_is_pushed_is_of_its_branch()
        print(
            f"{self.CRASHES} crashes in {time.monotonic() - began:.0f} s, {self.sent} pushes, {len(self.accepted)} accepted: {states}",
            end=" ", flush=True,
        )

    def assert_the_tips_are_pushed(self):
        def wanted(branch):
            texts = {name: self.sample.git("show", f"{branch}:{name}/text.txt").encode() for name in FOLDERS}
            return {**texts, "child": texts["one"]}

        def held(branch, name):
            return self.registry.text(name, "text.txt", branch)

        def missing():
            return {
                (branch, name): (held(branch, name), text)
                for branch in self.BRANCHES for name, text in wanted(branch).items() if held(branch, name) != text
            }

        wait_until(lambda: not missing(), lambda: f"the tips in the registry: {missing()}\n{self.daemon.process.tail()}", 60)
        self.daemon.settled()

    def assert_all_are_accounted_for(self):
        builds = {build["id"]: build for build in self.daemon.builds()}
        for number, (ref, after) in self.accepted.items():
            self.assertEqual((builds[number]["ref"], builds[number]["after"]), (ref, after))
            assert_accounted_for(self, builds[number])
        counts = collections.Counter((build["trigger"], build["state"]) for build in builds.values())
        return ", ".join(f"{count} {trigger} {state}" for (trigger, state), count in sorted(counts.items()))

    def assert_what_is_pushed_is_of_its_branch(self):
        for branch in self.BRANCHES:
            self.assert_ledger_is_registry(self.daemon, self.registry, branch)
            for name in (*FOLDERS, "child"):
                revision = self.registry.labels(name, branch)["org.opencontainers.image.revision"]
                self.sample.git("merge-base", "--is-ancestor", revision, branch)
                self.assertEqual(
                    self.sample.git("show", f"{revision}:{name.replace('child', 'one')}/text.txt").encode(),
                    self.registry.files(name, branch)["text.txt"], f"{name} of {branch} is what its label says",
                )


class Drain(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)

    def begin(self, seconds):
        self.sample.base(more=slow(seconds))
        self.sample.image("child", "FROM {base}\nCOPY manifest.yml /\n")
        self.daemon = self.start_daemon(self.sample)
        number = self.daemon.push(ZEROS, self.sample.commit())
        self.daemon.wait_for_step(number, "base", lambda _: "sleep" in self.daemon.log(number, "base"), "runs")
        return number

    def test_sigterm_lets_what_runs_finish_and_the_next_start_goes_on(self):
        number = self.begin(3)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        before = self.daemon.steps(number)["base"]
        self.assertIn(before["state"], ("built", "pushing", "pushed"), "what was building was finished")
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"base", "child"})
        after = self.daemon.steps(number)["base"]
        self.assertEqual((after["image_id"], after["built"]), (before["image_id"], before["built"]))

    def test_a_second_signal_stops_at_once_and_the_next_start_goes_on(self):
        number = self.begin(6)
        began = time.monotonic()
        self.daemon.process.child.send_signal(signal.SIGTERM)
        self.daemon.wait_for(number, lambda _: "stopping" in self.daemon.process.log.read_text(), "the first signal")
        self.assertEqual(self.daemon.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)
        self.daemon.start()
        self.assert_succeeded(self.daemon.finished(number))

    def test_queued_builds_wait_for_the_next_start(self):
        number = self.begin(3)
        before = self.sample.git("rev-parse", "HEAD")
        self.sample.git("checkout", "-q", "-b", "feature-1")  # a newer push of the same branch would supersede the first
        self.sample.write("child/more.txt", "more")
        queued = self.daemon.push(before, self.sample.commit(), "refs/heads/feature-1")
        self.assertEqual(self.daemon.build(queued)["state"], "queued", "one build of a repository at a time")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assert_succeeded(self.daemon.finished(number))
        self.assert_succeeded(self.daemon.finished(queued))
        self.assertEqual(self.registry.files("child").get("manifest.yml"), b"image: child\nversion: 1.0\n")


if __name__ == "__main__":
    unittest.main()
