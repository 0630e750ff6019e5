#!/usr/bin/env python3
"""The pods of helm/slipway: the engine's fence, the way of a stop, the database's job, who comes in and where it goes. Ends with `N passed, N failed`."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER.parents[1] / "tests/helm"))

from rendering import ROOT, Chart, main

CHART = Chart(FOLDER)
MODES = CHART.modes()
MONITORING = ("--api-versions", "monitoring.coreos.com/v1")


def template_of(objects):
    return objects.one("StatefulSet")["spec"]["template"]


def engine_of(objects):
    return template_of(objects)["spec"]["initContainers"][0]


class Engine(unittest.TestCase):
    def test_it_listens_on_a_socket_alone(self):
        for mode in ("default", "sqlite", "eks"):
            args = engine_of(CHART.render(MODES[mode]))["args"]
            self.assertEqual(args[0], "dockerd", "without it the image's entrypoint opens port 2375")
            self.assertEqual([arg for arg in args if re.match("(--host|-H)", arg)], ["--host=unix:///run/engine/docker.sock"])
            self.assertNotIn("ports", engine_of(CHART.render(MODES[mode])))

    def test_it_is_a_native_sidecar_and_the_only_one_with_privileges(self):
        objects = CHART.render({})
        engine, pod = engine_of(objects), template_of(objects)["spec"]
        self.assertEqual(engine["restartPolicy"], "Always")
        self.assertIs(engine["securityContext"]["privileged"], True)
        self.assertNotIn("privileged", pod["containers"][0]["securityContext"])
        self.assertIn(f"--group={pod['securityContext']['supplementalGroups'][0]}", engine["args"])
        self.assertEqual({mount["name"] for mount in engine["volumeMounts"]}, {"engine-socket", "engine"})
        self.assertIn({"name": "engine-socket", "mountPath": "/run/engine", "readOnly": True}, pod["containers"][0]["volumeMounts"])

    def test_it_gets_no_credentials(self):
        template = template_of(CHART.render(MODES["eks"]))
        self.assertEqual(template["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"], "engine")
        self.assertIs(template["spec"]["automountServiceAccountToken"], False)
        self.assertEqual(engine_of(CHART.render(MODES["eks"]))["env"], [{"name": "DOCKER_HOST", "value": "unix:///run/engine/docker.sock"}])

    def test_its_disk_is_bounded(self):
        volumes = {volume["name"]: volume for volume in template_of(CHART.render({}))["spec"]["volumes"]}
        self.assertEqual(volumes["engine"]["emptyDir"], {"sizeLimit": "50Gi"})
        claims = CHART.render(MODES["sqlite"]).one("StatefulSet")["spec"]["volumeClaimTemplates"]
        self.assertEqual([claim["metadata"]["name"] for claim in claims], ["engine"])

    def test_a_small_mtu_holds_for_all_networks_of_builds(self):
        args = engine_of(CHART.render(MODES["sqlite"]))["args"]
        self.assertIn("--mtu=1400", args)
        self.assertIn("--default-network-opt=bridge=com.docker.network.driver.mtu=1400", args)

    def test_engines_elsewhere_need_nothing_here(self):
        objects = CHART.render(MODES["external"])
        spec = template_of(objects)["spec"]
        self.assertNotIn("initContainers", spec)
        self.assertNotIn("supplementalGroups", spec["securityContext"])
        engines = yaml.safe_load(objects.one("ConfigMap")["data"]["slipway.yml"])["engines"]
        self.assertEqual([(engine["name"], engine["certificates"]) for engine in engines], [("arm", "/etc/slipway/engines/arm"), ("large", "/etc/slipway/engines/large")])
        self.assertNotIn("existingSecret", engines[0])
        self.assertIn({"ports": [{"port": 2376}]}, objects.one("NetworkPolicy")["spec"]["egress"])


class Pods(unittest.TestCase):
    def test_a_stop_has_its_time(self):
        source = "".join((ROOT / "server/app" / name).read_text() for name in ("shutdown.cpp", "serve.cpp"))
        drain, answers = (int(re.search(rf"{name}_time{{(\d+)}}", source)[1]) for name in ("drain", "answer"))
        spec = template_of(CHART.render({}))["spec"]
        before = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreater(spec["terminationGracePeriodSeconds"], before + drain + answers + 10)
        self.assertNotIn("lifecycle", template_of(CHART.render({"preStopSeconds": 0}))["spec"]["containers"][0])

    def test_probes_ask_what_slipway_answers(self):
        container = template_of(CHART.render({}))["spec"]["containers"][0]
        probes = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
        self.assertEqual(probes, {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"})

    def test_a_bad_release_can_be_rolled_back(self):
        self.assertEqual(CHART.render({}).one("StatefulSet")["spec"]["podManagementPolicy"], "Parallel")

    def test_replicas_are_spread_and_drained_one_by_one(self):
        objects = CHART.render(MODES["eks"])
        spread = template_of(objects)["spec"]["topologySpreadConstraints"]
        self.assertEqual([each["topologyKey"] for each in spread], ["topology.kubernetes.io/zone", "kubernetes.io/hostname"])
        self.assertEqual(objects.one("PodDisruptionBudget")["spec"]["maxUnavailable"], 1)
        self.assertEqual(CHART.render({}).of("PodDisruptionBudget"), [])
        self.assertEqual(objects.one("StatefulSet")["spec"]["replicas"], 2)

    def test_the_autoscaler_has_the_replicas_and_counts_tables_that_exist(self):
        objects = CHART.render(MODES["postgresql"])
        self.assertNotIn("replicas", objects.one("StatefulSet")["spec"])
        scaled = objects.one("ScaledObject")["spec"]
        self.assertEqual(scaled["scaleTargetRef"]["kind"], "StatefulSet")
        self.assertEqual((scaled["minReplicaCount"], scaled["maxReplicaCount"]), (1, 8))
        schema = (ROOT / "server/store/postgres_migrations.cpp").read_text()
        for table in re.findall(r"(?:FROM|JOIN) (\w+)", scaled["triggers"][0]["metadata"]["query"]):
            self.assertIn(f"CREATE TABLE {table} (", schema)
        self.assertEqual(objects.one("TriggerAuthentication")["spec"]["secretTargetRef"][0]["name"], "slipway-database")


class Database(unittest.TestCase):
    def test_a_job_makes_it_before_the_rest(self):
        job = CHART.render(MODES["postgresql"]).one("Job")
        self.assertEqual(job["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade")
        env = {each["name"]: each for each in job["spec"]["template"]["spec"]["containers"][0]["env"]}
        self.assertEqual(env["PGUSER"]["valueFrom"]["secretKeyRef"], {"name": "postgresql-admin", "key": "user"})
        self.assertEqual(env["NEW_PASSWORD"]["valueFrom"]["secretKeyRef"], {"name": "slipway-database", "key": "database-password"})
        self.assertLessEqual(job["spec"]["activeDeadlineSeconds"], 300)

    def test_its_secret_of_the_store_ends_with_it(self):
        objects = CHART.render(MODES["eks"])
        secret, job = objects.one("ExternalSecret", "create-database"), objects.one("Job")
        annotations = secret["metadata"]["annotations"]
        self.assertLess(int(annotations["helm.sh/hook-weight"]), int(job["metadata"]["annotations"]["helm.sh/hook-weight"]))
        self.assertIn("hook-succeeded", annotations["helm.sh/hook-delete-policy"])
        env = job["spec"]["template"]["spec"]["containers"][0]["env"]
        self.assertEqual({each["valueFrom"]["secretKeyRef"]["name"] for each in env if "valueFrom" in each}, {secret["spec"]["target"]["name"]})
        self.assertEqual({each["secretKey"] for each in secret["spec"]["data"]}, {"username", "password", "database-password"})

    @unittest.skipUnless(os.environ.get("SLIPWAY_TEST_POSTGRES_ADMIN"), "SLIPWAY_TEST_POSTGRES_ADMIN names no administrator of a PostgreSQL")
    def test_what_it_runs_may_be_repeated_and_sets_a_new_password(self):
        admin = re.fullmatch(r"postgresql://(.+?):(.+?)@(.+?):(\d+)/(.+)", os.environ["SLIPWAY_TEST_POSTGRES_ADMIN"]).groups()
        places = dict(zip(("PGUSER", "PGPASSWORD", "PGHOST", "PGPORT", "PGDATABASE"), admin))
        base = {"PATH": os.environ["PATH"], **places}
        script = (FOLDER / "files/create-database").read_text()

        def do(command, **env):
            return subprocess.run(command, env={**base, **env}, capture_output=True, text=True, timeout=60, start_new_session=True)

        def drop():
            do(["psql", "-qc", "DROP DATABASE IF EXISTS chart_test", "-c", "DROP ROLE IF EXISTS chart_test"])

        drop()
        self.addCleanup(drop)
        for password in ("first 'one\"$x\\", "second"):
            made = do(["sh", "-euc", script], NEW_USER="chart_test", NEW_DATABASE="chart_test", NEW_PASSWORD=password)
            self.assertEqual((made.returncode, made.stdout), (0, "user chart_test and database chart_test are there\n"), made.stderr)
            self.assertNotIn(password, made.stderr)
            seen = do(["psql", "-qAtc", "CREATE TABLE t(); DROP TABLE t; SELECT current_user"], PGUSER="chart_test", PGPASSWORD=password, PGDATABASE="chart_test")
            self.assertEqual(seen.stdout, "chart_test\n", seen.stderr)
        refused = do(["sh", "-euc", script], NEW_USER="chart_test", NEW_DATABASE="chart_test", NEW_PASSWORD="x", PGPASSWORD="wrong")
        self.assertNotEqual(refused.returncode, 0)


class Ways(unittest.TestCase):
    def test_webhooks_come_in(self):
        spec = CHART.render({}).one("NetworkPolicy")["spec"]
        self.assertEqual((spec["policyTypes"], spec["ingress"]), (["Ingress", "Egress"], [{"ports": [{"port": "http"}]}]))
        peers = CHART.render(MODES["postgresql"]).one("NetworkPolicy")["spec"]["ingress"][0]["from"]
        self.assertEqual([next(iter(peer)) for peer in peers], ["namespaceSelector", "podSelector"])

    def test_what_it_needs_goes_out_and_metadata_is_closed(self):
        rules = CHART.render(MODES["eks"]).one("NetworkPolicy")["spec"]["egress"]
        ports = [[port["port"] for port in rule["ports"]] for rule in rules]
        self.assertEqual(ports, [[53, 53], [443, 80, 22], [80], [5432]])
        self.assertEqual([peer["ipBlock"]["except"] for peer in rules[1]["to"]], [["169.254.169.254/32"], ["fd00:ec2::254/128"]])
        self.assertIn({"ipBlock": {"cidr": "169.254.170.23/32"}}, rules[2]["to"])
        self.assertEqual(rules[3]["to"], [{"ipBlock": {"cidr": "10.0.0.0/16"}}])
        self.assertNotIn([5432], [[port["port"] for port in rule["ports"]] for rule in CHART.render({}).one("NetworkPolicy")["spec"]["egress"]])

    def test_ingress_of_an_alb(self):
        ingress = CHART.render(MODES["eks"]).one("Ingress")
        self.assertEqual(ingress["spec"]["ingressClassName"], "alb")
        self.assertEqual(ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/healthcheck-path"], "/readyz")
        self.assertEqual(ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/scheme"], "internet-facing")

    def test_route_of_a_gateway(self):
        rule = CHART.render(MODES["postgresql"]).one("HTTPRoute")["spec"]["rules"][0]
        self.assertEqual(rule["matches"], [{"path": {"type": "PathPrefix", "value": "/webhooks/gitlab"}}])
        self.assertEqual(rule["backendRefs"], [{"name": "test-slipway", "port": 80}])


class Monitoring(unittest.TestCase):
    def test_it_is_left_out_where_the_cluster_does_not_know_it(self):
        objects = CHART.render(MODES["eks"])
        self.assertEqual(objects.of("ServiceMonitor") + objects.of("PrometheusRule"), [])
        self.assertIn("ServiceMonitor and PrometheusRule are left out", CHART.notes(MODES["eks"]))
        self.assertNotIn("left out", CHART.notes(MODES["eks"], *MONITORING))

    def test_the_monitor_chooses_one_service(self):
        objects = CHART.render(MODES["eks"], *MONITORING)
        wanted = objects.one("ServiceMonitor")["spec"]["selector"]["matchLabels"].items()
        fitting = [found["metadata"]["name"] for found in objects.of("Service") if wanted <= found["metadata"]["labels"].items()]
        self.assertEqual(fitting, ["test-slipway"])
        self.assertEqual(objects.one("ServiceMonitor")["metadata"]["labels"]["release"], "monitoring")

    def test_alerts_are_of_this_release_and_lead_to_the_runbook(self):
        objects = CHART.render(MODES["eks"], *MONITORING, "--namespace", "factory")
        rules = [rule for group in objects.one("PrometheusRule")["spec"]["groups"] for rule in group["rules"]]
        self.assertGreater(len([rule for rule in rules if "alert" in rule]), 5)
        for rule in rules:
            with self.subTest(rule.get("alert") or rule["record"]):
                self.assertIn('namespace="factory"', rule["expr"])
                self.assertNotIn('job="slipway"', rule["expr"])
                if "alert" in rule:
                    self.assertTrue(rule["annotations"]["runbook_url"].endswith("/deploy/runbook.md#" + rule["alert"].lower()))
                    self.assertIn(rule["labels"]["severity"], ("critical", "warning"))


if __name__ == "__main__":
    main()
