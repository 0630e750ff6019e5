"""What the daemon tells systemd: that it is up, gets on, reloads and stops."""

import os
import signal
import socket
import unittest
import unittest.mock

from harness import Case


class Told(Case):
    def setUp(self):
        super().setUp()
        path = str(self.folder / "notify")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(path)
        self.manager.settimeout(30)
        self.sample = self.make_sample(self.start_registry().address)
        variables = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}
        with unittest.mock.patch.dict(os.environ, variables):
            self.daemon = self.start_daemon(self.sample)

    def next(self, skip_alive=True):
        while True:
            message = self.manager.recv(4096).decode()
            if not skip_alive or message != "WATCHDOG=1":
                return message

    def signal(self, number):
        self.daemon.process.child.send_signal(number)

    def test_ready_alive_reloading_and_stopping(self):
        self.assertEqual(self.next(), "READY=1")
        for _ in range(3):
            self.assertEqual(self.next(skip_alive=False), "WATCHDOG=1")
        self.daemon.reload()
        self.assertRegex(self.next(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertEqual(self.next(), "READY=1\nSTATUS=")
        self.signal(signal.SIGTERM)
        self.assertEqual(self.next(), "STOPPING=1")
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_reload_that_fails_ends_too(self):
        self.assertEqual(self.next(), "READY=1")
        self.daemon.file.write_text("listen: [")
        self.signal(signal.SIGHUP)
        self.assertIn("RELOADING=1", self.next())
        self.assertRegex(self.next(), "^READY=1\nSTATUS=.*the old one is in force$")
        self.assertIn("the configuration is not reloaded", self.daemon.process.log.read_text())


if __name__ == "__main__":
    unittest.main()
