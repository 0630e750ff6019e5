"""Which metrics an expression of PromQL names, and which there are."""

import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = {
    "slipway": ("helm/slipway/files/alerts.yml", "helm/slipway/files/slo.yml"),
    "training-backend": ("helm/training-backend/files/alerts.yml",),
}
DASHBOARDS = ("helm/slipway/files/dashboard.json", "helm/training-backend/files/dashboard.json")
# Of Prometheus itself, of the kubelet and of kube-state-metrics.
FOREIGN = {
    "up",
    "ALERTS",
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_pod_container_status_restarts_total",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
NOT_METRICS = {"and", "or", "unless", "bool", "offset"}


def groups(path):
    return yaml.safe_load((ROOT / path).read_text())["groups"]


def rules(path):
    return [rule for group in groups(path) for rule in group["rules"]]


def alerts(chart):
    """By name."""
    return {rule["alert"]: rule for path in RULES[chart] for rule in rules(path) if "alert" in rule}


def panels(path):
    return json.loads((ROOT / path).read_text())["panels"]


def without_variables(expression):
    """Grafana puts an interval in for $__rate_interval and a text for each other one."""
    return expression.replace("$__rate_interval", "5m").replace("$", "")


def metrics_of(expression):
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', "", re.sub(r'"[^"]*"', "", expression))
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    return {name for name in re.findall(r"(?<![\w.:])([A-Za-z_:][\w:]*)\b(?!\s*\()", bare) if name not in NOT_METRICS}


def known_metrics():
    sources = "".join((ROOT / "server/base" / name).read_text() for name in ("metrics.cpp", "process_metrics.cpp"))
    ours = re.findall(r'"((?:slipway|process)_[a-z_]+)"', sources)
    for path in (ROOT / "deploy/applications/backend/app").glob("*.py"):
        ours += re.findall(r'\b(?:Counter|Gauge|Histogram)\(\s*"([a-z_]+)"', path.read_text())
    recorded = {rule["record"] for paths in RULES.values() for path in paths for rule in rules(path) if "record" in rule}
    return set(ours) | recorded | FOREIGN


def unknown_metrics(expression, known):
    return {name for name in metrics_of(expression) if name not in known and re.sub("_(bucket|sum|count)$", "", name) not in known}
