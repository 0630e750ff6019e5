"""How an engine is reached."""

import subprocess
import sys

from harness import ROOT, ZEROS, Case


class OverTcp(Case):
    def start_front(self, certificates):
        """TLS with certificates on both sides, in front of the real engine's socket."""
        certificates.mkdir()
        command = (sys.executable, ROOT / "tests/support/tls_front.py", self.address.removeprefix("unix://"), certificates)
        front = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(front.communicate)  # it ends with its standard input
        return front.stdout.readline().strip()

    def test_with_certificates_builds_and_pushes(self):
        registry = self.start_registry()
        sample = self.make_sample(registry.address)
        after = sample.four_images()
        certificates = self.folder / "certificates"
        port = self.start_front(certificates)
        engine = {"name": "far", "address": f"tcp://127.0.0.1:{port}", "certificates": str(certificates)}
        daemon = self.start_daemon(sample, engines=[engine])
        build = daemon.finished(daemon.push(ZEROS, after))
        self.assert_succeeded(build)
        self.assert_pushed(registry, build, {"base", "web", "worker", "unrelated"})
