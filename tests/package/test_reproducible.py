"""The program is the same wherever and whenever it is built: so is what it is made of, and nothing in it names a folder.

The whole program is not built twice here, which takes longer than all of these tests: one of its sources is, without ccache.
"""

import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("SLIPWAY_TEST_RELEASE", ROOT / "build/release")).resolve()
SOURCES = ("core/plan/schedule.cpp",)


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False, **more)
    if done.returncode:
        raise AssertionError(f"{command[0]}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Reproducible(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def compile(self, root):
        """Without the precompiled headers, which are a folder's own: the hashes of what is left without debug information."""
        for part in ("core", "server"):
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("node_modules"))
        commands = {entry["file"]: entry["command"] for entry in json.loads((RELEASE / "compile_commands.json").read_text())}
        hashes = []
        for source in SOURCES:
            words = [word for word in shlex.split(commands[str(ROOT / source)]) if word not in ("-include", "-Winvalid-pch") and "cmake_pch" not in word]
            words = [word.replace(str(ROOT), str(root)) for word in words if not word.endswith("/ccache")]
            words[words.index("-o") + 1] = built = root / "built.o"
            run(*words, cwd=root)
            run("strip", "--strip-debug", built)
            hashes.append(hashlib.sha256(built.read_bytes()).hexdigest())
        return hashes

    def test_objects_are_the_same_in_two_folders(self):
        self.assertEqual(self.compile(self.folder / "here"), self.compile(self.folder / "a/longer/place"))

    def test_the_program_names_no_folder_that_it_was_built_in(self):
        shipped = self.folder / "slipway"
        run("strip", "-o", shipped, RELEASE / "server/slipway")
        self.assertNotIn(str(ROOT).encode(), shipped.read_bytes())
        # A build id is a hash of the debug information too, which names folders.
        self.assertNotIn("Build ID", run("readelf", "--notes", shipped))


if __name__ == "__main__":
    unittest.main()
