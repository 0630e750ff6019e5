#!/usr/bin/env python3
"""slipway.yml and its Secrets as helm/slipway makes them. Ends with `N passed, N failed`."""

import json
import pathlib
import sys
import unittest

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER.parents[1] / "tests/helm"))

from rendering import ROOT, Chart, main

CHART = Chart(FOLDER)
MODES = CHART.modes()
SCHEMA = json.loads((ROOT / "server/config/config.schema.json").read_text())


def config_of(objects):
    return yaml.safe_load(objects.of("ConfigMap")[0]["data"]["slipway.yml"])


def pod_spec(objects):
    return objects.one("StatefulSet")["spec"]["template"]["spec"]


def main_container(objects):
    return pod_spec(objects)["containers"][0]


def mount_of(objects, path):
    found = [mount["name"] for mount in main_container(objects)["volumeMounts"] if mount["mountPath"] == path]
    return next(volume for volume in pod_spec(objects)["volumes"] if volume["name"] == found[0])


class Config(unittest.TestCase):
    def test_every_key_is_one_of_slipway(self):
        for mode, values in MODES.items():
            with self.subTest(mode):
                config = config_of(CHART.render(values))
                self.assertEqual(config.keys() - SCHEMA["properties"].keys(), set())
                for engine in config["engines"]:
                    self.assertEqual(engine.keys() - SCHEMA["$defs"]["engine"]["properties"].keys(), set())

    def test_keys_of_the_chart_are_refused_with_their_value(self):
        for key, instead in (("engines", "engine"), ("store", "store and database"), ("listen", "listenAddress"), ("docker_config", "registry")):
            self.assertIn(f"config.{key} is set by the chart; use {instead} instead", CHART.refusal({"config": {key: "x"}}))

    def test_a_secret_in_the_config_is_refused_and_not_repeated(self):
        repository = {"name": "images", "project": "p", "url": "https://h/p.git"}
        for config, key in (
            ({"tokens": [{"token": "hush-hush", "name": "a"}]}, "token"),
            ({"tokens": [{"name": "a", "token": "hush-hush"}]}, "token"),
            ({"gitlab": {"api_token": "hush-hush"}}, "api_token"),
            ({"registries": [{"host": "r", "username": "u", "password": "hush-hush"}]}, "password"),
            ({"repositories": [{**repository, "webhook": [{"signing_key": "hush-hush"}]}]}, "signing_key"),
            ({"repositories": [{**repository, "credentials": {"token": "hush-hush"}}]}, "token"),
            ({"repositories": [{**repository, "secrets": [{"id": "npm", "value": "hush-hush"}]}]}, "value"),
        ):
            with self.subTest(key):
                refusal = CHART.refusal({"config": config})
                self.assertIn(f"write {key}_file: /run/secrets/NAME/KEY", refusal)
                self.assertNotIn("hush", refusal)

    def test_large_numbers_stay_what_they_are(self):
        text = CHART.render({"config": {"limits": {"body": 26214400}}}).of("ConfigMap")[0]["data"]["slipway.yml"]
        self.assertIn("body: 26214400\n", text)

    def test_a_change_restarts_the_pods(self):
        def checksum(values):
            return CHART.render(values).one("StatefulSet")["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

        self.assertNotEqual(checksum({}), checksum({"config": {"anonymous": "read"}}))
        self.assertEqual(checksum({}), checksum({"metrics": {"dashboard": {"enabled": True}}}))

    def test_sqlite_has_a_volume(self):
        objects = CHART.render({})
        self.assertNotIn("store", config_of(objects))
        self.assertEqual([claim["metadata"]["name"] for claim in objects.one("StatefulSet")["spec"]["volumeClaimTemplates"]], ["data"])
        self.assertNotIn("volumeClaimTemplates", CHART.render({"persistence": {"enabled": False}}).one("StatefulSet")["spec"])

    def test_postgresql_has_an_address_without_a_password(self):
        objects = CHART.render(MODES["eks"])
        config = config_of(objects)
        host = MODES["eks"]["database"]["host"]
        self.assertEqual(config["store"], f"postgresql://slipway@{host}:5432/slipway?sslmode=verify-full&sslrootcert=/etc/slipway/database/ca.pem")
        self.assertEqual(config["store_password_file"], "/etc/slipway/store/database-password")
        self.assertEqual(mount_of(objects, "/etc/slipway/store")["secret"]["secretName"], "slipway-database")
        self.assertEqual(mount_of(objects, "/etc/slipway/database")["configMap"]["name"], "rds-ca")
        self.assertNotIn("volumeClaimTemplates", objects.one("StatefulSet")["spec"])

    def test_a_replica_is_called_as_its_pod(self):
        env = {each["name"]: each for each in main_container(CHART.render({}))["env"]}
        self.assertEqual(env["SLIPWAY_REPLICA"]["valueFrom"], {"fieldRef": {"fieldPath": "metadata.name"}})
        self.assertEqual(env["SLIPWAY_LISTEN"]["value"], "0.0.0.0:8080")

    def test_secrets_are_folders_that_the_config_may_name(self):
        objects = CHART.render(MODES["sqlite"])
        self.assertEqual(mount_of(objects, "/run/secrets/gitlab")["secret"], {"secretName": "slipway-gitlab", "defaultMode": 0o440})
        self.assertIn("add secrets.api.existingSecret", CHART.refusal({"config": {"tokens": [{"name": "a", "token_file": "/run/secrets/api/write"}]}}))

    def test_registries_are_logged_in_to(self):
        objects = CHART.render(MODES["sqlite"])
        self.assertEqual(config_of(objects)["docker_config"], "/etc/slipway/docker")
        self.assertEqual(mount_of(objects, "/etc/slipway/docker")["secret"]["items"], [{"key": ".dockerconfigjson", "path": "config.json"}])
        objects = CHART.render({"registry": {"credHelpers": {"1.dkr.ecr.eu-west-1.amazonaws.com": "ecr-login"}}})
        data = json.loads(objects.of("ConfigMap")[0]["data"]["docker-config.json"])
        self.assertEqual(data, {"credHelpers": {"1.dkr.ecr.eu-west-1.amazonaws.com": "ecr-login"}})
        self.assertEqual(mount_of(objects, "/etc/slipway/docker")["configMap"]["items"][0]["path"], "config.json")

    def test_external_secrets_make_them(self):
        objects = CHART.render(MODES["eks"])
        gitlab = objects.one("ExternalSecret", "gitlab")["spec"]
        self.assertEqual(gitlab["secretStoreRef"], {"name": "aws", "kind": "ClusterSecretStore"})
        self.assertEqual(gitlab["data"][0], {"secretKey": "clone", "remoteRef": {"key": "production/slipway", "property": "clone-token"}})
        whole = {"externalSecrets": {"enabled": True, "store": {"name": "aws"}, "secrets": {"x": {"remoteKey": "a/b", "type": "kubernetes.io/tls"}}}}
        spec = CHART.render(whole).one("ExternalSecret")["spec"]
        self.assertEqual((spec["dataFrom"], spec["target"]["template"]), ([{"extract": {"key": "a/b"}}], {"type": "kubernetes.io/tls"}))


if __name__ == "__main__":
    main()
