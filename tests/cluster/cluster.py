"""The cluster of KUBECONFIG from outside: kubectl, helm and HTTP at a node's ports, each call with a deadline."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import string
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/integration/daemon"))

from harness import call_over, free_port, wait_until  # noqa: E402

HELM = os.environ.get("HELM", str(ROOT / "build/helm/helm"))
SLIPWAY, TRAINING, SERVICES = "slipway-test", "slipway-test-training", "slipway-test-services"
NAMESPACES = (SLIPWAY, TRAINING, SERVICES)
PORTS = {"registry": 30500, "slipway": 30501, "git": 30502, "backend": 30503, "frontend": 30504}

HAS_ROLLOUT = (ROOT / "deploy/rollout/rollout").is_dir()


class Failure(Exception):
    """Something that was asked for did not come."""


class NotShown(Exception):
    """This cluster can't show it."""


def command(*arguments, seconds=60, text=None, environment=None):
    """What it printed; its last words are the error's."""
    words = " ".join(str(argument) for argument in arguments[:6])
    try:
        done = subprocess.run(
            [str(argument) for argument in arguments], input=text, capture_output=True, text=True, timeout=seconds, check=False,
            env={**os.environ, **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"{words}…: no end within {seconds} s") from None
    if done.returncode:
        raise Failure(f"{words}…: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


def kubectl(*arguments, **options):
    return command("kubectl", *arguments, **options)


def read(*arguments):
    return json.loads(kubectl("get", *arguments, "--output", "json"))


def helm(*arguments, seconds=330):
    return command(HELM, *arguments, seconds=seconds)


def release(name, namespace, *arguments, seconds=300):
    """Installs or upgrades a chart with the story's values, waits until it is ready, and rolls back what does not get there."""
    return helm(
        "upgrade", "--install", name, ROOT / "helm" / name, "--namespace", namespace, "--values", HERE / f"values/{name}.yaml",
        "--wait", "--atomic", "--timeout", f"{seconds}s", *arguments, seconds=2 * seconds + 30,
    )


def apply(file, **names):
    text = string.Template((HERE / "objects" / file).read_text()).substitute(names)
    kubectl("apply", "--filename", "-", text=text)


def secret(namespace, name, **entries):
    """Over standard input: arguments are for everybody on the machine to see."""
    entries = {key.replace("_", "-"): value for key, value in entries.items()}
    item = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "stringData": entries}
    kubectl("apply", "--filename", "-", text=json.dumps(item))


def config_map(namespace, name, **entries):
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": entries}
    item["data"] = {key.replace("_", "."): value for key, value in entries.items()}
    kubectl("apply", "--filename", "-", text=json.dumps(item))


def rolled_out(namespace, kind_and_name, seconds=120):
    kubectl("rollout", "status", kind_and_name, "--namespace", namespace, f"--timeout={seconds}s", seconds=seconds + 10)


def pods(namespace, selector):
    """Those that are not on their way out, by name."""
    items = read("pods", "--namespace", namespace, "--selector", selector)["items"]
    return {item["metadata"]["name"]: item for item in items if "deletionTimestamp" not in item["metadata"]}


def is_ready(pod):
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in pod["status"].get("conditions", []))


def kill(namespace, *names):
    """As near to a node that dies as the API gets: their names are free at once, and SIGKILL comes two seconds after SIGTERM."""
    kubectl("delete", "pod", "--namespace", namespace, "--grace-period=0", "--force", "--wait=true", *names)


def replaced(namespace, selector, before, count):
    """Once `count` pods are ready of which none is one of `before` (name → pod)."""
    old = {pod["metadata"]["uid"] for pod in before.values()}

    def find():
        now = [pod for pod in pods(namespace, selector).values() if pod["metadata"]["uid"] not in old and is_ready(pod)]
        return now if len(now) >= count else None

    return wait_until(find, f"{count} new pods of {selector} are ready", 180)


def node():
    """Name and address of the first node that takes pods."""
    for item in read("nodes")["items"]:
        if not item["spec"].get("unschedulable"):
            addresses = {entry["type"]: entry["address"] for entry in item["status"]["addresses"]}
            name = item["metadata"]["labels"]["kubernetes.io/hostname"]
            return name, os.environ.get("SLIPWAY_CLUSTER_ADDRESS") or addresses["InternalIP"]
    raise Failure("the cluster has no node that takes pods")


def ask(address, port, method, path, body=None, headers=None, seconds=30):
    return call_over(http.client.HTTPConnection(address, port, timeout=seconds), method, path, body, headers)


@contextlib.contextmanager
def forwarded(namespace, target, port):
    """A port of this machine that leads to a pod: unlike a node's one it needs nothing but the API server."""
    local = free_port()
    words = ("kubectl", "port-forward", "--namespace", namespace, target, f"{local}:{port}")
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def answers():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return ask("127.0.0.1", local, "GET", "/v2/", seconds=5)

        wait_until(answers, f"port-forward to {target}", 30)
        yield local
    finally:
        child.terminate()
        child.wait(10)


class Deadline:
    """Ends what it holds, whatever that waits for."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        signal.signal(signal.SIGALRM, self.end)
        signal.alarm(self.seconds)
        self.began = time.monotonic()
        return self

    def end(self, *_):
        raise Failure(f"not within {self.seconds} s")

    def __exit__(self, *_):
        signal.alarm(0)

    def took(self):
        return time.monotonic() - self.began


def tell_state():
    """What a person looks at first when a step has failed."""
    for namespace in NAMESPACES:
        with contextlib.suppress(Failure):
            print(f"--- {namespace}\n{kubectl('get', 'pods', '--namespace', namespace, '--output', 'wide')}")
            events = kubectl("get", "events", "--namespace", namespace, "--sort-by=.lastTimestamp")
            print("\n".join(events.splitlines()[-12:]))
    for container in ("slipway", "engine"):
        with contextlib.suppress(Failure):
            logs = kubectl("logs", "--namespace", SLIPWAY, "--selector=app.kubernetes.io/name=slipway", "--container", container, "--tail=40", "--prefix")
            print("\n".join(line.removeprefix("[pod/") for line in logs.splitlines() if "level=info" not in line))
