"""What fails outside: a Dockerfile, a password, an engine that stops, is killed or has no room, a registry that is away."""

import os
import time
import unittest
import uuid

from access import Basic
from engine_front import EngineFront
from harness import BUILDERS, ZEROS, Case, engines, for_each, remove_images, slow


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
        self.assertIn(step["state"], ("ready", "building"), step)
        self.assertEqual(daemon.api("GET", "/readyz").status, 200, "deliveries are still taken")
        engine.start()

        build = daemon.finished(number)
        self.assert_succeeded(build)
        self.assert_pushed(registry, build, {"base", "child"})


class KilledCase(Case):
    """An engine is killed with a step of it. The step waits, says why, and goes on when the engine is there again."""

    def setUp(self):
        super().setUp()
        self.engine = self.start_engine()
        self.registry = self.start_registry()
        self.proxy = self.start_proxy(self.registry)
        self.sample = self.make_sample(self.proxy.address)

    def push(self, **changes):
        self.daemon = self.start_daemon(self.sample, **changes)
        self.number = self.daemon.push(ZEROS, self.sample.commit())

    def kill_engine(self, *folders):
        """Until these steps wait for it; as they are then."""
        self.engine.kill()
        return {folder: self.daemon.wait_for_step(self.number, folder, self.waits, "waits for its engine") for folder in folders}

    @staticmethod
    def waits(step):
        return "local is down" in (step["note"] or "")

    def bring_back(self, waiting):
        """Nobody has tried meanwhile, nor given up."""
        for folder, before in waiting.items():
            self.assertEqual(self.daemon.steps(self.number)[folder], before)
            self.assertIn(before["state"], ("ready", "built"))
            self.assertEqual(before["attempts"], 1)
            self.assertIn("waiting: no engine can take it: local is down", self.daemon.log(self.number, folder))
        self.engine.start()

    def assert_pushed_in_the_end(self, folders):
        build = self.daemon.finished(self.number)
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, folders)
        for step in build["steps"]:
            self.assertEqual((step["note"], step["error"]), (None, None))
        return {step["folder"]: step for step in build["steps"]}


@for_each({f"with_{builder}": {"builder": builder} for builder in BUILDERS})
class EngineIsKilledBeforeTheImage(KilledCase):
    def test_while_the_base_of_two_is_pulled(self):
        text = str(uuid.uuid4())
        self.registry.publish("team/base", {"base.txt": text})
        for name in ("one", "two"):
            self.sample.image(name, f"FROM {self.proxy.address}/team/base:1\nCOPY manifest.yml /\n")
        gate = self.proxy.gate("GET", "/team/base/blobs/")
        self.push()
        self.assertTrue(gate.reached.wait(60))
        waiting = self.kill_engine("one", "two")
        gate.opened.set()
        self.bring_back(waiting)
        self.assert_pushed_in_the_end({"one", "two"})
        self.assertEqual(self.registry.files("two")["base.txt"], text.encode())

    def test_while_the_context_is_sent(self):
        content = os.urandom(4 << 20)
        self.sample.image("one", "FROM scratch\nCOPY . /\n")
        (self.sample.folder / "one/large").write_bytes(content)
        front = EngineFront(self.folder / "front.sock", self.engine.address, len(content) // 2)
        self.addCleanup(front.close)
        self.address = front.address
        self.push()
        self.assertTrue(front.reached.wait(60))
        waiting = self.kill_engine("one")
        front.opened.set()
        self.bring_back(waiting)
        self.assert_pushed_in_the_end({"one"})
        self.assertEqual(self.registry.files("one")["large"], content)

    def test_in_a_run(self):
        self.sample.base(more=slow(2))
        self.sample.image("child", "FROM {base}\nCOPY manifest.yml /\n")
        self.push()
        self.daemon.wait_for_step(self.number, "base", lambda _: "sleep" in self.daemon.log(self.number, "base"), "runs")
        self.bring_back(self.kill_engine("base"))
        self.assert_pushed_in_the_end({"base", "child"})


class EngineIsKilledAfterTheBuild(KilledCase):
    def setUp(self):
        super().setUp()
        self.sample.base()

    def assert_was_built_once(self, before):
        after = self.assert_pushed_in_the_end({"base"})["base"]
        self.assertEqual((after["image_id"], after["built"]), (before["image_id"], before["built"]))

    def wait_until_built(self):
        """And not pushed."""
        return self.daemon.wait_for_step(
            self.number, "base", lambda step: step["state"] == "built" and step["error"], "is built and can't be pushed"
        )

    def test_before_the_push(self):
        self.registry.stop()
        self.push()
        built = self.wait_until_built()
        self.engine.kill()
        self.registry.start()
        self.daemon.wait_for_step(self.number, "base", self.waits, "waits for its engine")
        self.engine.start()
        self.assert_was_built_once(built)

    def test_in_the_push(self):
        gate = self.proxy.gate("PUT", "/base/manifests/")
        self.push()
        self.assertTrue(gate.reached.wait(60))
        pushing = self.daemon.steps(self.number)["base"]
        self.assertEqual(pushing["state"], "pushing")
        waiting = self.kill_engine("base")
        gate.opened.set()
        self.bring_back(waiting)
        self.assert_was_built_once(pushing)

    def test_and_comes_back_without_the_image_it_is_built_again(self):
        self.registry.stop()
        self.push()
        built = self.wait_until_built()
        self.engine.stop()
        self.daemon.wait_for_step(self.number, "base", self.waits, "waits for its engine")
        self.registry.start()
        self.engine.folder.joinpath("data").rename(self.engine.folder / "data-that-is-lost")
        self.engine.start()
        after = self.assert_pushed_in_the_end({"base"})["base"]
        self.assertNotEqual(after["built"], built["built"])
        self.assertIn("building again", self.daemon.log(self.number, "base"))


class DiskIsFull(Case):
    """Of an engine, whose disk holds a little more than it begins with."""

    def setUp(self):
        super().setUp()
        self.engine = self.start_engine(disk="48m")
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        write = '["/bin/busybox", "dd", "if=/dev/urandom", "of=/large", "bs=1M", "count=16"]'
        self.sample.base(more=f"RUN {write}\n")
        self.filler = self.engine.folder / "data/filler"

    def fill(self):
        """Room for the base, and not for what its RUN writes."""
        disk = os.statvfs(self.engine.folder / "data")
        with self.filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - (12 << 20))

    def push(self, **changes):
        self.fill()
        self.daemon = self.start_daemon(self.sample, **changes)
        return self.daemon.push(ZEROS, self.sample.commit())

    def assert_built(self, number, engine):
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"base"})
        (step,) = build["steps"]
        self.assertEqual(step["engine"], engine)
        self.assertIn("no space left on device", self.daemon.log(number, "base").lower())

    def test_the_step_is_built_when_there_is_room_again(self):
        number = self.push()
        step = self.daemon.wait_for_step(number, "base", lambda step: step["error"], "finds no room")
        self.assertIn("the disk of engine local is full", step["error"])
        self.assertNotEqual(step["state"], "failed")
        self.filler.unlink()
        self.assert_built(number, "local")

    def test_another_engine_builds_the_step(self):
        other = engines()[0]
        self.addCleanup(remove_images, other, self.registry.address, self.sample.folder)
        number = self.push(engines=[{"name": "small", "address": self.address}, {"name": "large", "address": other}])
        self.assert_built(number, "large")


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
