#!/usr/bin/env python3
"""What helm/training-backend renders. Ends with `N passed, N failed`."""

import json
import pathlib
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[1]
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(ROOT / "tests/helm"))

from rendering import Chart, containers, main, merged
from rules import MONITORING, Rules

POSTGRES = {"database": {"host": "db.example", "existingSecret": "login"}}


def environment(container):
    """By name: a text, or (Secret, key)."""

    def of(entry):
        secret = entry.get("valueFrom", {}).get("secretKeyRef")
        return (secret["name"], secret["key"]) if secret else entry["value"]

    return {entry["name"]: of(entry) for entry in container["env"]}


class Backend(Rules, unittest.TestCase):
    chart = Chart(FOLDER)

    def render(self, over=None, *arguments):
        return self.chart.render(merged(POSTGRES, over or {}), *arguments)

    def refusal(self, over):
        return self.chart.refusal(merged(POSTGRES, over))

    def pod(self, over=None):
        return self.render(over).one("Deployment")["spec"]["template"]["spec"]

    def environment(self, over=None):
        return environment(self.pod(over)["containers"][0])

    def job(self, over=None):
        return self.render(over).one("Job")["spec"]["template"]["spec"]

    def test_default_values_say_what_is_missing(self):
        self.assertIn("database.host is empty", self.chart.refusal({}))
        self.assertIn("the database's password is missing", self.chart.refusal({"database": {"host": "db"}}))

    def test_values_that_do_not_fit_together_are_refused(self):
        for over, words in (
            ({"database": {"password": "x"}}, "are both set"),
            ({"database": {"type": "sqlite"}}, "each pod would have data of its own"),
            ({"database": {"type": "sqlite"}, "replicas": 1, "autoscaling": {"enabled": True}}, "each pod would have data of its own"),
            ({"database": {"create": {"enabled": True}}}, "database.create.existingSecret"),
            ({"database": {"create": {"enabled": True, "existingSecret": "x"}, "load": {"enabled": False}}}, "the work of the job"),
            ({"database": {"load": {"files": ["3-more.sql"]}}}, "database.load.files names 3-more.sql, which the chart does not have"),
            ({"autoscaling": {"enabled": True, "minReplicas": 9}}, "more than autoscaling.maxReplicas"),
            ({"ingress": {"enabled": True}}, "ingress.host is empty"),
            ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs is empty"),
        ):
            with self.subTest(over):
                self.assertIn(words, self.refusal(over))

    def test_schema_refuses_bad_values(self):
        for over, words in (
            ({"database": {"type": "mysql"}}, "value must be one of 'postgres', 'sqlite'"),
            ({"database": {"host": "db:5432"}}, "'/database/host'"),
            ({"database": {"port": 70000}}, "'/database/port'"),
            ({"database": {"sslMode": "on"}}, "'/database/sslMode'"),
            ({"database": {"load": {"files": ["../x.sql"]}}}, "'/database/load/files/0'"),
            ({"allowedOrigins": ["https://x.example/"]}, "'/allowedOrigins/0'"),
            ({"publicPaths": ["metrics"]}, "'/publicPaths/0'"),
            ({"podDisruptionBudget": {"maxUnavailable": "all"}}, "'/podDisruptionBudget/maxUnavailable'"),
        ):
            with self.subTest(over):
                self.assertIn(words, self.refusal(over))

    def test_application_is_told_of_the_database(self):
        wanted = {"DB_TYPE": "postgres", "DB_HOST": "db.example", "DB_PORT": "5432", "DB_NAME": "training"}
        wanted |= {"DB_USER": "training", "DB_PASSWORD": ("login", "password"), "PGSSLMODE": "prefer"}
        self.assertEqual(self.environment(), wanted)
        keys = {"userKey": "username", "passwordKey": "secret"}
        self.assertEqual(self.environment({"database": keys})["DB_USER"], ("login", "username"))
        self.assertEqual(self.environment({"database": keys})["DB_PASSWORD"], ("login", "secret"))

    def test_certificates_reach_application_and_job(self):
        over = {"database": {"sslMode": "verify-full", "ca": {"configMap": "rds", "key": "bundle.pem"}, "create": {"enabled": True, "existingSecret": "admin"}}}
        for spec in (self.pod(over), self.job(over)):
            for container in containers(spec):
                self.assertEqual(environment(container)["PGSSLMODE"], "verify-full")
                self.assertEqual(environment(container)["PGSSLROOTCERT"], "/etc/database/ca.pem")
            volume = next(volume for volume in spec["volumes"] if volume["name"] == "ca")
            self.assertEqual(volume["configMap"], {"name": "rds", "items": [{"key": "bundle.pem", "path": "ca.pem"}]})

    def test_sqlite_wants_nothing(self):
        objects = self.chart.render({"database": {"type": "sqlite"}, "replicas": 1})
        self.assertEqual(environment(objects.one("Deployment")["spec"]["template"]["spec"]["containers"][0]), {"DB_TYPE": "sqlite", "DB_NAME": ":memory:"})
        self.assertEqual(objects.of("Job") + objects.of("Secret") + objects.of("ConfigMap"), [])
        self.assertEqual(len(objects.one("NetworkPolicy")["spec"]["egress"]), 1)

    def test_a_password_among_the_values_is_in_secrets_alone(self):
        over = {"database": {"existingSecret": "", "password": "much-secret"}}
        objects = self.render(over)
        holding = [(found["kind"], found["metadata"]["name"]) for found in objects if "much-secret" in str(found)]
        self.assertEqual(sorted(holding), [("Secret", "test-training-backend-database"), ("Secret", "test-training-backend-load")])
        self.assertEqual(self.environment(over)["DB_PASSWORD"], ("test-training-backend-database", "password"))
        self.assertEqual(environment(self.job(over)["containers"][0])["PGPASSWORD"], ("test-training-backend-load", "password"))
        changed = merged(over, {"database": {"password": "other"}})
        templates = [each.one("Deployment")["spec"]["template"]["metadata"] for each in (objects, self.render(changed))]
        self.assertNotEqual(*templates)

    def test_job_and_what_it_wants_come_before_the_application(self):
        hooks = {}
        for found in self.render({"database": {"existingSecret": "", "password": "x"}}):
            annotations = found["metadata"].get("annotations", {})
            if "install" in annotations.get("helm.sh/hook", ""):
                self.assertEqual(annotations["helm.sh/hook"], "pre-install,pre-upgrade")
                self.assertEqual(annotations["helm.sh/hook-delete-policy"], "before-hook-creation,hook-succeeded")
                hooks[found["kind"], found["metadata"]["name"]] = int(annotations.get("helm.sh/hook-weight", 0))
        job = hooks.pop(("Job", "test-training-backend-load"))
        self.assertEqual(sorted(kind for kind, _ in hooks), ["ConfigMap", "ConfigMap", "NetworkPolicy", "Secret"])
        self.assertLess(max(hooks.values()), job)

    def test_job_loads_the_files_in_their_order(self):
        spec = self.job()
        self.assertNotIn("initContainers", spec)
        self.assertEqual(spec["containers"][0]["args"], ["/sql/schema.postgres.sql", "/sql/data.sql"])
        wanted = {"PGHOST": "db.example", "PGDATABASE": "training", "PGUSER": "training", "PGPASSWORD": ("login", "password")}
        self.assertLessEqual(wanted.items(), environment(spec["containers"][0]).items())
        own = {"database": {"load": {"existingConfigMap": "files", "files": ["2.sql", "1.sql"]}}}
        self.assertEqual(self.job(own)["containers"][0]["args"], ["/sql/2.sql", "/sql/1.sql"])
        self.assertEqual(self.job(own)["volumes"][1]["configMap"], {"name": "files"})
        self.assertEqual(len(self.render(own).of("ConfigMap")), 1)

    def test_job_makes_the_database_as_the_administrator(self):
        made = environment(self.job({"database": {"create": {"enabled": True, "existingSecret": "admin"}}})["initContainers"][0])
        wanted = {"PGDATABASE": "postgres", "PGUSER": ("admin", "username"), "PGPASSWORD": ("admin", "password")}
        wanted |= {"NEW_DATABASE": "training", "NEW_USER": "training", "NEW_PASSWORD": ("login", "password")}
        self.assertLessEqual(wanted.items(), made.items())

    def test_config_maps_have_the_files_as_they_are(self):
        objects = self.render()
        for name, folder in (("-load", "job"), ("-load-sql", "database")):
            files = {path.name: path.read_text() for path in (FOLDER / "files" / folder).iterdir()}
            self.assertEqual(objects.one("ConfigMap", name)["data"], files)

    def test_sql_is_that_of_the_application(self):
        for path in (FOLDER / "files/database").iterdir():
            with self.subTest(path.name):
                given = ROOT / "deploy/applications/backend/database" / path.name
                self.assertEqual(path.read_text(), given.read_text(), f"copy {given.relative_to(ROOT)}")

    def test_requests_come_in_and_the_database_goes_out(self):
        policies = self.render({"database": {"port": 6432}, "networkPolicy": {"database": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}})
        for policy in policies.of("NetworkPolicy"):
            dns, database = policy["spec"]["egress"]
            self.assertEqual({port["port"] for port in dns["ports"]}, {53})
            self.assertEqual(database, {"ports": [{"protocol": "TCP", "port": 6432}], "to": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]})
            self.assertEqual(policy["spec"]["policyTypes"], ["Ingress", "Egress"])
        self.assertNotIn("ingress", policies.one("NetworkPolicy", "-load")["spec"])
        ours = self.render({"networkPolicy": {"from": [{"podSelector": {}}], "extraEgress": [{"ports": [{"port": 443}]}]}}).one("NetworkPolicy", "backend")
        self.assertEqual(ours["spec"]["ingress"][0]["from"][0], {"podSelector": {}})
        self.assertEqual(ours["spec"]["ingress"][0]["from"][1]["podSelector"]["matchLabels"]["app.kubernetes.io/component"], "test")
        self.assertEqual(ours["spec"]["egress"][-1], {"ports": [{"port": 443}]})

    def test_metrics_and_probes_are_not_public(self):
        objects = self.render({"ingress": {"enabled": True, "host": "api.example"}, "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}})
        ingress, route = objects.one("Ingress")["spec"], objects.one("HTTPRoute")["spec"]
        paths = [path["path"] for path in ingress["rules"][0]["http"]["paths"]]
        self.assertEqual(paths, [match["path"]["value"] for match in route["rules"][0]["matches"]])
        self.assertIn("/customers", paths)
        self.assertEqual({"/", "/metrics", "/healthz", "/readyz"} & set(paths), set())

    def test_monitor_where_the_cluster_knows_it_and_the_value_asks(self):
        asked = {"serviceMonitor": {"enabled": True, "labels": {"release": "stack"}}}
        self.assertEqual(self.render(asked).of("ServiceMonitor"), [])
        self.assertEqual(self.render({}, *MONITORING).of("ServiceMonitor"), [])
        monitor = self.render(asked, *MONITORING).one("ServiceMonitor")
        self.assertEqual(monitor["metadata"]["labels"]["release"], "stack")
        self.assertEqual(monitor["spec"]["endpoints"][0]["path"], "/metrics")
        self.assertIn("There is no ServiceMonitor", self.chart.notes(merged(POSTGRES, asked)))
        self.assertNotIn("There is no ServiceMonitor", self.chart.notes(merged(POSTGRES, asked), *MONITORING))

    def test_alerts_are_of_this_release_and_lead_to_the_runbook(self):
        asked = {"prometheusRule": {"enabled": True, "labels": {"release": "stack"}}}
        self.assertEqual(self.render(asked).of("PrometheusRule"), [])
        self.assertEqual(self.render({}, *MONITORING).of("PrometheusRule"), [])
        made = self.render(asked, *MONITORING, "--namespace", "school").one("PrometheusRule")
        self.assertEqual(made["metadata"]["labels"]["release"], "stack")
        rules = [rule for group in made["spec"]["groups"] for rule in group["rules"]]
        self.assertGreater(len([rule for rule in rules if "alert" in rule]), 5)
        for rule in rules:
            with self.subTest(rule.get("alert") or rule["record"]):
                self.assertIn('job="test-training-backend",namespace="school"', rule["expr"])
                self.assertNotIn('job="training-backend"', rule["expr"])
                if "alert" in rule:
                    self.assertTrue(rule["annotations"]["runbook_url"].endswith("/deploy/runbook.md#" + rule["alert"].lower()))

    def test_dashboard_is_the_file(self):
        self.assertEqual(self.render().of("ConfigMap", "-dashboard"), [])
        made = self.render({"dashboard": {"enabled": True, "annotations": {"grafana_folder": "x"}}}).one("ConfigMap", "-dashboard")
        self.assertEqual(made["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertEqual(made["metadata"]["annotations"], {"grafana_folder": "x"})
        self.assertEqual(json.loads(made["data"]["training.json"]), json.loads((FOLDER / "files/dashboard.json").read_text()))

    def test_database_takes_pods_out_and_restarts_none(self):
        container = self.pod()["containers"][0]
        self.assertEqual(container["livenessProbe"]["httpGet"]["path"], "/healthz")
        self.assertEqual(container["readinessProbe"]["httpGet"]["path"], "/readyz")

    def test_pods_serve_on_until_balancers_have_heard_and_then_finish(self):
        pod = self.pod()
        before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreaterEqual(before, 10)
        self.assertGreater(pod["terminationGracePeriodSeconds"], before + 20 + 5)

    def test_an_autoscaler_has_the_replicas(self):
        objects = self.render({"autoscaling": {"enabled": True}})
        self.assertNotIn("replicas", objects.one("Deployment")["spec"])
        self.assertEqual(objects.one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"], objects.one("Deployment")["metadata"]["name"])


if __name__ == "__main__":
    main()
