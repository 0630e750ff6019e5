"""deploy/compose.yaml, as docker-compose reads it."""

import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = {"api": "deploy/applications/backend", "page": "deploy/applications/frontend", "slipway": "."}
PORTS = {"database": ["127.0.0.1:5432:5432"], "api": ["127.0.0.1:5000:80"], "page": ["127.0.0.1:5001:80"], "registry": ["127.0.0.1:5002:5000"]}


def read(**variables):
    environment = {name: value for name, value in os.environ.items() if name != "DOCKER_GROUP"} | variables
    command = ("/usr/bin/docker-compose", "-f", ROOT / "deploy/compose.yaml", "config")
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def manifest(folder):
    lines = (ROOT / folder / "manifest.yml").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line.split(":")[0] in ("image", "version"))


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import yaml  # Debian's, which docker-compose brings

        done = read(DOCKER_GROUP="999")
        if done.returncode:
            raise AssertionError(done.stderr)
        cls.services = yaml.safe_load(done.stdout)["services"]

    def test_images_are_built_of_their_folders_under_the_names_of_their_manifests(self):
        for service, folder in FOLDERS.items():
            found, wanted = self.services[service], manifest(folder)
            self.assertEqual(pathlib.Path(found["build"]["context"]).resolve(), (ROOT / folder).resolve(), service)
            self.assertEqual(found["image"], f"{wanted['image']}:{wanted['version']}", service)

    def test_ports_are_on_loopback(self):
        published = {name: [port.removesuffix("/tcp") for port in service["ports"]] for name, service in self.services.items() if "ports" in service}
        self.assertEqual(published, PORTS)

    def test_files_that_are_mounted_are_there(self):
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                self.assertTrue(not source.startswith(str(ROOT)) or os.path.exists(source), f"{name}: {source}")

    def test_says_what_is_missing(self):
        done = read()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("stat -c %g /var/run/docker.sock", done.stderr)

    def test_the_configuration_of_slipway_is_right(self):
        slipway = os.environ.get("SLIPWAY", ROOT / "build/release/server/slipway")
        command = (slipway, "serve", "--config", ROOT / "deploy/compose/slipway.yml", "--check")
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"registry: localhost:{PORTS['registry'][0].split(':')[1]}", done.stdout)


if __name__ == "__main__":
    unittest.main()
