"""What fails outside: a Dockerfile, a password, an engine that stops, a registry that is away."""

import time
import unittest

from access import Basic
from harness import ZEROS, Case, slow


class Dockerfile(Case):
    def test_that_fails_skips_what_stands_on_it_and_nothing_else(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        sample.base()
        sample.image("broken", 'FROM {base}\nRUN ["/bin/busybox", "cat", "/no-such-file"]\n')
        sample.image("child", "FROM {broken}\nCOPY manifest.yml /\n")
        sample.image("grandchild", "FROM {child}\nCOPY manifest.yml /\n")
        sample.image("other", "FROM {base}\nCOPY manifest.yml /\n")
        daemon = self.start_daemon(sample)

        number = daemon.push(ZEROS, sample.commit())
        build = daemon.finished(number)

        self.assertEqual(build["state"], "failed")
        states = {step["folder"]: step["state"] for step in build["steps"]}
        expected = {"base": "pushed", "broken": "failed", "child": "skipped", "grandchild": "skipped", "other": "pushed"}
        self.assertEqual(states, expected)
        steps = {step["folder"]: step for step in build["steps"]}
        self.assertEqual(steps["broken"]["attempts"], 1, "a Dockerfile that fails is not tried again")
        self.assertIn("cat /no-such-file", steps["broken"]["error"])
        self.assertIn("broken failed", steps["child"]["error"])
        self.assertIn("broken failed", steps["grandchild"]["error"], "the cause, not the next in line")
        self.assertIn("can't open '/no-such-file'", daemon.log(number, "broken"))
        self.assert_pushed(registry, build, {"base", "other"})
        self.assertEqual(registry.catalog(), {"base", "other"})


class Password(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry(access=Basic)
        self.sample = self.make_sample(self.registry.address)
        self.sample.image("one", "FROM scratch\nCOPY . /\n")

    def build(self, password):
        users = {self.registry.address: f"slipway:{password}"} if password else {}
        self.daemon = self.start_daemon(self.sample, users=users)
        return self.daemon.finished(self.daemon.push(ZEROS, self.sample.commit()))

    def assert_refused(self, build):
        (step,) = build["steps"]
        self.assertEqual((build["state"], step["state"], step["attempts"]), ("failed", "failed", 1))
        self.assertIn(self.registry.address, step["error"])
        self.assertRegex(step["error"].lower(), "credentials|password|denied|unauthorized")
        self.assertEqual(self.registry.catalog(), set())

    def test_that_is_right_in_the_docker_config_pushes(self):
        build = self.build("secret-1")
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"one"})

    def test_that_is_wrong_fails_at_once_and_is_told_nowhere(self):
        began = time.monotonic()
        self.assert_refused(build := self.build("wrong-secret-2"))
        self.assertLess(time.monotonic() - began, 20, "not tried again for minutes")
        log = self.daemon.log(build["id"], "one")
        for text in (str(build), log, self.daemon.process.log.read_text()):
            self.assertNotIn("wrong-secret-2", text)

    def test_that_is_missing_fails_at_once(self):
        self.assert_refused(self.build(None))


class EngineStops(Case):
    def test_in_mid_build_and_comes_back_the_step_is_tried_again(self):
        engine = self.start_engine()
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        sample.base(more=slow(3))
        sample.image("child", "FROM {base}\nCOPY manifest.yml /\n")
        daemon = self.start_daemon(sample)
        number = daemon.push(ZEROS, sample.commit())
        daemon.wait_for_step(number, "base", lambda _: "sleep" in daemon.log(number, "base"), "runs")

        engine.stop()
        step = daemon.wait_for_step(number, "base", lambda step: step["error"], "says what is wrong")
        self.assertIn(step["state"], ("ready", "building"))
        self.assertEqual(daemon.api("GET", "/readyz").status, 200, "deliveries are still taken")
        engine.start()

        build = daemon.finished(number)
        self.assert_succeeded(build)
        self.assert_pushed(registry, build, {"base", "child"})


class RegistryIsAway(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.proxy = self.start_proxy(self.registry)
        self.sample = self.make_sample(self.proxy.address)
        self.sample.base()
        self.after = self.sample.commit()
        self.daemon = self.start_daemon(self.sample)

    def assert_pushed_but_built_once(self, number, before):
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"base"})
        (step,) = build["steps"]
        self.assertEqual((step["image_id"], step["built"]), (before["image_id"], before["built"]))

    def test_and_comes_back_the_image_is_pushed_and_was_built_once(self):
        self.registry.stop()
        number = self.daemon.push(ZEROS, self.after)
        failed = self.daemon.wait_for_step(number, "base", lambda step: step["error"], "fails to be pushed")
        self.assertIn(failed["state"], ("built", "pushing"))
        self.registry.start()
        self.assert_pushed_but_built_once(number, failed)

    def test_in_mid_push_and_comes_back_the_image_is_pushed_and_was_built_once(self):
        gate = self.proxy.gate("PATCH", "/blobs/uploads/")
        number = self.daemon.push(ZEROS, self.after)
        self.assertTrue(gate.reached.wait(60))
        pushing = self.daemon.wait_for_step(number, "base", lambda step: step["state"] == "pushing", "is pushed")
        self.registry.stop()
        gate.opened.set()
        self.registry.start()
        self.assert_pushed_but_built_once(number, pushing)


if __name__ == "__main__":
    unittest.main()
