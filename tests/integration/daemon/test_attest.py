"""What is said of an image once it is pushed: by a stand-in that writes down what it gets, and by cosign and syft where they are."""

import base64
import json
import os
import shutil
import subprocess
import unittest

from harness import ZEROS, Case, wait_until

COSIGN = os.environ.get("SLIPWAY_TEST_COSIGN") or shutil.which("cosign")
SYFT = os.environ.get("SLIPWAY_TEST_SYFT") or shutil.which("syft")
PASSWORD = "password-of-the-key"
OFFLINE = ("--yes", "--tlog-upload=false", "--key=env://COSIGN_KEY", "--allow-http-registry", "--allow-insecure-registry")
STAND_IN = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
printf '%s' "$KEY" >"$here/key"
cp ./*.json "$here"
while test -e "$here/gate"; do sleep 0.05; done
test ! -e "$here/broken"
"""


class AttestCase(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.sample.base()
        self.sample.write("base/.dockerignore", "notes.txt\n")

    def begin(self, attest, **repository):
        self.commit = self.sample.commit()
        self.daemon = self.start_daemon(self.sample, repository={"attest": attest, **repository})
        return self.daemon.push(ZEROS, self.commit)

    def secret(self, name, text):
        file = self.folder / name
        file.write_text(text)
        return str(file)

    def image(self):
        return f"{self.registry.address}/base@{self.registry.digest('base')}"


class Attested(AttestCase):
    def setUp(self):
        super().setUp()
        self.tool = self.folder / "tool"
        self.tool.write_text(STAND_IN)
        self.tool.chmod(0o755)
        self.attest = [
            {"name": "provenance", "command": [str(self.tool), "{image}", "{commit}", "{folder}", "--file={provenance}"]},
            {"name": "signature", "command": [str(self.tool), "{image}"], "env": [{"name": "KEY", "value_file": self.secret("secret", "key-1")}]},
        ]

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def test_after_a_push_and_not_of_what_is_unchanged(self):
        build = self.daemon_finished(self.begin(self.attest))
        step = build["steps"][0]
        self.assertEqual(step["attested"], ["provenance", "signature"])
        first, second = self.calls()
        self.assertTrue(first.startswith(f"{self.image()} {self.commit} base --file=/"), first)
        self.assertEqual(second, self.image())
        self.assertEqual((self.folder / "key").read_text(), "key-1")
        self.assertNotIn("key-1", self.daemon.process.log.read_text())
        statement = json.loads((self.folder / "statement.json").read_text())
        self.assertEqual(statement["subject"], [{"name": f"{self.registry.address}/base", "digest": {"sha256": self.image()[-64:]}}])
        metadata = statement["predicate"]["runDetails"]["metadata"]
        self.assertEqual((metadata["invocationId"], metadata["startedOn"], metadata["finishedOn"]), (f"{build['id']}/0", step["started"], step["built"]))
        self.assertIn(f"attesting signature of {self.image()}", self.daemon.log(build["id"], "base"))
        self.sample.write("base/notes.txt", "not of the context")
        again = self.daemon_finished(self.daemon.push(self.commit, self.sample.commit()))
        self.assertEqual([(step["state"], step["attested"]) for step in again["steps"]], [("unchanged", [])])
        self.assertEqual(len(self.calls()), 2)

    def test_a_failure_is_the_steps_and_a_retry_goes_on_where_it_was(self):
        (self.folder / "broken").touch()
        number = self.begin(self.attest)
        failing = self.daemon.wait_for_step(number, "base", lambda step: step["error"], "an error")
        self.assertEqual(failing["error"], f"attesting provenance of {self.image()}: it ended with exit code 1, see the log")
        (self.folder / "broken").unlink()
        step = self.daemon_finished(number)["steps"][0]
        self.assertEqual((step["error"], step["attested"]), (None, ["provenance", "signature"]))
        self.assertEqual(self.daemon.log(number, "base").count("pushing "), 1)

    def test_what_a_crash_cut_off_is_said_again(self):
        gate = self.folder / "gate"
        gate.touch()
        number = self.begin(self.attest[:1])
        wait_until((self.folder / "calls").exists, self.daemon.process.tail)
        self.daemon.kill()
        gate.unlink()
        self.daemon.start()
        step = self.daemon_finished(number)["steps"][0]
        self.assertEqual((step["state"], step["attested"]), ("pushed", ["provenance"]))
        first, second = self.calls()
        self.assertEqual(first, second)

    def test_a_branch_may_do_without(self):
        rules = [{"match": "main", "push": True, "attest": False}]
        build = self.daemon_finished(self.begin(self.attest, branches=rules))
        self.assertEqual((build["steps"][0]["state"], build["steps"][0]["attested"]), ("pushed", []))
        self.assertFalse((self.folder / "calls").exists())

    def daemon_finished(self, number):
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        return build


@unittest.skipUnless(COSIGN, "there is no cosign; SLIPWAY_TEST_COSIGN names one")
class Cosign(AttestCase):
    """As the README writes it: keys in files, no transparency log, no network but the registry."""

    def setUp(self):
        super().setUp()
        self.cosign("generate-key-pair")
        key = (self.folder / "cosign.key").read_text()
        self.env = [
            {"name": "COSIGN_KEY", "value_file": self.secret("key", key)},
            {"name": "COSIGN_PASSWORD", "value_file": self.secret("password", PASSWORD)},
        ]

    def cosign(self, *arguments):
        environment = {**os.environ, "COSIGN_PASSWORD": PASSWORD}
        done = subprocess.run((COSIGN, *arguments), cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def attestation(self, kind):
        """The statement that cosign has verified."""
        public = ("--key=cosign.pub", "--insecure-ignore-tlog", "--allow-http-registry", "--allow-insecure-registry")
        envelope = json.loads(self.cosign("verify-attestation", *public, "--type", kind, self.image()).splitlines()[0])
        return json.loads(base64.b64decode(envelope["payload"]))

    def test_signs_and_attests_the_provenance(self):
        number = self.begin([
            {"name": "provenance", "env": self.env, "command": [COSIGN, "attest", *OFFLINE, "--type=slsaprovenance1", "--predicate={provenance}", "{image}"]},
            {"name": "signature", "env": self.env, "command": [COSIGN, "sign", *OFFLINE, "{image}"]},
        ])
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        self.assertEqual(build["steps"][0]["attested"], ["provenance", "signature"])
        self.cosign("verify", "--key=cosign.pub", "--insecure-ignore-tlog", "--allow-http-registry", "--allow-insecure-registry", self.image())
        statement = self.attestation("slsaprovenance1")
        self.assertEqual(statement["predicate"]["runDetails"]["builder"]["id"].rpartition(":")[0], "urn:slipway:version")
        self.assertEqual(statement["predicate"]["buildDefinition"]["externalParameters"]["commit"], self.commit)
        for secret in (PASSWORD, "ENCRYPTED"):
            self.assertNotIn(secret, self.daemon.log(number, "base") + self.daemon.process.log.read_text())

    @unittest.skipUnless(SYFT, "there is no syft; SLIPWAY_TEST_SYFT names one")
    def test_attests_what_syft_finds(self):
        script = f'"$1" scan "registry:$3" --output spdx-json=sbom.json && "$2" attest {" ".join(OFFLINE)} --type=spdxjson --predicate=sbom.json "$3"'
        env = [*self.env, {"name": "SYFT_REGISTRY_INSECURE_USE_HTTP", "value": "true"}, {"name": "SYFT_CHECK_FOR_APP_UPDATE", "value": "false"}]
        number = self.begin([{"name": "sbom", "env": env, "command": ["sh", "-c", script, "sh", SYFT, COSIGN, "{image}"]}])
        build = self.daemon.finished(number)
        self.assert_succeeded(build)
        self.assertEqual(self.attestation("spdxjson")["predicate"]["spdxVersion"][:5], "SPDX-")


if __name__ == "__main__":
    unittest.main()
