"""A registry that does not serve well: what was built is pushed in the end, and built once."""

import os
import stat
import unittest
import uuid

from harness import ZEROS, Case, for_each, on_every_engine
from proxy import cut_body, lose_answer, refuse, reset

TOO_MANY = refuse(429, "TOOMANYREQUESTS", Retry_After="1")


class Standin(Case):
    """A registry behind a stand-in that is told what to spoil."""

    builder, builders = "classic", ("classic",)  # engines push alike, whatever built the image
    fault = None

    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.proxy = self.start_proxy(self.registry)
        self.sample = self.make_sample(self.proxy.address)

    def push(self, **changes):
        self.daemon = self.start_daemon(self.sample, **changes)
        return self.daemon.push(ZEROS, self.sample.commit())

    def image(self):
        self.sample.image("one", "FROM scratch\nCOPY . /\n")

    def assert_pushed_and_built_once(self, build):
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"one"})
        self.assertEqual(self.daemon.log(build["id"], "one").count("Step 1/"), 1)

    def assert_overcome(self, fault, **changes):
        method, path, act, times = fault
        spoiled = self.proxy.fail(method, path, act, times)
        number = self.push(**changes)
        self.assert_pushed_and_built_once(self.daemon.finished(number))
        self.assertEqual(spoiled.hits, times)


@on_every_engine
class Push(Standin):
    def test_that_fails_five_times_and_then_passes_has_built_once(self):
        self.image()
        fault = self.proxy.fail("PUT", "/manifests/", refuse(503, "UNAVAILABLE"))
        number = self.push()
        fifth = self.daemon.wait_for_step(
            number, "one", lambda step: step["state"] == "built" and step["attempts"] == 5, "fails to be pushed for the fifth time"
        )
        fault.end()

        build = self.daemon.finished(number)

        self.assert_pushed_and_built_once(build)
        (step,) = build["steps"]
        self.assertEqual(step["attempts"], 6)
        self.assertEqual((step["image_id"], step["built"]), (fifth["image_id"], fifth["built"]))

    def test_that_is_refused_for_good_is_not_tried_again(self):
        self.image()
        self.proxy.fail("PUT", "/manifests/", refuse(400, "MANIFEST_INVALID"))
        number = self.push()
        (step,) = self.daemon.finished(number)["steps"]
        self.assertEqual((step["state"], step["attempts"]), ("failed", 1))
        self.assertIn(self.proxy.address, step["error"])


@for_each({
    "a_429_of_a_manifest": {"fault": ("PUT", "/manifests/", TOO_MANY, 2)},
    "a_429_of_a_blob": {"fault": ("POST", "/blobs/uploads/", TOO_MANY, 1)},
    "a_500_of_a_manifest": {"fault": ("PUT", "/manifests/", refuse(500), 2)},
    "a_500_of_a_blob": {"fault": ("POST", "/blobs/uploads/", refuse(500), 1)},
    "a_reset_connection": {"fault": ("PUT", "/manifests/", reset, 2)},
    "a_lost_answer": {"fault": ("PUT", "/manifests/", lose_answer, 1)},
})
@on_every_engine
class Spoiled(Standin):
    def test_push_is_repeated_after(self):
        self.image()
        self.assert_overcome(self.fault)


@for_each({
    "a_429": {"fault": ("GET|HEAD", "/team/base/manifests/", TOO_MANY, 2)},
    "a_500": {"fault": ("GET|HEAD", "/team/base/manifests/", refuse(500), 2)},
    "a_reset_connection": {"fault": ("GET|HEAD", "/team/base/manifests/", reset, 2)},
    "a_cut_manifest": {"fault": ("GET", "/team/base/manifests/", cut_body, 1)},
    "a_cut_blob": {"fault": ("GET", "/team/base/blobs/", cut_body, 1)},
})
@on_every_engine
class Base(Standin):
    def test_is_pulled_again_after(self):
        self.registry.publish("team/base", {"base.txt": str(uuid.uuid4())})
        self.sample.image("one", f"FROM {self.proxy.address}/team/base:1\nCOPY . /\n")
        self.assert_overcome(self.fault)


@for_each({
    "a_429": {"fault": ("HEAD", "/manifests/", TOO_MANY, 2)},
    "a_500": {"fault": ("HEAD", "/manifests/", refuse(500), 2)},
    "a_reset_connection": {"fault": ("HEAD", "/manifests/", reset, 2)},
})
class Taken(Standin):
    """Whether a name is, slipway itself asks before the build."""

    def test_is_asked_again_after(self):
        self.image()
        self.assert_overcome(self.fault, repository={"overwrite": "refuse"})


@on_every_engine
class Rotation(Standin):
    """A helper hands out a new password from now and then, and the old one is refused."""

    def setUp(self):
        super().setUp()
        self.image()
        self.password = self.folder / "password"
        self.change_password("first-secret")
        self.add_helper()

    def change_password(self, password):
        self.password.write_text(password)
        self.proxy.login = f"slipway:{password}"

    def add_helper(self):
        folder = self.folder / "bin"
        folder.mkdir()
        helper = folder / "docker-credential-rotating"
        helper.write_text(f'#!/bin/sh\nprintf \'{{"Username": "slipway", "Secret": "%s"}}\' "$(cat {self.password})"\n')
        helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
        path = os.environ["PATH"]
        os.environ["PATH"] = f"{folder}:{path}"
        self.addCleanup(os.environ.__setitem__, "PATH", path)

    def docker_config(self, users=None):
        folder = super().docker_config(users)
        (folder / "config.json").write_text('{"credHelpers": {"%s": "rotating"}}' % self.proxy.address)
        return folder

    def test_between_two_pushes_the_new_password_is_asked_for(self):
        number = self.push()
        self.assert_pushed_and_built_once(self.daemon.finished(number))
        before = self.sample.git("rev-parse", "HEAD")
        self.change_password("second-secret")
        self.sample.write("one/file.txt", "changed")

        build = self.daemon.finished(self.daemon.push(before, self.sample.commit()))

        self.assert_pushed_and_built_once(build)
        for text in (self.daemon.process.log.read_text(), self.daemon.log(build["id"], "one")):
            self.assertNotIn("secret", text)


if __name__ == "__main__":
    unittest.main()
