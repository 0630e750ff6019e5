"""The image of SLIPWAY_TEST_IMAGE, in the engine at DOCKER_HOST: what is in it, and that it serves where nothing but its volume can be written."""

import json
import os
import pathlib
import subprocess
import sys
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration/daemon"))

import harness  # noqa: E402

IMAGE = os.environ.get("SLIPWAY_TEST_IMAGE")
MOST_BYTES = 120_000_000
BASE_BYTES = 75_000_000  # debian:bookworm-slim as Docker Hub has it; what is called so here may be made by hand, and larger
FENCED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65532")
CONFIG = {
    "engines": [{"name": "away", "address": "unix:///run/engine/docker.sock"}],
    "tokens": [{"name": "read", "role": "read", "token": harness.TOKENS["read"]}],
    "repositories": [{
        "name": "images", "project": harness.PROJECT, "url": "/srv/images", "registry": "registry.example.com",
        "webhook": [{"token": "hook-token-1"}], "branches": [{"match": "main", "push": True}],
    }],
}


def docker(*arguments):
    done = subprocess.run(("docker", *map(str, arguments)), capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise AssertionError(f"docker {arguments[0]}: {done.stderr}")
    return done.stdout.strip()


def inspect(name):
    return json.loads(docker("inspect", name))[0]


@unittest.skipUnless(IMAGE, "SLIPWAY_TEST_IMAGE names no image")
class Image(unittest.TestCase):
    def test_says_what_it_is_and_how_it_runs(self):
        config = inspect(IMAGE)["Config"]
        self.assertEqual(config["User"], "65532:65532")
        self.assertEqual(config["Entrypoint"], ["/usr/bin/slipway"])
        self.assertEqual(config["Cmd"], ["serve", "--config", "/etc/slipway/slipway.yml"])
        for name in ("title", "description", "version", "revision", "base.name"):
            self.assertTrue(config["Labels"].get(f"org.opencontainers.image.{name}"), name)

    def test_is_the_version_that_its_label_says(self):
        version = inspect(IMAGE)["Config"]["Labels"]["org.opencontainers.image.version"]
        self.assertEqual(docker("run", "--rm", *FENCED, "--network", "none", IMAGE, "version"), f"slipway {version}")

    def test_is_small(self):
        sizes = docker("history", "--human=false", "--no-trunc", "--format", "{{.Size}}", IMAGE).splitlines()
        own = sum(map(int, sizes[:-1]))
        self.assertLess(own + BASE_BYTES, MOST_BYTES)

    def test_has_the_helper_for_ecr_and_the_library_for_postgresql(self):
        helper = ("run", "--rm", *FENCED, "--network", "none", "--entrypoint", "docker-credential-ecr-login", IMAGE)
        self.assertIn("ecr", docker(*helper, "-v").lower())
        libraries = docker("run", "--rm", *FENCED, "--network", "none", "--entrypoint", "ldconfig", IMAGE, "-p")
        self.assertIn("libpq.so.5", libraries)


@unittest.skipUnless(IMAGE, "SLIPWAY_TEST_IMAGE names no image")
class Served(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(harness.tempfile.TemporaryDirectory()))
        self.folder.chmod(0o755)
        self.sample = harness.Sample(self.folder / "images", "registry.example.com")
        self.sample.image("web", "FROM scratch\nCOPY manifest.yml /\n")
        self.commit = self.sample.commit()
        # libgit2 reads no repository on disk that is another user's.
        subprocess.run(("chown", "--recursive", "65532:65532", self.sample.folder), check=True, timeout=60)
        (self.folder / "slipway.yml").write_text(json.dumps(CONFIG))
        self.volume = f"slipway-test-{uuid.uuid4().hex}"
        self.addCleanup(docker, "volume", "rm", self.volume)
        self.start()

    def start(self):
        self.container = docker(
            "run", "--detach", *FENCED, "--volume", f"{self.volume}:/var/lib/slipway",
            "--volume", f"{self.folder}/slipway.yml:/etc/slipway/slipway.yml:ro", "--volume", f"{self.sample.folder}:/srv/images:ro", IMAGE,
        )
        self.addCleanup(docker, "rm", "--force", "--volumes", self.container)
        networks = inspect(self.container)["NetworkSettings"]["Networks"].values()
        self.host = next(iter(networks))["IPAddress"]
        harness.wait_until(self.is_ready, self.log, 30)

    def call(self, method, path, body=None, **headers):
        connection = harness.http.client.HTTPConnection(self.host, 8080, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return harness.call_over(connection, method, path, body, sent)

    def is_ready(self):
        self.assertTrue(inspect(self.container)["State"]["Running"], self.log)
        try:
            return self.call("GET", "/readyz").status == 200
        except OSError:
            return False

    def log(self):
        done = subprocess.run(("docker", "logs", self.container), capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def planned(self, number):
        answer = self.call("GET", f"/api/v1/builds/{number}", authorization=f"Bearer {harness.TOKENS['read']}")
        return [step["folder"] for step in answer.json["steps"]]

    def test_takes_a_webhook_plans_it_and_knows_it_after_a_restart(self):
        self.assertEqual(self.call("GET", "/healthz").status, 200)
        event = json.dumps(harness.push_event(harness.ZEROS, self.commit))
        answer = self.call("POST", "/webhooks/gitlab", event, x_gitlab_event="Push Hook", x_gitlab_token="hook-token-1", content_type="application/json")
        self.assertEqual(answer.status, 202, answer)
        number = answer.json["build"]
        harness.wait_until(lambda: self.planned(number) == ["web"], self.log, 30)
        docker("kill", "--signal", "TERM", self.container)  # drains; the second one ends at once what waits for the engine
        docker("stop", "--time", "30", self.container)
        self.assertEqual(inspect(self.container)["State"]["ExitCode"], 0, self.log())
        self.start()
        self.assertEqual(self.planned(number), ["web"])


if __name__ == "__main__":
    unittest.main()
