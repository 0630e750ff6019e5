"""Renders a chart by `helm template`; what the tests of the charts (helm/*/tests) share.

Environment: HELM, the command (default: build/helm/helm, else that of PATH); KUBERNETES_SCHEMAS, folders of the JSON schemas of Kubernetes, with : between them, for
kubeconform; SLIPWAY_TEST_ACCEPT=1 rewrites the tables in READMEs.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What `go install` makes takes itself for Kubernetes 1.20.
KUBERNETES = "1.34.0"
NOTES = """{{ define "notes" }}%s{{ end }}
kind: Notes
metadata: {name: notes}
text: {{ include "notes" . | toJson }}
"""


def tool(name):
    built = ROOT / "build/helm" / name
    return os.environ.get(name.upper()) or (str(built) if built.exists() else name)


def run(*command, text=None):
    return subprocess.run([str(part) for part in command], input=text, capture_output=True, text=True, timeout=120)


class Objects(list):
    def of(self, kind, suffix=""):
        return [found for found in self if found["kind"] == kind and found["metadata"]["name"].endswith(suffix)]

    def one(self, kind, suffix=""):
        found = self.of(kind, suffix)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} of {kind} …{suffix} in {[(each['kind'], each['metadata']['name']) for each in self]}")
        return found[0]


class Chart:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.name = self.folder.name

    def values(self):
        return yaml.safe_load((self.folder / "values.yaml").read_text())

    def modes(self):
        """What ci/*-values.yaml say, by name."""
        return {path.name.removesuffix("-values.yaml"): yaml.safe_load(path.read_text()) or {} for path in sorted(self.folder.glob("ci/*-values.yaml"))}

    def template(self, values, *arguments, release="test"):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(values, file)
            file.flush()
            return run(tool("helm"), "template", release, self.folder, "--kube-version", KUBERNETES, "--values", file.name, *arguments)

    def render(self, values, *arguments, **options):
        done = self.template(values, *arguments, **options)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return Objects(each for each in yaml.safe_load_all(done.stdout) if each)

    def refusal(self, values):
        """What is said of values that it must not take."""
        done = self.template(values)
        if done.returncode == 0:
            raise AssertionError(f"{values} was taken")
        return done.stderr

    def notes(self, values, *arguments):
        """NOTES.txt, which Helm itself renders only where it installs."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Chart(shutil.copytree(self.folder, pathlib.Path(folder) / self.name))
            text = (copy.folder / "templates/NOTES.txt").read_text()
            (copy.folder / "templates/notes.yaml").write_text(NOTES % text)
            return copy.render(values, *arguments).one("Notes")["text"]


def merged(base, over):
    """`over` laid over `base`, as Helm does."""
    result = dict(base)
    for key, value in over.items():
        result[key] = merged(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
    return result


def pod_of(found):
    """The pod that an object makes, as (labels, spec); None: it makes none."""
    if found["kind"] == "Pod":
        return found["metadata"]["labels"], found["spec"]
    template = found.get("spec", {}).get("template")
    return (template["metadata"]["labels"], template["spec"]) if template else None


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


def value_rows(text):
    """Rows of a table, (path, default, comment), of a values.yaml whose comments begin with the path of what follows them."""
    values, rows, comment = yaml.safe_load(text), [], []
    for line in (*text.splitlines(), ""):
        stripped = line.strip()
        if stripped.startswith("# "):
            comment.append(stripped[2:])
            continue
        if comment:
            words = " ".join(comment)
            path = words.split(" ")[0].rstrip(":")
            default = values
            for key in path.split("."):
                default = default[key]
            rows.append((path, json.dumps(default), words[len(path) :].lstrip(": ").removeprefix("is ").removeprefix("are ")))
        comment = []
    return rows


def main():
    program = unittest.main(module="__main__", exit=False, verbosity=2, testRunner=unittest.TextTestRunner(sys.stdout, verbosity=2))
    result = program.result
    failed = len({getattr(test, "test_case", test) for test, _ in result.failures + result.errors})
    passed = result.testsRun - failed - len(result.skipped)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or passed == 0 else 0)


def missing(name):
    return shutil.which(tool(name)) is None
