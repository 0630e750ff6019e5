"""The API is what its description says: schemathesis makes requests of it, right and wrong ones, and looks at every answer."""

import json
import os
import pathlib
import subprocess
import unittest

from harness import ROOT, TOKENS, ZEROS, Case, call

SCHEMATHESIS = os.environ.get("SLIPWAY_TEST_SCHEMATHESIS", str(ROOT / "build/venv/bin/schemathesis"))
SETTINGS = pathlib.Path(__file__).resolve().parent / "schemathesis.toml"
# It looks for answers of 5xx, those that are not described, bodies and fields that are not as described, paths that let in who has no
# token, wrong requests that are taken. Not for right ones that are refused: of explain's `build` and `ref` one is wanted, which the
# description has no word for.
NOT_CHECKED = "positive_data_acceptance"
EXAMPLES = os.environ.get("SLIPWAY_TEST_EXAMPLES", "40")  # of each path
LONGEST = 300  # seconds; it takes a fifth of it


@unittest.skipUnless(pathlib.Path(SCHEMATHESIS).exists(), "no schemathesis in build/venv: tests/run puts it there")
class Description(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.first = self.sample.four_images()
        self.sample.image("broken", 'FROM {base}\nRUN ["/bin/busybox", "false"]\n')
        self.second = self.sample.commit()
        self.daemon = self.start_daemon(self.sample, limits={"requests": "none"})
        # There is something of everything: a build that succeeded and one that failed, images, debts, deliveries.
        for before, after in ((ZEROS, self.first), (self.first, self.second)):
            self.daemon.finished(self.daemon.push(before, after))

    def run_schemathesis(self, *more):
        command = (
            SCHEMATHESIS, "--config-file", SETTINGS, "run", f"http://127.0.0.1:{self.daemon.port}/openapi.json",
            "--header", f"Authorization: Bearer {TOKENS['write']}", "--exclude-checks", NOT_CHECKED,
            "--max-examples", EXAMPLES, "--continue-on-failure", "--request-timeout", "20", "--seed", "1", "--no-color", *more,
        )
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST, cwd=self.folder)

    def test_is_kept(self):
        done = self.run_schemathesis()
        self.assertEqual(done.returncode, 0, done.stdout[-20000:] + done.stderr)
        self.assertEqual(call(self.daemon.port, "GET", "/healthz").status, 200)

    def test_is_valid_and_has_what_people_call(self):
        document = json.loads(call(self.daemon.port, "GET", "/openapi.json").body)
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertIn("/api/v1/builds", document["paths"])


if __name__ == "__main__":
    unittest.main()
