"""The command line: exit codes, and that what is built is what was planned."""

import json
import os
import subprocess
import unittest

from access import Basic
from harness import SLIPWAY, ZEROS, Case, slow


class CliCase(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)

    def slipway(self, *arguments, users=None):
        environment = {
            **os.environ, "DOCKER_HOST": self.address, "DOCKER_CONFIG": str(self.docker_config(users)),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return subprocess.run(
            (SLIPWAY, *arguments), cwd=self.sample.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def planned(self, command, *arguments):
        """The JSON that it prints."""
        return json.loads(self.slipway(command, "--registry", self.sample.registry, "--format", "json", *arguments).stdout)

    def assert_ends(self, done, code, *told):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for text in told:
            self.assertIn(text, done.stderr)


class PlanAndBuild(CliCase):
    def history(self):
        """Pairs of commits with all that a plan may hold: new, changed, moved, removed and broken images, merges and a child's tags."""
        self.sample.commit("nothing yet")
        self.sample.git("tag", "start")
        self.sample.four_images()
        self.sample.git("tag", "first")
        self.sample.write("base/release.txt", "second")
        self.sample.image("web", "FROM {base}\nCOPY . /srv\n", "image: web\nversion: 2.10\ntags: [latest]\nwatch: [/shared/**]\n")
        self.sample.commit()
        self.sample.git("tag", "second")
        self.sample.git("checkout", "-q", "-b", "side", "first")
        self.sample.write("shared/words.txt", "watched")
        self.sample.git("mv", "unrelated", "moved")
        self.sample.commit()
        self.sample.git("checkout", "-q", "main")
        self.sample.git("merge", "-q", "side", "-m", "a merge")
        self.sample.git("tag", "third")
        self.sample.git("rm", "-q", "-r", "worker")
        self.sample.write("moved/manifest.yml", "image: moved\nversion: [1]\n")
        self.sample.commit()
        self.sample.git("tag", "fourth")
        return [("start", "first"), ("first", "second"), ("second", "third"), ("third", "fourth"), ("first", "third"), ("first", "fourth")]

    def test_what_is_pushed_is_what_was_planned(self):
        for before, after in self.history():
            with self.subTest(before=before, after=after):
                plan = self.planned("plan", before, after)
                built = self.planned("build", "--push", before, after)
                self.assertEqual(without_results(built), plan)
                references = [reference for step in plan["steps"] for reference in step["references"]]
                pushed = {name: digest for step in built["steps"] for name, digest in step["digests"].items()}
                self.assertEqual(sorted(references), sorted(pushed))
                for name, digest in pushed.items():
                    image, _, tag = name.partition("/")[2].rpartition(":")
                    self.assertEqual(self.registry.digest(image, tag), digest)

    def test_the_daemon_plans_the_same(self):
        pairs = self.history()
        daemon = self.start_daemon(self.sample)
        for before, after in pairs:
            with self.subTest(before=before, after=after):
                body = {"ref": "main", "before": self.sample.git("rev-parse", before), "after": self.sample.git("rev-parse", after)}
                answer = daemon.api("POST", "/api/v1/builds?wait=100", body)
                self.assertEqual(answer.json["plan"], {**self.planned("plan", before, after), "repository": "images"})

    def test_text_for_a_person(self):
        self.sample.four_images()
        plan = self.slipway("plan", "--registry", self.sample.registry, ZEROS, "HEAD")
        self.assert_ends(plan, 0)
        self.assertRegex(plan.stdout, r"(?s)base.*web.*worker")
        build = self.slipway("build", "--push", "--registry", self.sample.registry, ZEROS, "HEAD")
        self.assert_ends(build, 0, "[base] building")
        self.assertIn(self.registry.digest("base"), build.stdout)
        self.assertNotIn("\x1b", build.stdout + build.stderr, "no colours where nobody sees them")

    def test_without_push_nothing_is_pushed(self):
        self.sample.four_images()
        built = self.planned("build", ZEROS, "HEAD")
        self.assertEqual({step["state"] for step in built["steps"]}, {"built"})
        self.assertEqual(self.registry.catalog(), set())

    def test_the_classic_builder(self):
        self.sample.four_images()
        done = self.slipway("build", "--classic", "--push", "--registry", self.sample.registry, ZEROS, "HEAD")
        self.assert_ends(done, 0, "Step 1/")
        self.assertEqual(self.registry.catalog(), {"base", "web", "worker", "unrelated"})


def without_results(built):
    steps = [
        {name: value for name, value in step.items() if name not in ("state", "image_id", "digests", "error", "duration_ms")}
        for step in built["steps"]
    ]
    return {**built, "steps": steps}


class ExitCode(CliCase):
    def setUp(self):
        super().setUp()
        self.sample.four_images()

    def build(self, *arguments, **users):
        return self.slipway("build", "--registry", self.sample.registry, *arguments, **users)

    def test_0_when_there_is_nothing_to_do(self):
        self.assert_ends(self.build("HEAD", "HEAD"), 0)

    def test_1_for_a_dockerfile_that_fails(self):
        self.sample.image("broken", 'FROM {base}\nRUN ["/bin/busybox", "false"]\n')
        self.sample.image("child", "FROM {broken}\n")
        self.sample.commit()
        self.assert_ends(self.build("--push", ZEROS, "HEAD"), 1, "not built, because broken failed")
        self.assertEqual(self.registry.catalog(), {"base", "web", "worker", "unrelated"})

    def test_1_for_a_manifest_error_at_its_place_while_the_others_are_built(self):
        self.sample.write("web/manifest.yml", "image: web\nversion: 1.0\ntagz: [a]\n")
        self.sample.commit()
        self.assert_ends(self.build("--push", ZEROS, "HEAD"), 1, "web/manifest.yml:3:1: ", "tags")
        self.assertEqual(self.registry.catalog(), {"base", "worker", "unrelated"})
        for command in (("plan", ZEROS, "HEAD"), ("check",)):
            self.assert_ends(self.slipway(*command), 1, "web/manifest.yml:3:1: ")

    def test_1_for_a_cycle_that_is_told_while_the_others_are_built(self):
        self.sample.image("chicken", f"FROM {self.sample.name('egg')}\n")
        self.sample.image("egg", f"FROM {self.sample.name('chicken')}\n")
        self.sample.commit()
        done = self.build("--push", ZEROS, "HEAD")
        self.assert_ends(done, 1, "chicken", "egg")
        self.assertEqual(self.registry.catalog(), {"base", "web", "worker", "unrelated"})

    def test_2_for_wrong_usage(self):
        cases = (
            ("build",), ("build", "HEAD"), ("bild", "HEAD", "HEAD"), ("build", "--pusch", "HEAD", "HEAD"),
            ("build", "no-such-branch", "HEAD"), ("build", "HEAD", "no-such-branch"), ("build", "HEAD", ZEROS),
            ("plan", "--repository", "/nonexistent", "HEAD", "HEAD"), ("plan", "--format", "xml", "HEAD", "HEAD"),
            ("context", "HEAD", "no-such-folder"), ("serve", "--config", "/nonexistent"),
        )
        for arguments in cases:
            with self.subTest(arguments=arguments):
                done = self.slipway(*arguments)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertNotEqual(done.stderr, "")

    def test_3_for_an_engine_that_is_away(self):
        done = self.build("--engine", f"unix://{self.folder}/no.sock", ZEROS, "HEAD")
        self.assert_ends(done, 3, f"{self.folder}/no.sock")

    def test_3_for_a_registry_that_is_away(self):
        self.registry.stop()
        before = self.sample.git("rev-parse", "HEAD")
        self.sample.write("unrelated/more.txt", "more")
        self.assert_ends(self.build("--push", before, self.sample.commit()), 3, self.registry.address)

    def test_3_for_a_wrong_password(self):
        private = self.start_registry("private", Basic)
        self.sample.write("unrelated/manifest.yml", f"registry: {private.address}\nimage: unrelated\nversion: 1.0\n")
        before, after = self.sample.git("rev-parse", "HEAD"), self.sample.commit()
        wrong = self.build("--push", before, after, users={private.address: "slipway:wrong-secret-2"})
        self.assert_ends(wrong, 3, private.address)
        self.assertNotIn("wrong-secret-2", wrong.stdout + wrong.stderr)
        self.assert_ends(self.build("--push", before, after, users={private.address: "slipway:secret-1"}), 0)

    def test_0_for_help_and_version(self):
        for arguments in (("--help",), ("build", "--help"), ("version",)):
            self.assert_ends(self.slipway(*arguments), 0)
        self.assertIn("slipway plan", self.slipway("--help").stdout)

    def test_0_for_a_check_of_sound_images_and_for_a_context(self):
        check = self.slipway("check")
        self.assert_ends(check, 0)
        self.assertIn("4 images", check.stdout)
        listed = self.slipway("context", "--list", "HEAD", "web")
        self.assert_ends(listed, 0)
        self.assertEqual(listed.stdout.splitlines(), ["Dockerfile", "index.html", "manifest.yml"])


class Interrupt(CliCase):
    def test_130_and_the_engine_builds_no_more(self):
        self.sample.base(more=slow(30))
        self.sample.commit()
        environment = {**os.environ, "DOCKER_HOST": self.address, "DOCKER_CONFIG": str(self.docker_config())}
        command = (SLIPWAY, "build", "--registry", self.sample.registry, ZEROS, "HEAD")
        with subprocess.Popen(command, cwd=self.sample.folder, env=environment, stderr=subprocess.PIPE, text=True) as child:
            for line in child.stderr:
                if "sleep" in line and "[base] " in line:
                    break
            child.terminate()
            child.stderr.read()
            self.assertEqual(child.wait(20), 130)


if __name__ == "__main__":
    unittest.main()
