"""How an engine is reached, and how several share the work."""

import collections
import subprocess
import sys
import unittest

from harness import ROOT, ZEROS, Case, engines, remove_images, slow, wait_until


class OverTcp(Case):
    def start_front(self, certificates):
        """TLS with certificates on both sides, in front of the real engine's socket."""
        certificates.mkdir()
        command = (sys.executable, ROOT / "tests/support/tls_front.py", self.address.removeprefix("unix://"), certificates)
        front = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(front.communicate)  # it ends with its standard input
        return front.stdout.readline().strip()

    def test_with_certificates_builds_and_pushes(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        after = sample.four_images()
        certificates = self.folder / "certificates"
        port = self.start_front(certificates)
        engine = {"name": "far", "address": f"tcp://127.0.0.1:{port}", "certificates": str(certificates)}
        daemon = self.start_daemon(sample, engines=[engine])
        build = daemon.finished(daemon.push(ZEROS, after))
        self.assert_succeeded(build)
        self.assert_pushed(registry, build, {"base", "web", "worker", "unrelated"})


class Several(Case):
    """Engines in one daemon; they share nothing but the registry."""

    def setUp(self):
        super().setUp()
        if len(engines()) < 2:
            self.skipTest("SLIPWAY_TEST_ENGINES names only one")
        self.registry = self.start_registry()
        self.proxy = self.start_proxy(self.registry)
        self.sample = self.make_sample(self.proxy.address)

    def remove_images(self, registry):
        for address in engines()[:2]:
            remove_images(address, registry, self.folder / "sample")

    def start(self, **changes):
        names = zip(("one", "two"), engines())
        listed = [{"name": name, "address": address, "builds": 2, **changes.get(name, {})} for name, address in names]
        self.daemon = self.start_daemon(self.sample, engines=listed)
        wait_until(lambda: all(engine["up"] for engine in self.status().values()), "both engines are up", 30)

    def status(self):
        return {engine["name"]: engine for engine in self.daemon.api("GET", "/api/v1/status").json["engines"]}

    def drain(self, **wanted):
        for engine in self.daemon.config["engines"]:
            engine["drain"] = wanted[engine["name"]]
        self.daemon.reload()
        self.assertEqual({name: engine["draining"] for name, engine in self.status().items()}, wanted)

    def engines_of(self, build):
        return {step["folder"]: step["engine"] for step in build["steps"]}

    def independent_images(self, *names):
        for name in names:
            self.sample.base(name, more=slow(2))

    def test_have_as_many_steps_as_they_have_places(self):
        self.independent_images("a", "b", "c", "d")
        self.start(one={"builds": 3}, two={"builds": 1})
        number = self.daemon.push(ZEROS, self.sample.commit())
        self.daemon.wait_for(
            number, lambda build: sum(step["state"] == "building" for step in build["steps"]) == 4, "four steps are built at once"
        )
        self.assertEqual({name: engine["steps"] for name, engine in self.status().items()}, {"one": 3, "two": 1})
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"a", "b", "c", "d"})
        self.assertEqual(collections.Counter(self.engines_of(build).values()), {"one": 3, "two": 1})

    def test_that_drain_push_what_they_built_and_a_child_pulls_it_on_another_one(self):
        self.sample.base(more='RUN ["/bin/busybox", "touch", "/built-there"]\n')
        self.sample.image("child", 'FROM {base}\nRUN ["/bin/busybox", "test", "-e", "/built-there"]\n')
        self.start(two={"drain": True})
        away = self.proxy.gate("PUT", "/base/manifests/")
        number = self.daemon.push(ZEROS, self.sample.commit())
        self.assertTrue(away.reached.wait(60))
        self.drain(one=True, two=False)
        away.opened.set()

        build = self.daemon.finished(number)

        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"base", "child"})
        self.assertEqual(self.engines_of(build), {"base": "one", "child": "two"})
        name = self.sample.name("base")
        self.assertIn(f"pulling {name}, which engine one built", self.daemon.log(number, "child"))
        base, child = (self.registry.manifest(name)["layers"] for name in ("base", "child"))
        told = [layer["digest"] for layer in base]
        self.assertEqual([layer["digest"] for layer in child][:len(told)], told, "it stands on the very image that was pushed")

    def test_that_drain_still_push_after_a_failure_what_only_they_have(self):
        self.sample.base()
        self.start(two={"drain": True})
        self.registry.stop()
        number = self.daemon.push(ZEROS, self.sample.commit())
        built = self.daemon.wait_for_step(
            number, "base", lambda step: step["state"] == "built" and step["error"], "is built and can't be pushed"
        )
        self.drain(one=True, two=False)
        self.registry.start()
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        (step,) = build["steps"]
        self.assertEqual((step["engine"], step["image_id"], step["built"]), ("one", built["image_id"], built["built"]))

    def test_that_drain_get_nothing_new(self):
        self.independent_images("a", "b", "c")
        self.start()
        self.drain(one=True, two=False)
        build = self.daemon.finished(self.daemon.push(ZEROS, self.sample.commit()))
        self.assert_succeeded(build)
        self.assertEqual(set(self.engines_of(build).values()), {"two"})

    def test_that_all_drain_let_steps_wait_until_one_does_not(self):
        self.independent_images("a")
        self.start()
        self.drain(one=True, two=True)
        number = self.daemon.push(ZEROS, self.sample.commit())
        step = self.daemon.wait_for_step(number, "a", lambda step: step["note"], "says why it waits")
        self.assertEqual((step["state"], step["note"]), ("ready", "no engine can take it: one is draining, two is draining"))
        self.drain(one=False, two=True)
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        self.assertEqual(self.engines_of(build), {"a": "one"})
        self.assertIsNone(build["steps"][0]["note"])


if __name__ == "__main__":
    unittest.main()
