"""Every kind of registry, by two servers, with every engine and builder."""

import unittest
import uuid

from access import Basic, Open, Tls, Token, make_authority
from harness import ZEROS, Case, call_engine, for_each, on_every_engine, on_every_server, wait_until

KINDS = {"open": Open, "basic": Basic, "token": Token, "tls": Tls}


@for_each({kind: {"access": access} for kind, access in KINDS.items()})
@on_every_server
@on_every_engine
class Registry(Case):
    access = None

    def test_is_pulled_from_and_pushed_to(self):
        registry = self.start_registry(access=self.access)
        text = str(uuid.uuid4())  # so that the engine has not even the layer
        base = registry.publish("team/base", {"base.txt": text})
        sample = self.make_sample(registry.address)
        sample.image("plain", "FROM scratch\nCOPY Dockerfile /\n")
        sample.image("derived", f"FROM {base}\nCOPY manifest.yml /\n")
        self.assertEqual(call_engine(self.address, "GET", f"/images/{base}/json").status, 404)
        daemon = self.start_daemon(sample, **registry.access.of_slipway(registry.address))

        build = daemon.finished(daemon.push(ZEROS, sample.commit()))

        self.assert_succeeded(build)
        self.assert_pushed(registry, build, {"plain", "derived"})
        self.assertEqual(registry.files("derived")["base.txt"], text.encode())
        for step in build["steps"]:
            self.assertNotIn("unknown", daemon.log(build["id"], step["folder"]), "slipway itself was let in")


@on_every_server
class TokenEnds(Case):
    def test_between_two_calls_and_another_is_asked_for(self):
        registry = self.start_registry(access=Token)
        service, scope = registry.access.service, "repository:one:pull"
        service.lives["pull"] = 2
        sample = self.make_sample(registry.address)
        sample.image("one", "FROM scratch\nCOPY . /\n")
        first = sample.commit()
        daemon = self.start_daemon(sample, **registry.access.of_slipway(registry.address))
        self.assert_succeeded(daemon.finished(daemon.push(ZEROS, first)))
        (token,) = service.issued_for(scope)
        wait_until(lambda: not self.is_good(registry, token), "the end of the token", 30)

        sample.write("one/file.txt", "changed")
        build = daemon.finished(daemon.push(first, sample.commit()))

        self.assert_succeeded(build)
        self.assert_pushed(registry, build, {"one"})
        self.assertEqual(len(service.issued_for(scope)), 2)
        self.assertNotIn("unknown", daemon.log(build["id"], "one"))

    @staticmethod
    def is_good(registry, token):
        return registry.call("GET", "/v2/one/tags/list", headers={"Authorization": f"Bearer {token}"}).status == 200


@on_every_server
class Authority(Case):
    """The engine knows it, and slipway does not, or the other way round."""

    def setUp(self):
        super().setUp()
        self.registry = self.start_registry(access=Tls)
        self.sample = self.make_sample(self.registry.address)
        self.sample.image("one", "FROM scratch\nCOPY . /\n")

    def build(self, ca_file=None, **changes):
        known = {"ca_file": str(ca_file)} if ca_file else {"username": "nobody", "password": "unused"}
        changes["registries"] = [{"host": self.registry.address, **known}]
        self.daemon = self.start_daemon(self.sample, **changes)
        return self.daemon.finished(self.daemon.push(ZEROS, self.sample.commit()))

    def other_authority(self):
        (self.folder / "other").mkdir()
        return make_authority(self.folder / "other")

    def assert_pushed_with_a_warning(self, build):
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"one"})
        self.assertRegex(self.daemon.log(build["id"], "one"), f"unknown: .*{self.registry.address}.* certificate")

    def test_that_slipway_does_not_know_is_a_warning_after_the_push(self):
        self.assert_pushed_with_a_warning(self.build())

    def test_other_than_slipway_knows_is_a_warning_after_the_push(self):
        self.assert_pushed_with_a_warning(self.build(self.other_authority()))

    def test_that_slipway_does_not_know_fails_before_the_build_where_nothing_is_overwritten(self):
        build = self.build(repository={"overwrite": "refuse"})
        (step,) = build["steps"]
        self.assertEqual((build["state"], step["state"], step["attempts"], step["built"]), ("failed", "failed", 1, None))
        self.assertRegex(step["error"], f"{self.registry.address}.* certificate")

    def test_that_the_engine_does_not_know_fails_the_push_at_once(self):
        self.registry.access.close()
        build = self.build(self.registry.access.authority)
        (step,) = build["steps"]
        self.assertEqual((build["state"], step["state"], step["attempts"]), ("failed", "failed", 1))
        self.assertRegex(step["error"], f"{self.registry.address}.* certificate")


if __name__ == "__main__":
    unittest.main()
