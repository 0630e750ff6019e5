"""promtool over our rules as files, and as the charts render them."""

import pathlib
import tempfile

import yaml
from expressions import ROOT, RULES
from rendering import Chart, merged, run

FOLDER = pathlib.Path(__file__).resolve().parent
RUNBOOK = "https://gitlab.example.com/platform/slipway/-/blob/main/deploy/runbook.md"
MONITORING = ("--api-versions", "monitoring.coreos.com/v1", "--namespace", "factory")
VALUES = {
    "slipway": {"metrics": {"prometheusRule": {"enabled": True, "runbookUrl": RUNBOOK}}},
    "training-backend": {"prometheusRule": {"enabled": True, "runbookUrl": RUNBOOK}, "database": {"type": "sqlite"}, "replicas": 1},
}


def test_files():
    return sorted(FOLDER.glob("*.yml"))


def chart_of(tests):
    """Whose rules a file of tests is about."""
    named = {(FOLDER / path).resolve().relative_to(ROOT).as_posix() for path in tests["rule_files"]}
    return next(chart for chart, paths in RULES.items() if named <= set(paths))


def check(groups):
    """What promtool says against them; empty: nothing."""
    return with_files({"rules.yml": {"groups": groups}}, "check", "rules", "--lint-fatal", "rules.yml")


def test(tests, groups):
    return with_files({"rules.yml": {"groups": groups}, "tests.yml": merged(tests, {"rule_files": ["rules.yml"]})}, "test", "rules", "tests.yml")


def with_files(files, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (pathlib.Path(folder) / name).write_text(yaml.safe_dump(content, sort_keys=False))
        done = run("promtool", *(f"{folder}/{each}" if each in files else each for each in arguments))
    return "" if done.returncode == 0 else done.stdout + done.stderr


def rendered(chart):
    """The groups of its PrometheusRule in a release named test, in the namespace factory."""
    return Chart(ROOT / "helm" / chart).render(VALUES[chart], *MONITORING).one("PrometheusRule")["spec"]["groups"]


def of_release(tests, chart):
    """Tests of a rule file as tests of what is rendered of it: other names of the release, its namespace, the runbook's address."""

    def renamed(text):
        text = text.replace(f'job="{chart}"', f'job="test-{chart}",namespace="factory"')
        return text.replace(f'persistentvolumeclaim="data-{chart}-', f'namespace="factory",persistentvolumeclaim="data-test-{chart}-')

    def labels(given):
        ours = {"job", "persistentvolumeclaim"} & given.keys()
        other = {key: given[key].replace(chart, f"test-{chart}") for key in ours}
        return given | other | ({"namespace": "factory"} if ours else {})

    def alert(name, given):
        texts = {key: text.replace(f"data-{chart}", f"data-test-{chart}") for key, text in given["exp_annotations"].items()}
        return {"exp_labels": labels(given["exp_labels"]), "exp_annotations": texts | {"runbook_url": f"{RUNBOOK}#{name.lower()}"}}

    def one(group):
        series = [each | {"series": renamed(each["series"])} for each in group["input_series"]]
        cases = [each | {"exp_alerts": [alert(each["alertname"], given) for given in each["exp_alerts"]]} for each in group["alert_rule_test"]]
        return group | {"input_series": series, "alert_rule_test": cases}

    return tests | {"tests": [one(group) for group in tests["tests"]]}
