"""What is said of an image, by the command line and by the daemon, is what was planned and what came of it."""

import collections
import concurrent.futures
import functools
import json
import os
import random
import re
import subprocess
import time
import unittest

import harness
from harness import ZEROS, Case, wait_until
from stand_in import StandIn


class History:
    """A branch of images on images and what people do to it over time, as git has it: the truth, read from its objects alone."""

    def __init__(self, sample, chance, images, commits):
        self.sample, self.chance = sample, chance
        self.folders = [f"image-{number:02}" for number in range(images)]
        self.lines, self.present = [], set()
        for commit in range(commits):
            self.begin_commit(commit)
            if commit == 0:
                self.write("shared/words.txt", "words")
                for number in range(images):
                    self.add(number)
            for _ in range(self.chance.randrange(1, 4)):
                self.change(commit)
        sample.git("fast-import", "--quiet", text="".join(self.lines))
        self.commits = sample.git("rev-list", "--reverse", "main").splitlines()
        self.trees = [self.read(commit) for commit in self.commits]

    def begin_commit(self, number):
        self.lines.append(f"commit refs/heads/main\ncommitter Sample <sample@example.com> {1700000000 + number} +0000\ndata 1\nx\n")

    def write(self, path, text):
        self.lines.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")

    def add(self, number):
        self.manifest(number)
        self.text(number, "first")
        self.dockerfile(number)
        self.present.add(number)

    def manifest(self, number):
        watch = "watch: [/shared/**]\n" if self.chance.random() < 0.15 else ""
        self.write(f"{self.folders[number]}/manifest.yml", f"image: {self.folders[number]}\nversion: 1.0\n{watch}" + self.comments())

    def comments(self):
        return "# a comment\n" * self.chance.randrange(4)

    def break_manifest(self, number):
        self.write(f"{self.folders[number]}/manifest.yml", self.comments() + f"image: {self.folders[number]}\nversion: 1.0\nlabel: a\n")

    def dockerfile(self, number):
        base = self.chance.randrange(number) if number and self.chance.random() < 0.5 else None
        parent = "scratch" if base is None else self.sample.name(self.folders[base])
        self.write(f"{self.folders[number]}/Dockerfile", f"FROM {parent}\nCOPY text.txt /\n")

    def text(self, number, text):
        self.write(f"{self.folders[number]}/text.txt", text)

    def change(self, commit):
        kind, number = self.chance.random(), self.chance.randrange(len(self.folders))
        if kind < 0.05:
            self.write("shared/words.txt", f"words {commit}")
        elif number not in self.present:
            self.add(number)
        elif kind < 0.2:
            self.lines.append(f"D {self.folders[number]}\n")
            self.present.remove(number)
        elif kind < 0.35:
            self.dockerfile(number)
        elif kind < 0.45:
            self.break_manifest(number)
        elif kind < 0.55:
            self.manifest(number)
        else:
            self.text(number, f"{'fails' if self.chance.random() < 0.2 else 'text'} {commit}")

    def read(self, commit):
        """Path → object id of every file and folder."""
        listed = self.sample.git("ls-tree", "-r", "-t", "-z", commit).split("\0")
        return {path: words.split()[2] for words, _, path in (line.partition("\t") for line in listed if line)}

    # --- the truth; a commit is its place in the history, -1 the empty tree

    def tree(self, at, folder):
        """Empty: no image folder."""
        return self.trees[at].get(folder, "") if at >= 0 and f"{folder}/manifest.yml" in self.trees[at] else ""

    @functools.cache
    def blob(self, identity):
        return self.sample.git("cat-file", "blob", identity) + "\n"

    def file(self, at, path):
        return self.blob(self.trees[at][path])

    def error_line(self, at, folder):
        """Of the manifest; None where it is sound."""
        lines = self.file(at, f"{folder}/manifest.yml").splitlines()
        return lines.index("label: a") + 1 if "label: a" in lines else None

    def is_sound(self, at, folder):
        return bool(self.tree(at, folder)) and self.error_line(at, folder) is None

    def parent(self, at, folder):
        named = re.search(r"/(image-\d\d):1\.0$", self.file(at, f"{folder}/Dockerfile").splitlines()[0])
        return named[1] if named and self.is_sound(at, named[1]) else None

    def differs(self, before, after, folder):
        """The kinds of reasons."""
        old, new = self.tree(before, folder), self.tree(after, folder)
        if not old:
            return ["added"]
        shared = [self.trees[at].get("shared") for at in (before, after)]
        watches = "watch:" in self.file(after, f"{folder}/manifest.yml")
        return ["changed"] * (old != new) + ["watched"] * (watches and shared[0] != shared[1])

    def reasons(self, before, after, last, owed):
        """Folder → kind or (base_rebuilt, parent), of everything that is to be built; `last`: up to where the branch was planned."""
        sound = [folder for folder in self.folders if self.is_sound(after, folder)]
        found = {folder: self.differs(before, after, folder) for folder in sound}
        for folder in sound:
            if not found[folder] and (folder in owed or (last != before and self.differs(last, after, folder))):
                found[folder] = ["owed"]
        for folder in sound:  # a parent comes before what is built on it
            parent = self.parent(after, folder)
            if parent and found[parent]:
                place = sum(kind in ("changed", "added", "watched") for kind in found[folder])
                found[folder].insert(place, ("base_rebuilt", parent))
        return {folder: kinds for folder, kinds in found.items() if kinds}


class CommandLine(Case):
    """Of a large history, with commits that are far from each other, the other way round, or the same."""

    SECONDS = 15

    def test_explains_what_plan_says(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", end=" ", flush=True)
        chance = random.Random(seed)
        self.sample = self.make_sample("registry.example.com")
        history = History(self.sample, chance, images=50, commits=200)
        folders, commits = history.folders, history.commits
        self.assertEqual(len(commits), 200)
        end, pairs, asked = time.monotonic() + self.SECONDS, 0, 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            while time.monotonic() < end:
                before, after = self.choose(chance, commits)
                plan = self.plan(before, after)
                explained = pool.map(lambda folder: self.explain(before, after, folder), folders)
                for folder, explanation in zip(folders, explained):
                    with self.subTest(before=before, after=after, folder=folder):
                        self.check(folder, plan, explanation)
                pairs, asked = pairs + 1, asked + len(folders)
        print(f"{pairs} pairs, {asked} explanations", end=" ", flush=True)
        self.assertGreater(pairs, 2)

    def choose(self, chance, commits):
        if chance.random() < 0.5:
            at = chance.randrange(1, len(commits))
            return commits[at - 1], commits[at]
        return chance.choice([ZEROS, *commits]), chance.choice(commits)

    def run_slipway(self, command, *arguments):
        done = subprocess.run(
            (harness.SLIPWAY, command, "--repository", self.sample.folder, "--registry", self.sample.registry, "--format", "json", *arguments),
            capture_output=True, text=True, timeout=60, check=False,
        )
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done

    def plan(self, before, after):
        return json.loads(self.run_slipway("plan", before, after).stdout)

    def explain(self, before, after, folder):
        """None: there is no such folder at either commit."""
        done = self.run_slipway("explain", before, after, folder)
        explanation = json.loads(done.stdout)
        for cause in explanation["causes"]:
            self.assertTrue(cause.pop("words"))
        if "is no image folder at either commit" in done.stderr:
            self.assertEqual((done.returncode, explanation["causes"]), (1, [{"kind": "no_folder"}]))
            return None
        return explanation

    def check(self, folder, plan, explanation):
        step = next((step for step in plan["steps"] if step["folder"] == folder), None)
        removed = next((gone for gone in plan["removed"] if gone["folder"] == folder), None)
        errors = [error["message"] for error in plan["errors"] if error["path"].startswith(folder + "/")]
        if explanation is None:
            self.assertEqual((step, removed, errors), (None, None, []))
            return
        self.assertEqual(explanation["verdict"], "built" if step else "not_built")
        if step:
            self.assertEqual(explanation["causes"], step["reasons"])
            self.assertEqual(explanation["image"], step["image"])
            return
        (cause, *_) = explanation["causes"]
        if removed:
            self.assertEqual(cause, {"kind": "removed", "moved_to": removed["moved_to"]})
        elif errors:
            self.assertEqual(cause["kind"], "error")
            self.assertIn(cause["message"], errors)
        elif cause["kind"] == "same_content":
            self.assertEqual(explanation["tree"]["before"], explanation["tree"]["after"])
        else:
            self.assertIn(cause["kind"], ("error", "cycle"), "nothing in the plan is about it")


def kinds_of(causes):
    return [("base_rebuilt", cause["folder"]) if cause["kind"] == "base_rebuilt" else cause["kind"] for cause in causes]


class Api(Case):
    """Of 50 images and 200 commits, pushed one by one, several at a time, and several with one webhook: against what git says and what happened."""

    IMAGES, COMMITS, PLACES = 50, 200, 8
    DONE = ("pushed", "unchanged")

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("SLIPWAY_SEED") or random.randrange(2**32))
        print(f"seed {seed}", end=" ", flush=True)
        self.chance = random.Random(seed)
        self.world = StandIn(self.folder / "engine.sock")
        self.addCleanup(self.world.close)
        self.sample = self.make_sample(self.world.registry)
        self.history = History(self.sample, self.chance, self.IMAGES, self.COMMITS)
        self.places = {commit: at for at, commit in enumerate(self.history.commits)} | {ZEROS: -1}
        self.sample.git("update-ref", "refs/heads/main", self.history.commits[0])
        engine = {"name": "stand-in", "address": self.world.engine, "builds": self.PLACES, "builder": "classic"}
        self.daemon = self.start_daemon(self.sample, engines=[engine], limits={"builds": self.PLACES}, reconcile_interval="1h")
        self.counts = collections.Counter()

    def test_explains_what_happened(self):
        began = time.monotonic()
        at = -1
        while at < self.COMMITS - 1:
            kind = self.chance.random()
            size = 1 if at < 0 or kind < 0.5 else min(self.chance.randrange(2, 7), self.COMMITS - 1 - at)
            self.push(at, at + size, one_by_one=kind < 0.8)
            at += size
        pushed = time.monotonic()
        self.read_record()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for _ in pool.map(self.check_commit, range(self.COMMITS)):
                pass
        self.check_newest()
        self.check_superseded()
        print(
            f"{len(self.builds)} builds of {self.COMMITS} commits in {pushed - began:.0f} s, asked in {time.monotonic() - pushed:.0f} s: "
            + ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items())), end=" ", flush=True,
        )
        for kind in ("built", "removed", "error", "same_content", "same_input", "failed", "skipped", "passed_over", "no_folder", "needs_parents", "in_queue"):
            self.assertGreater(self.counts[kind], 0, f"nothing was {kind}")

    # --- what people do

    def push(self, before, after, one_by_one):
        """Of several the webhooks come in any order, and now and then while something is at work."""
        commits = [ZEROS, *self.history.commits]
        pairs = list(zip(range(before, after), range(before + 1, after + 1))) if one_by_one else [(before, after)]
        is_held = before < 0 or self.chance.random() < 0.3 or (len(pairs) > 1 and not self.counts["in_queue"])
        if is_held:
            self.world.opened.clear()
        elif self.chance.random() < 0.3:
            self.chance.shuffle(pairs)
        self.sample.git("update-ref", "refs/heads/main", self.history.commits[after])
        numbers = []
        for old, new in pairs:
            numbers.append(self.daemon.push(commits[old + 1], commits[new + 1]))
            if is_held and len(numbers) == 1:
                self.check_steps_that_wait(numbers[0])
        if is_held:
            self.check_builds_that_wait(*numbers)
            self.world.opened.set()
        for number in numbers:
            build = self.daemon.finished(number)
            self.assertIn(build["state"], ("succeeded", "failed", "superseded"), build["error"])

    # --- what happened

    def read_record(self):
        """The branch's plans in the order in which they were made, and what each leaves owed."""
        self.builds = [self.daemon.build(build["id"]) for build in reversed(self.daemon.builds())]
        self.planned, self.expected = {}, {}
        last, owed, removed = -1, set(), set()
        for build in sorted((build for build in self.builds if build["plan"]), key=lambda build: build["started"]):
            before, after = self.places[build["before"]], self.places[build["after"]]
            self.assertGreater(after, last, "the branch never goes back")
            with self.subTest(build=build["id"]):
                expected = self.history.reasons(before, after, before if last < 0 else last, owed)
                self.assertEqual({step["folder"]: kinds_of(step["reasons"]) for step in build["steps"]}, expected)
            self.planned[after], self.expected[after] = build, expected
            owed = {folder for folder in owed if self.history.tree(after, folder)}
            # A tombstone stays until the folder is in a plan again, which one that comes back broken is not.
            removed |= {folder for folder in self.history.folders if not self.history.tree(after, folder)}
            for step in build["steps"]:
                (owed.discard if step["state"] in self.DONE else owed.add)(step["folder"])
                removed.discard(step["folder"])
            last = after
        self.assertEqual(last, self.COMMITS - 1, "the newest tip of git is the last that was planned")
        self.assertEqual(set(self.daemon.owed()), owed)
        ledger = self.daemon.ledger()
        self.assertEqual({folder for folder, entry in ledger.items() if entry["removed"]}, removed & set(ledger))

    # --- what is said of it

    def explain(self, folder, query):
        answer = self.daemon.api("GET", f"/api/v1/explain?repository=images&folder={folder}&{query}")
        self.assertEqual(answer.status, 200, f"{folder} {query}: {answer}")
        for cause in answer.json["causes"]:
            self.assertTrue(cause["words"])
        return answer.json

    def check_commit(self, at):
        commit = self.history.commits[at]
        for folder in self.history.folders:
            told = self.explain(folder, f"ref=main&commit={commit}")
            with self.subTest(commit=at, folder=folder, told=told["why"]):
                self.check(told, at, folder)

    def check_newest(self):
        at = self.COMMITS - 1
        for folder in self.history.folders:
            with self.subTest(folder=folder):
                self.check(self.explain(folder, "ref=main"), at, folder)

    def check(self, told, at, folder):
        build = self.planned.get(at)
        self.assertEqual(told["folder"], folder)
        self.assertEqual(told["after"], self.history.commits[at])
        self.assertEqual(told["tree"]["after"], self.history.tree(at, folder) or None)
        if build is None:
            return self.check_passed_over(told, at, folder)
        before = self.places[build["before"]]
        self.assertEqual(told["build"]["id"], build["id"])
        self.assertEqual(told["tree"]["before"], self.history.tree(before, folder) or None)
        step = next((step for step in build["steps"] if step["folder"] == folder), None)
        if step:
            return self.check_step(told, at, step)
        self.assertEqual((told["verdict"], told["step"]), ("not_built", None))
        if not self.history.tree(at, folder):
            return self.expect(told, {"kind": "removed", "moved_to": None} if self.history.tree(before, folder) else {"kind": "no_folder"})
        if not self.history.is_sound(at, folder):
            return self.check_error(told, at, folder)
        (cause,) = told["causes"]
        self.assertEqual((cause["kind"], cause["tree"]), ("same_content", self.history.tree(at, folder)))
        self.counts["same_content"] += 1
        self.assertEqual(self.history.tree(before, folder), self.history.tree(at, folder))
        if cause["commit"]:
            self.assertEqual(self.history.tree(self.places[cause["commit"]], folder), self.history.tree(at, folder))

    def check_step(self, told, at, step):
        expected = self.expected[at][step["folder"]]
        self.assertEqual(told["step"], step)
        if step["state"] == "pushed":
            self.assertEqual((told["verdict"], kinds_of(told["causes"])), ("built", expected))
            self.counts["built"] += 1
        elif step["state"] == "unchanged":
            self.assertEqual((told["verdict"], kinds_of(told["causes"])), ("not_built", ["same_input"]))
            self.counts["same_input"] += 1
        else:
            self.assertIn(step["state"], ("failed", "skipped", "cancelled"))
            self.assertEqual((told["verdict"], kinds_of(told["causes"])), ("not_built", [step["state"], *expected]))
            self.assertEqual(told["causes"][0]["error"], step["error"])
            self.counts[step["state"]] += 1

    def check_passed_over(self, told, at, folder):
        self.assertEqual(told["verdict"], "not_built")
        if not self.history.tree(at, folder):
            return self.expect(told, {"kind": "no_folder"})
        if not self.history.is_sound(at, folder):
            return self.check_error(told, at, folder)
        by = min(planned for planned in self.planned if planned > at)
        return self.expect(told, {"kind": "passed_over", "build": self.planned[by]["id"], "commit": self.history.commits[by]})

    def check_error(self, told, at, folder):
        (cause,) = told["causes"]
        place = (cause["kind"], cause["path"], cause["line"], cause["column"])
        self.assertEqual(place, ("error", f"{folder}/manifest.yml", self.history.error_line(at, folder), 1))
        self.counts["error"] += 1

    def expect(self, told, *causes):
        self.assertEqual([{**cause, "words": told["words"]} for cause, told in zip(causes, told["causes"], strict=True)], told["causes"])
        for cause in causes:
            self.counts[cause["kind"]] += 1

    def check_superseded(self):
        """A build that a newer push took the place of says so itself."""
        for build in self.builds:
            if build["plan"]:
                continue
            self.assertEqual(build["state"], "superseded")
            at, folder = self.places[build["after"]], self.chance.choice(self.history.folders)
            told = self.explain(folder, f"build={build['id']}")
            if self.history.is_sound(at, folder):
                self.expect(told, {"kind": "not_planned", "build": build["id"], "state": "superseded", "error": build["error"]})

    def check_steps_that_wait(self, number):
        """While the engine holds what it was given."""

        def still():
            build = self.daemon.build(number)
            states = [step["state"] for step in build["steps"]]
            is_full = states.count("building") == self.PLACES
            return build if build["finished"] or (build["plan"] and "building" in states and (is_full or "ready" not in states)) else None

        build = wait_until(still, "the engine to hold what it gets")
        told = {step["folder"]: self.explain(step["folder"], f"build={number}") for step in build["steps"]}
        if build["finished"] or self.daemon.build(number)["steps"] != build["steps"]:
            return  # not all steps need the engine
        for step in build["steps"]:
            with self.subTest(build=number, folder=step["folder"]):
                answer = told[step["folder"]]
                needed = [other["folder"] for other in build["steps"] if other["step"] in step["needs"] and other["state"] not in self.DONE]
                if step["state"] == "waiting":
                    self.expect(answer, {"kind": "needs_parents", "folders": needed})
                elif step["state"] == "ready":
                    self.expect(answer, {"kind": "no_place"})
                if step["state"] in ("waiting", "ready"):
                    self.assertEqual(answer["verdict"], "waiting")
                elif step["state"] == "building":
                    self.assertEqual((answer["verdict"], answer["step"]["reasons"]), ("built", step["reasons"]))

    def check_builds_that_wait(self, first, *behind):
        if self.daemon.build(first)["finished"]:
            return
        for place, number in enumerate(behind, 1):
            answer = self.explain(self.chance.choice(self.history.folders), f"build={number}")
            if answer["causes"][0]["kind"] not in ("no_folder", "error"):
                self.assertEqual(answer["verdict"], "waiting")
                self.expect(answer, {"kind": "in_queue", "position": place}, {"kind": "repository_busy", "build": first})


if __name__ == "__main__":
    unittest.main()
