#!/usr/bin/env python3
"""What helm/training-frontend renders. Ends with `N passed, N failed`."""

import pathlib
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER.parents[1] / "tests/helm"))

from rendering import Chart, main
from rules import Rules


class Frontend(Rules, unittest.TestCase):
    chart = Chart(FOLDER)

    def test_default_values_install(self):
        objects = self.chart.render({})
        self.assertEqual(
            sorted(found["kind"] for found in objects), ["Deployment", "NetworkPolicy", "Pod", "PodDisruptionBudget", "Service", "ServiceAccount"]
        )
        self.assertEqual(objects.one("Deployment")["spec"]["replicas"], 2)

    def test_a_user_that_is_not_root_listens_on_port_80(self):
        spec = self.chart.render({}).one("Deployment")["spec"]["template"]["spec"]
        self.assertEqual(spec["securityContext"]["sysctls"], [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}])
        self.assertEqual(spec["containers"][0]["ports"], [{"name": "http", "containerPort": 80}])

    def test_pods_serve_on_until_balancers_have_heard(self):
        spec = self.chart.render({}).one("Deployment")["spec"]["template"]["spec"]
        before = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreaterEqual(before, 10)
        self.assertGreater(spec["terminationGracePeriodSeconds"], before + 10)

    def test_an_autoscaler_has_the_replicas(self):
        objects = self.chart.render({"autoscaling": {"enabled": True, "maxReplicas": 9}})
        self.assertNotIn("replicas", objects.one("Deployment")["spec"])
        self.assertEqual(objects.one("HorizontalPodAutoscaler")["spec"]["maxReplicas"], 9)
        self.assertIn("more than autoscaling.maxReplicas", self.chart.refusal({"autoscaling": {"enabled": True, "minReplicas": 9}}))

    def test_nothing_goes_out(self):
        spec = self.chart.render({}).one("NetworkPolicy")["spec"]
        self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])
        self.assertNotIn("egress", spec)
        self.assertEqual(spec["ingress"], [{"ports": [{"protocol": "TCP", "port": "http"}]}])

    def test_named_peers_come_in_and_the_test_too(self):
        peer = {"ipBlock": {"cidr": "10.0.0.0/16"}}
        rule = self.chart.render({"networkPolicy": {"from": [peer]}}).one("NetworkPolicy")["spec"]["ingress"][0]
        self.assertEqual(rule["from"][0], peer)
        self.assertEqual(rule["from"][1]["podSelector"]["matchLabels"]["app.kubernetes.io/component"], "test")

    def test_ingress_of_an_alb(self):
        given = {"enabled": True, "host": "training.example.com", "annotations": {"alb.ingress.kubernetes.io/target-type": "instance"}}
        ingress = self.chart.render({"ingress": given}).one("Ingress")
        self.assertEqual(
            ingress["metadata"]["annotations"],
            {"alb.ingress.kubernetes.io/target-type": "instance", "alb.ingress.kubernetes.io/healthcheck-path": "/healthz"},
        )
        self.assertEqual(ingress["spec"]["rules"][0]["http"]["paths"][0]["path"], "/")
        other = self.chart.render({"ingress": {"enabled": True, "host": "training.example.com", "className": "traefik"}}).one("Ingress")
        self.assertNotIn("annotations", other["metadata"])
        self.assertIn("ingress.host is empty", self.chart.refusal({"ingress": {"enabled": True}}))

    def test_route_of_a_gateway(self):
        route = self.chart.render({"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}, "service": {"port": 8080}}).one("HTTPRoute")
        self.assertEqual(route["spec"]["rules"], [{"backendRefs": [{"name": "test-training-frontend", "port": 8080}]}])
        self.assertIn("httpRoute.parentRefs is empty", self.chart.refusal({"httpRoute": {"enabled": True}}))

    def test_notes_say_where_the_address_of_the_api_is_from(self):
        self.assertIn("API_URL", self.chart.notes({}))


if __name__ == "__main__":
    main()
