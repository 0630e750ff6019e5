"""A plan as a child pipeline of GitLab CI: GitLab's schema takes it, and its jobs, each on its own, push what the plan names."""

import os
import pathlib
import re
import subprocess
import unittest

from harness import ROOT, SLIPWAY, ZEROS
from test_cli import CliCase

CHECK_JSONSCHEMA = os.environ.get("SLIPWAY_TEST_CHECK_JSONSCHEMA", str(ROOT / "build/venv/bin/check-jsonschema"))


class Pipeline(CliCase):
    def setUp(self):
        super().setUp()
        self.sample.four_images()

    def pipeline(self, before, after, code=0):
        done = self.slipway("plan", "--format", "gitlab", "--registry", self.sample.registry, before, after)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def run_job(self, pipeline, folder):
        """As a runner does: the line is the shell's."""
        line = re.search(rf'(?m)^"build {folder}":\n(?:  .*\n)*?  script:\n    - "(.*)"$', pipeline)[1]
        environment = {
            **os.environ, "PATH": f"{pathlib.Path(SLIPWAY).resolve().parent}:{os.environ['PATH']}", "DOCKER_HOST": self.address,
            "DOCKER_CONFIG": str(self.docker_config()), "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return subprocess.run(
            ("sh", "-c", line), cwd=self.sample.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def test_jobs_alone_push_what_was_planned(self):
        pipeline = self.pipeline(ZEROS, "HEAD")
        pushed = set()
        for folder in ("base", "unrelated", "web", "worker"):
            done = self.run_job(pipeline, folder)
            self.assert_ends(done, 0)
            pushed.add(folder)
            self.assertEqual(self.registry.catalog(), pushed, "each its own folder")

    def test_a_parent_comes_from_the_registry_not_from_what_the_engine_has(self):
        pipeline = self.pipeline(ZEROS, "HEAD")
        self.assert_ends(self.run_job(pipeline, "base"), 0)
        name = f"{self.sample.registry}/base:1.0"
        docker = ("docker", "--host", self.address)
        digest = self.registry.digest("base")
        # The engine of another runner has an older image of the name, or none.
        self.run_docker(*docker, "rmi", "--force", name)
        self.sample.write("stale/Dockerfile", "FROM scratch\nCOPY Dockerfile /stale\n")
        self.run_docker(*docker, "build", "-q", "-t", name, str(self.sample.folder / "stale"))
        done = self.run_job(pipeline, "worker")  # its RUN needs the base's busybox
        self.assert_ends(done, 0, f"pulling {name}")
        self.assertIn("worker", self.registry.catalog())
        self.assertEqual(self.registry.digest("base"), digest, "the base is not pushed again")

    def run_docker(self, *command):
        environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
        subprocess.run(command, env=environment, capture_output=True, check=True, timeout=120)

    def test_a_folder_that_is_not_planned_is_wrong(self):
        done = self.slipway("build", "--folder", "web", "HEAD", "HEAD")
        self.assert_ends(done, 1, "'web' is not built between these commits")

    def test_a_broken_manifest_is_told_and_hides_no_other_image(self):
        self.sample.write("broken/manifest.yml", "image: [1]\n")
        self.sample.commit()
        pipeline = self.pipeline(ZEROS, "HEAD", code=1)
        self.assertIn('"build base":', pipeline)
        self.assertNotIn("broken", pipeline)

    @unittest.skipUnless(pathlib.Path(CHECK_JSONSCHEMA).exists(), "no check-jsonschema in build/venv: tests/run puts it there")
    def test_the_schema_that_gitlab_publishes_takes_it(self):
        self.sample.write("an odd 'one'/Dockerfile", "FROM scratch\nCOPY manifest.yml /\n")
        self.sample.write("an odd 'one'/manifest.yml", "image: odd\nversion: 1.0\n")
        self.sample.commit()
        for before in (ZEROS, "HEAD"):
            file = self.folder / "pipeline.gitlab-ci.yml"
            file.write_text(self.pipeline(before, "HEAD"), encoding="utf-8")
            command = (CHECK_JSONSCHEMA, "--builtin-schema", "vendor.gitlab-ci", str(file))
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
