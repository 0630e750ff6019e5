"""What a real Prometheus gets from the daemon: every family of the table, with its type, and no complaint of promtool."""

import json
import re
import subprocess
import unittest
import urllib.parse

from gitlab import Gitlab
from harness import PROJECT, ROOT, ZEROS, Case, Process, call, free_port, slow, wait_until

PUBLIC = "https://slipway.example.com"
TABLE = ROOT / "server/base/README.md"


def documented():
    """Family → type, as server/base/README.md has them."""
    rows = re.findall(r"^\| `((?:slipway|process)_\w+)` \| (\w+) \|", TABLE.read_text(), re.MULTILINE)
    return dict(rows)


class Prometheus:
    """Scrapes one daemon every second."""

    def __init__(self, folder, target):
        folder.mkdir()
        jobs = [{"job_name": "slipway", "static_configs": [{"targets": [target]}]}]
        (folder / "prometheus.yml").write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
        self.port = free_port()
        self.process = Process(
            (
                "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ),
            folder / "log",
        )

    def get(self, path):
        try:
            answer = call(self.port, "GET", path)
        except OSError:
            return None  # it begins
        return answer.json["data"] if answer.status == 200 else None

    def health(self):
        targets = (self.get("/api/v1/targets") or {}).get("activeTargets", [])
        return [target["health"] for target in targets]

    def query(self, expression):
        """Each series' labels, as text, and value."""
        found = self.get(f"/api/v1/query?query={urllib.parse.quote(expression)}") or {"result": []}
        return {json.dumps(series["metric"], sort_keys=True): float(series["value"][1]) for series in found["result"]}

    def value(self, expression):
        """Of the only series; None where there is none."""
        values = list(self.query(expression).values())
        return values[0] if len(values) == 1 else None


class Scraped(Case):
    def setUp(self):
        super().setUp()
        gitlab = Gitlab(PROJECT)
        self.addCleanup(gitlab.close)
        gitlab.hook(f"{PUBLIC}/webhooks/gitlab")
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.first = self.sample.four_images()
        self.daemon = self.start_daemon(self.sample, repository={"gitlab": gitlab.settings()}, public_url=PUBLIC)

    def metrics(self):
        answer = self.daemon.api("GET", "/metrics", token=None)
        self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return answer.text

    def start_prometheus(self):
        prometheus = Prometheus(self.folder / "prometheus", f"127.0.0.1:{self.daemon.port}")
        self.addCleanup(prometheus.process.end)
        wait_until(lambda: prometheus.health() == ["up"], lambda: f"{prometheus.health()}\n{prometheus.process.tail()}", 60)
        return prometheus

    def wait_for_value(self, prometheus, expression, value):
        wait_until(
            lambda: prometheus.value(expression) == value,
            lambda: f"{expression} is {value}; it is {prometheus.query(expression)}\n{self.metrics()}",
        )

    def test_every_family_of_the_table(self):
        prometheus = self.start_prometheus()
        self.daemon.finished(self.daemon.push(ZEROS, self.first))
        self.wait_for_value(prometheus, 'slipway_builds_total{result="succeeded"}', 1)
        wait_until(lambda: "slipway_gitlab_hook_ok{" in self.metrics(), self.metrics)
        exposed = dict(re.findall(r"^# TYPE (\w+) (\w+)$", self.metrics(), re.MULTILINE))
        self.assertEqual(exposed, documented())
        for family, kind in exposed.items():
            series = family + "_bucket" if kind == "histogram" else family
            wait_until(lambda: prometheus.query(series), f"Prometheus has {series}")
        known = {family: told[0]["type"] for family, told in prometheus.get("/api/v1/metadata").items() if family in exposed}
        self.assertEqual(known, exposed)

    def test_tells_what_a_push_did(self):
        prometheus = self.start_prometheus()
        self.daemon.finished(self.daemon.push(ZEROS, self.first))
        for expression, value in {
            'slipway_step_duration_seconds_count{phase="build"}': 4,
            'slipway_step_duration_seconds_count{phase="push"}': 4,
            'slipway_steps_total{result="pushed"}': 4,
            "slipway_plan_duration_seconds_count": 1,
            "slipway_build_duration_seconds_count": 1,
            'slipway_store_duration_seconds_count{operation="accept"}': 1,
            'sum(slipway_store_duration_seconds_count{operation=~"claim|update_step|snapshot"} > bool 0)': 3,
            f'slipway_registry_up{{registry="{self.registry.address}"}}': 1,
            'slipway_engine_up{engine="local"}': 1,
            'slipway_engine_slots{engine="local"}': 2,
            'slipway_engine_slots_used{engine="local"}': 0,
            "slipway_owed_images": 0,
            "sum(slipway_queue_steps)": 0,
            "sum(slipway_retries_total)": 0,
            'slipway_reconcile_total{result="failed"}': 0,
        }.items():
            self.wait_for_value(prometheus, expression, value)

    def test_tells_what_is_at_work_and_what_waits(self):
        self.sample.image("long", "FROM {base}\n" + slow(8))
        self.sample.image("later", "FROM {long}\nCOPY manifest.yml /\n")
        second = self.sample.commit()
        prometheus = self.start_prometheus()
        number = self.daemon.push(ZEROS, second)
        self.daemon.wait_for_step(number, "long", lambda step: step["state"] == "building", "is built")
        self.wait_for_value(prometheus, 'slipway_queue_steps{state="waiting"}', 1)
        self.wait_for_value(prometheus, 'slipway_queue_age_seconds{state="waiting"} > bool 0', 1)
        self.wait_for_value(prometheus, 'slipway_engine_slots_used{engine="local"} > bool 0', 1)
        self.wait_for_value(prometheus, "slipway_builds_running", 1)
        self.daemon.finished(number)
        self.wait_for_value(prometheus, "sum(slipway_queue_age_seconds)", 0)
        self.wait_for_value(prometheus, "slipway_builds_running", 0)

    def test_promtool_has_nothing_to_complain_of(self):
        self.daemon.finished(self.daemon.push(ZEROS, self.first))
        checked = subprocess.run(
            ("promtool", "check", "metrics"), input=self.metrics(), capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
