"""The Debian package, made of the release build: what is in it and what it needs, its unit as systemd reads it, and that it is made twice the same."""

import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("SLIPWAY_TEST_RELEASE", ROOT / "build/release"))
UNIT = "lib/systemd/system/slipway.service"
FILES = {
    "usr/bin/slipway": "-rwxr-xr-x",
    f"usr/{UNIT}": "-rw-r--r--",
    "usr/lib/sysusers.d/slipway.conf": "-rw-r--r--",
    "usr/share/doc/slipway/CHANGELOG.md": "-rw-r--r--",
    "usr/share/doc/slipway/examples/slipway.yml": "-rw-r--r--",
}
MOST_EXPOSED = 20  # of 100, as `systemd-analyze security` counts


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False, **more)
    if done.returncode:
        raise AssertionError(f"{command[0]}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_package(folder):
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    run("cpack", "-G", "DEB", "--config", RELEASE / "CPackConfig.cmake", "-B", folder, env=environment)
    return next(folder.glob("slipway_*.deb"))


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.package = make_package(cls.folder / "first")
        cls.installed = cls.folder / "root"
        run("dpkg-deb", "--extract", cls.package, cls.installed)

    def control(self, field):
        return run("dpkg-deb", "--field", self.package, field).strip()

    def test_is_called_by_its_version_and_architecture(self):
        version = re.search(r"project\(slipway VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
        architecture = run("dpkg", "--print-architecture").strip()
        self.assertEqual(self.package.name, f"slipway_{version}_{architecture}.deb")
        self.assertEqual((self.control("Package"), self.control("Version")), ("slipway", version))
        self.assertEqual(run(self.installed / "usr/bin/slipway", "version"), f"slipway {version}\n")

    def test_has_these_files_of_root(self):
        lines = [line.split(maxsplit=5) for line in run("dpkg-deb", "--contents", self.package).splitlines()]
        self.assertEqual({line[5].removeprefix("./"): line[0] for line in lines if not line[0].startswith("d")}, FILES)
        self.assertEqual({line[1] for line in lines}, {"root/root"})

    def test_depends_on_the_libraries_that_it_loads(self):
        needed = self.control("Depends")
        for package in ("libc6", "libprometheus-cpp-core1.0", "ca-certificates", "systemd"):
            self.assertRegex(needed, rf"\b{re.escape(package)}\b")
        self.assertIn("libpq5", self.control("Recommends"))

    def test_its_scripts_start_nothing_that_does_not_run(self):
        run("dpkg-deb", "--control", self.package, self.folder / "control")
        for name in ("postinst", "prerm", "postrm"):
            script = self.folder / "control" / name
            self.assertTrue(os.access(script, os.X_OK), name)
            run("sh", "-n", script)
            done = " ".join(line for line in script.read_text().splitlines() if not line.lstrip().startswith(("echo", "#")))
            self.assertNotRegex(done, r"systemctl (--\S+ )*(start|restart|reload-or-restart|enable)\b", name)

    def test_systemd_makes_its_user(self):
        (self.installed / "etc").mkdir()
        run("systemd-sysusers", f"--root={self.installed}", self.installed / "usr/lib/sysusers.d/slipway.conf")
        users = (self.installed / "etc/passwd").read_text()
        self.assertRegex(users, r"(?m)^slipway:[^:]*:\d+:\d+:slipway:/var/lib/slipway:\S*nologin$")
        self.assertRegex((self.installed / "etc/group").read_text(), r"(?m)^docker:")

    def test_is_made_twice_the_same(self):
        again = make_package(self.folder / "second")
        first, second = (hashlib.sha256(package.read_bytes()).hexdigest() for package in (self.package, again))
        self.assertEqual(first, second)


class Unit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.unit = cls.folder / "slipway.service"
        # verify wants each program to be there.
        text = (ROOT / "deploy/systemd/slipway.service").read_text()
        cls.unit.write_text(text.replace("/usr/bin/slipway", str(RELEASE / "server/slipway")))

    def test_is_what_systemd_understands(self):
        done = subprocess.run(("systemd-analyze", "verify", "--man=no", str(self.unit)), capture_output=True, text=True, timeout=60, check=False)
        own = [line for line in done.stderr.splitlines() if "slipway" in line]
        self.assertEqual((done.returncode, own), (0, []), done.stderr)

    def test_leaves_little_exposed(self):
        run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", self.unit)


if __name__ == "__main__":
    unittest.main()
