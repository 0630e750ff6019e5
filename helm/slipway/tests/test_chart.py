#!/usr/bin/env python3
"""What helm/slipway renders: the rules of all charts, and what is refused. Ends with `N passed, N failed`."""

import pathlib
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER.parents[1] / "tests/helm"))

from rendering import Chart, main, merged
from rules import Rules

POSTGRES = {"store": "postgresql", "database": {"host": "db", "existingSecret": "slipway-database", "sslMode": "require"}}


class Slipway(Rules, unittest.TestCase):
    chart = Chart(FOLDER)

    def each_pod(self):
        """Without the engine, which has a test of its own, and with the claims of volumes as volumes."""
        for mode, objects in self.each_mode():
            for found in objects:
                spec = found.get("spec", {}).get("template", {}).get("spec") or (found["spec"] if found["kind"] == "Pod" else None)
                if spec:
                    claims = [claim["metadata"] for claim in found["spec"].get("volumeClaimTemplates", [])]
                    without = {"initContainers": [], "volumes": [v for v in spec.get("volumes", []) + claims if v["name"] != "engine"]}
                    yield f"{mode}: {found['kind']} {found['metadata']['name']}", {**spec, **without}

    def test_images_go_by_digest_before_tag(self):
        digest = "sha256:" + "a" * 64
        for image, wanted in (
            ({"digest": digest, "tag": "2"}, f"slipway@{digest}"),
            ({"tag": "2"}, "slipway:2"),
            ({}, "slipway:0.1.0"),
            ({"registry": "r.example:5000", "repository": "team/x", "tag": "2"}, "r.example:5000/team/x:2"),
        ):
            objects = self.chart.render({"image": image})
            self.assertEqual(objects.one("StatefulSet")["spec"]["template"]["spec"]["containers"][0]["image"], wanted)
            self.assertEqual(objects.one("Pod")["spec"]["containers"][0]["image"], wanted)
        for image in ({"digest": "sha256:abc"}, {"registry": "r/team"}, {"repository": "x:1"}, {"pullPolicy": "Sometimes"}):
            self.assertIn(f"'/image/{next(iter(image))}'", self.chart.refusal({"image": image}))

    def test_default_values_install(self):
        kinds = sorted(found["kind"] for found in self.chart.render({}))
        self.assertEqual(kinds, ["ConfigMap", "NetworkPolicy", "Pod", "Service", "Service", "ServiceAccount", "StatefulSet"])
        notes = self.chart.notes({})
        self.assertIn("MISSING: config.repositories", notes)
        self.assertIn("MISSING: config.tokens", notes)
        self.assertIn("WARNING: builds share their nodes", notes)
        self.assertNotIn("MISSING", self.chart.notes(self.chart.modes()["sqlite"]))

    def test_what_does_not_go_together_is_refused_in_words(self):
        external = {"enabled": True, "store": {"name": "aws"}}
        for values, words in (
            ({"replicas": 2}, "SQLite is a file of one pod; set store=postgresql"),
            ({"autoscaling": {"enabled": True}}, "the queue is counted in PostgreSQL"),
            ({"database": {"create": {"enabled": True}}}, "SQLite needs no database"),
            ({"store": "postgresql"}, "database.host: name the PostgreSQL server"),
            ({"store": "postgresql", "database": {"host": "db"}}, "database.existingSecret: name the Secret"),
            (merged(POSTGRES, {"database": {"sslMode": "verify-full"}}), "name it as database.ca.configMap"),
            (merged(POSTGRES, {"database": {"create": {"enabled": True}}}), "name the administrator's Secret"),
            (merged(POSTGRES, {"autoscaling": {"enabled": True, "minReplicas": 9}}), "more than autoscaling.maxReplicas"),
            ({"engine": {"mode": "external"}}, "name an engine under engine.external.engines"),
            ({"engine": {"mode": "external", "external": {"engines": {"x": {"address": "tcp://x:2375"}}}}}, "engines.x.existingSecret: name the Secret with ca.pem"),
            ({"engine": {"sidecar": {"settings": {"address": "tcp://x:2375"}}}}, "settings.address is set by the chart"),
            ({"engine": {"sidecar": {"extraArgs": ["--host=tcp://0.0.0.0:2375"]}}}, "no --host"),
            ({"engine": {"sidecar": {"extraArgs": ["-H", "tcp://0.0.0.0:2375"]}}}, "no --host"),
            ({"preStopSeconds": 30}, "must be at least preStopSeconds and 35 more"),
            ({"registry": {"existingSecret": "x", "credHelpers": {"r": "ecr-login"}}}, "exclude each other"),
            ({"externalSecrets": {"enabled": True}}, "externalSecrets.store.name"),
            (merged(POSTGRES, {"externalSecrets": {**external, "databaseAdmin": {"remoteKey": "admin"}}, "database": {"create": {"enabled": True}}}), "must have slipway-database"),
            ({"ingress": {"enabled": True}}, "ingress.host: name the host"),
            ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs: name the gateway"),
        ):
            with self.subTest(words):
                self.assertIn(words, self.chart.refusal(values))

    def test_values_of_a_wrong_kind_are_refused(self):
        for values, place in (
            ({"store": "mysql"}, "/store"),
            ({"engine": {"mode": "socket"}}, "/engine/mode"),
            ({"engine": {"sidecar": {"mtu": 100}}}, "/engine/sidecar/mtu"),
            ({"secrets": {"Git Lab": {"existingSecret": "x"}}}, "/secrets"),
            ({"secrets": {"gitlab": {"value": "hush"}}}, "/secrets/gitlab"),
            ({"database": {"user": "a b"}}, "/database/user"),
            ({"listenAddress": "localhost"}, "/listenAddress"),
            ({"terminationGracePeriodSeconds": 10}, "/terminationGracePeriodSeconds"),
            ({"podAnnotations": {"x": True}}, "/podAnnotations/x"),
            ({"persistence": {"size": "much"}}, "/persistence/size"),
        ):
            with self.subTest(place):
                self.assertIn(f"'{place}'", self.chart.refusal(values))


if __name__ == "__main__":
    main()
