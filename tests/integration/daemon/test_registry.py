"""Registries: who signs in with what, and what may not be overwritten."""

import os
import pathlib
import stat

from access import Basic
from harness import ZEROS, Case, on_every_server


class Credentials(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry(access=Basic)
        self.sample = self.make_sample(self.registry.address)
        self.sample.image("one", "FROM scratch\nCOPY . /\n")

    def pushed_by(self, daemon):
        build = daemon.finished(daemon.push(ZEROS, self.sample.commit()))
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"one"})

    def test_of_the_configuration_push(self):
        own = {"host": self.registry.address, "username": "slipway", "password": "secret-1"}
        daemon = self.start_daemon(self.sample, registries=[own])
        self.pushed_by(daemon)
        self.assertNotIn("secret-1", daemon.process.log.read_text())

    def test_of_a_helper_push(self):
        folder = self.folder / "bin"
        folder.mkdir()
        helper = folder / "docker-credential-test"
        helper.write_text('#!/bin/sh\nread -r key\necho "{\\"ServerURL\\": \\"$key\\", \\"Username\\": \\"slipway\\", \\"Secret\\": \\"secret-1\\"}"\n')
        helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
        path = os.environ["PATH"]
        os.environ["PATH"] = f"{folder}:{path}"
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        config = pathlib.Path(self.docker_config()) / "config.json"
        daemon = self.start_daemon(self.sample)
        config.write_text('{"credHelpers": {"%s": "test"}}' % self.registry.address)
        self.pushed_by(daemon)
        self.assertNotIn("secret-1", daemon.process.log.read_text())


@on_every_server
class Overwrite(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.sample.base()
        self.first = self.sample.commit()
        self.daemon = self.start_daemon(self.sample, repository={"overwrite": "refuse"})
        self.assert_succeeded(self.daemon.finished(self.daemon.push(ZEROS, self.first)))
        self.digest = self.registry.digest("base", "1.0")

    def change(self, version):
        self.sample.write("base/release.txt", "second")
        self.sample.write("base/manifest.yml", f"image: base\nversion: {version}\n")
        return self.daemon.finished(self.daemon.push(self.first, self.sample.commit()))

    def test_of_the_same_version_is_refused_before_anything_is_built(self):
        build = self.change(version="1.0")
        (step,) = build["steps"]
        self.assertEqual((build["state"], step["state"], step["attempts"]), ("failed", "failed", 1))
        self.assertIn("new version", step["error"])
        self.assertIn(self.digest, step["error"])
        self.assertNotIn("COPY", self.daemon.log(build["id"], "base"), "nothing was built")
        self.assertEqual(self.registry.digest("base", "1.0"), self.digest)

    def test_of_a_new_version_is_pushed(self):
        build = self.change(version="2.0")
        self.assert_succeeded(build)
        self.assertEqual(self.registry.digest("base", "1.0"), self.digest)
        self.assertNotEqual(self.registry.digest("base", "2.0"), self.digest)
