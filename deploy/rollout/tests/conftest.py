"""The real program on a free port, with a helm that remembers."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from rollout.signature import read_key, sign  # noqa: E402

TOKEN = "whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
IMAGE = "registry.example.com/team/web"


def digest(letter):
    return "sha256:" + letter * 64


def event(letter, second=0, build=1, **data):
    data = {"ref": "refs/heads/main", "build": build, "digests": {f"{IMAGE}:1.0": digest(letter)}} | data
    return {"specversion": "1.0", "type": "image.pushed", "time": f"2026-11-26T20:00:{second:02}.000Z", "data": data}


def wait_until(what, seconds=30):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


class Rollout:
    def __init__(self, folder):
        self.folder, self.process, self.port = folder, None, 0
        (folder / "key").write_text(TOKEN + "\n")
        os.mkfifo(folder / "gate")
        self.helm(revisions=[{"revision": 1, "status": "deployed", "digest": digest("0")}])
        release = {"name": "web", "namespace": "training", "chart": "charts/web", "image": IMAGE, "ref": "main", "timeout": 60}
        self.configure(releases=[release | {"set": {"database.create.enabled": "false"}}])

    def configure(self, **keys):
        config = {"listen": "127.0.0.1:0", "state": str(self.folder / "wishes.db"), "signing_key_files": [str(self.folder / "key")]} | keys
        (self.folder / "config.json").write_text(json.dumps(config))

    def helm(self, **keys):
        file = self.folder / "state.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(known | keys))

    def revisions(self):
        return [(entry["status"], entry["digest"][-1]) for entry in json.loads((self.folder / "state.json").read_text())["revisions"]]

    def calls(self, command):
        file = self.folder / "calls"
        return [line for line in file.read_text().splitlines() if line.startswith(command)] if file.exists() else []

    def start(self):
        programs = self.folder / "bin"
        programs.mkdir(exist_ok=True)
        if not (programs / "helm").exists():
            (programs / "helm").symlink_to(HERE / "helm")
        environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}", "FAKE_HELM": str(self.folder), "PYTHONPATH": str(HERE.parent), "ROLLOUT_PAUSE": "0.002"
        }
        log = (self.folder / "log").open("a")
        began = (self.folder / "log").stat().st_size
        self.process = subprocess.Popen([sys.executable, "-m", "rollout", self.folder / "config.json"], env=environment, stdout=log, stderr=log)
        text = wait_until(lambda: (said := self.log()[began:]) and ("listening on" in said or self.process.poll() is not None) and said)
        if "listening on" in text:
            self.port = int(text.partition("listening on ")[2].splitlines()[0].rpartition(":")[2])
        return self

    def log(self):
        return (self.folder / "log").read_text()

    def end(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
        return self.process and self.process.wait(60)

    def send(self, value, token=TOKEN, now=None, **headers):
        """Returns status and answer."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        timestamp = str(int(now or time.time()))
        headers = {
            "webhook-id": "event-1", "webhook-timestamp": timestamp, "webhook-signature": sign(read_key(token), "event-1", timestamp, body)
        } | {name.replace("_", "-"): text for name, text in headers.items()}
        return self.ask("/hooks/slipway", body, headers)

    def ask(self, path, body=None, headers={}):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text.startswith(b"{") else text.decode()

    def state(self):
        return self.ask("/status")[1]["releases"]["web"]

    def settled(self):
        """The state where nothing is to do any more."""
        return wait_until(lambda: (state := self.state()) and state["wish"]["state"] in ("done", "failed") and state)

    def open_gate(self):
        (self.folder / "gate").write_text("go\n")


@pytest.fixture
def rollout(tmp_path):
    rollout = Rollout(tmp_path)
    yield rollout
    rollout.end(signal.SIGKILL)
