"""What is said of an image, by the command line and by the daemon, is what was planned and what came of it."""

import concurrent.futures
import json
import os
import random
import subprocess
import time
import unittest

import harness
from harness import ZEROS, Case


def history(chance, images, commits, registry):
    """A stream for git fast-import: a repository of images on images, and what people do to them over time."""
    folders = [f"image-{number:02}" for number in range(images)]
    lines, present = [], set()

    def write(path, text):
        lines.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")

    def dockerfile(number):
        base = chance.randrange(number) if number and chance.random() < 0.6 else None
        parent = "scratch" if base is None else f"{registry}/{folders[base]}:1.0"
        write(f"{folders[number]}/Dockerfile", f"FROM {parent}\nCOPY text.txt /\n")

    def add(number):
        watch = "watch: [/shared/**]\n" if chance.random() < 0.1 else ""
        write(f"{folders[number]}/manifest.yml", f"image: {folders[number]}\nversion: 1.0\n{watch}")
        write(f"{folders[number]}/text.txt", "first")
        dockerfile(number)
        present.add(number)

    def change(commit):
        kind = chance.random()
        number = chance.randrange(images)
        if kind < 0.1:
            write("shared/words.txt", f"words {commit}")
        elif number not in present:
            add(number)
        elif kind < 0.2:
            lines.append(f"D {folders[number]}\n")
            present.remove(number)
        elif kind < 0.4:
            dockerfile(number)
        elif kind < 0.5:
            write(f"{folders[number]}/manifest.yml", chance.choice(("image: [\n", f"image: {folders[number]}\nversion: 1.0\nlabels: {{a: b}}\n")))
        else:
            write(f"{folders[number]}/text.txt", f"text {commit}")

    for commit in range(commits):
        lines.append(f"commit refs/heads/main\ncommitter Sample <sample@example.com> {1700000000 + commit} +0000\ndata 1\nx\n")
        if commit == 0:
            write("shared/words.txt", "words")
            for number in range(images):
                add(number)
        for _ in range(chance.randrange(1, 4)):
            change(commit)
    return folders, "".join(lines)


class CommandLine(Case):
    """Of a large history, with commits that are far from each other, the other way round, or the same."""

    SECONDS = 15

    def test_explains_what_plan_says(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", end=" ", flush=True)
        chance = random.Random(seed)
        self.sample = self.make_sample("registry.example.com")
        folders, stream = history(chance, images=50, commits=200, registry=self.sample.registry)
        self.sample.git("fast-import", "--quiet", text=stream)
        commits = self.sample.git("rev-list", "--reverse", "main").splitlines()
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


class Api(Case):
    """Of a small one, against what really happened."""

    def test_explains_what_happened(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        seed = random.randrange(2**32)
        print(f"seed {seed}", end=" ", flush=True)
        folders, stream = history(random.Random(seed), images=10, commits=12, registry=registry.address)
        sample.git("fast-import", "--quiet", text=stream)
        commits = sample.git("rev-list", "--reverse", "main").splitlines()
        sample.git("update-ref", "refs/heads/main", commits[0])
        daemon = self.start_daemon(sample, reconcile_interval="1h")
        before = ZEROS
        for commit in commits:
            sample.git("update-ref", "refs/heads/main", commit)
            number = daemon.push(before, commit)
            build, before = daemon.finished(number), commit
            self.assertIn(build["state"], ("succeeded", "failed"), build["error"])
            for folder in folders:
                with self.subTest(commit=commit, folder=folder):
                    self.check(folder, build, self.explain(daemon, folder, f"build={number}"))
                    if folder in {step["folder"] for step in build["steps"]}:
                        self.check(folder, build, self.explain(daemon, folder, "ref=main"))

    def explain(self, daemon, folder, query):
        answer = daemon.api("GET", f"/api/v1/explain?repository=images&folder={folder}&{query}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def check(self, folder, build, told):
        step = next((step for step in build["steps"] if step["folder"] == folder), None)
        removed = next((gone for gone in build["plan"]["removed"] if gone["folder"] == folder), None)
        self.assertEqual(told["removed"], removed)
        if step is None:
            self.assertEqual((told["verdict"], told["step"]), ("not_built", None))
            return
        self.assertEqual(told["verdict"], "built" if step["state"] in ("pushed", "built") else "not_built", step)
        self.assertEqual(told["step"]["reasons"], step["reasons"])
        planned = next(one for one in build["plan"]["steps"] if one["folder"] == folder)
        self.assertEqual(step["reasons"], planned["reasons"])
        self.assertTrue(told["why"])
        if step["state"] == "pushed":
            self.assertEqual(told["ledger"]["digests"], step["digests"])
            self.assertEqual(told["ledger"]["commit"], build["after"])


if __name__ == "__main__":
    unittest.main()
