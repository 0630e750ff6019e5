#!/usr/bin/env python3
"""What the page is driven against: a registry, two repositories and their daemons, from the harness of the integration tests.

Prints one JSON object a line: first where everything is, then an answer to each command of its standard input; ends with that.
A command is as {"do": "push", "files": {path: text}}: the method do_push with these arguments.
"""

import json
import pathlib
import signal
import sys
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration/daemon"))

from harness import TOKENS, Case, Sample, wait_until  # noqa: E402
from many import fill  # noqa: E402

MANY = 1000
LINES = 100_000


class World(Case):
    """Not a test: what it starts goes with its cleanups."""

    def runTest(self):
        registry = self.start_registry()
        self.registry, self.sample = registry, self.make_sample(registry.address)
        self.fill_sample()
        self.daemon = self.start_daemon(self.sample, reconcile_interval="1h", repository={"adopt": "build", "attest": [{"name": "signature", "command": ["true"]}]})
        many = self.start_many(registry.address)
        self.answer(url=self.url(self.daemon), many=self.url(many), tokens=TOKENS, lines=LINES, images=MANY)
        for line in sys.stdin:
            command = json.loads(line)
            self.answer(**getattr(self, "do_" + command.pop("do"))(**command))

    @staticmethod
    def url(daemon):
        return f"http://127.0.0.1:{daemon.port}"

    @staticmethod
    def answer(**fields):
        print(json.dumps(fields), flush=True)

    def fill_sample(self):
        """A graph worth a picture: a base, what stands on it, and what stands on that."""
        sample = self.sample
        sample.base()
        for folder, parent in (
            ("python", "base"), ("node", "base"), ("nginx", "base"), ("api", "python"), ("worker", "python"),
            ("reports", "python"), ("frontend", "node"), ("storybook", "node"), ("gateway", "nginx"),
        ):
            sample.write(f"{folder}/app.txt", folder)
            sample.image(folder, f"FROM {{{parent}}}\nCOPY app.txt /srv/{folder}.txt\n")
        sample.image("tools", "FROM scratch\nCOPY manifest.yml /\n")
        self.head = sample.commit("eleven images")

    def start_many(self, registry):
        """A daemon whose store has MANY images and a log of LINES lines."""
        sample = Sample(self.folder / "many", registry)
        sample.commit("nothing yet")
        daemon = self.start_daemon(sample, name="many-daemon", anonymous="read", reconcile_interval="1h")
        daemon.stop()
        fill(pathlib.Path(daemon.config["data"]) / "slipway.db", registry, MANY, LINES, int(time.time() * 1000))
        daemon.start()
        return daemon

    def do_push(self, files, deliver=True):
        for path, text in files.items():
            self.sample.write(path, text)
        before, self.head = self.head, self.sample.commit("a change of " + ", ".join(sorted(files)))
        build = self.daemon.push(before, self.head) if deliver else None
        return {"build": build, "before": before, "after": self.head}

    def do_image(self, folder, parent, script):
        """An image that runs a script, which the next push takes along; nothing of it comes from a cache."""
        self.sample.write(f"{folder}/run.sh", f"# {uuid.uuid4()}\nPATH=/bin; alias sleep='busybox sleep'\n{script}\n")
        self.sample.image(folder, f'FROM {{{parent}}}\nCOPY run.sh /\nRUN ["/bin/busybox", "sh", "/run.sh"]\n')
        return {}

    def do_settle(self):
        """Once all of the branch is built, as it is when it is seen for the first time."""
        wait_until(self.daemon.builds, "the first build")
        self.daemon.settled()
        return {}

    def do_stop(self):
        self.daemon.stop()
        return {}

    def do_start(self):
        self.daemon.start()
        return {}

    def do_digest(self, image):
        return {"digest": self.registry.digest(image)}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    world = World()
    world.setUp()
    try:
        world.runTest()
    finally:
        world.doCleanups()


if __name__ == "__main__":
    main()
