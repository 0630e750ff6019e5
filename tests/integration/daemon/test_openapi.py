"""The API is what its description says: schemathesis makes requests of it, right and wrong ones, and looks at every answer."""

import json
import os
import pathlib
import subprocess
import unittest

from harness import ROOT, TOKENS, ZEROS, Case, call

SCHEMATHESIS = os.environ.get("SLIPWAY_TEST_SCHEMATHESIS", str(ROOT / "build/venv/bin/schemathesis"))
SETTINGS = pathlib.Path(__file__).resolve().parent / "schemathesis.toml"
# What it finds wrong: an answer of 5xx, one that is not described, a body or a field that is not as described, and a path that lets in
# who has no token. Not: that what it means to be wrong must be refused, for an unknown field of a query is nobody's mistake here.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "ignored_auth", "unsupported_method",
)
EXAMPLES = os.environ.get("SLIPWAY_TEST_EXAMPLES", "12")  # of each path
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
            "--header", f"Authorization: Bearer {TOKENS['write']}", "--checks", ",".join(CHECKS),
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
