"""A hostile repository: whoever may push to it, by what it pushes. Memory and time are of the whole process, measured by the kernel."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

from attack import AttackCase, Victim
from harness import SLIPWAY, ZEROS, push_event
from objects import FOLDER, LINK, SUBMODULE, Objects

CONTROLS = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


# A process of its own: one that a test's process starts begins with that one's memory.
MEASURE = """
import os, signal, sys
child = os.fork()
if not child:
    os.execv(sys.argv[2], sys.argv[2:])
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[1]))
_, status, usage = os.wait4(child, 0)
print("measured", [os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss], file=sys.stderr)
"""


class Done:
    def __init__(self, code, out, err, seconds, megabytes):
        self.code, self.out, self.err, self.seconds, self.megabytes = code, out, err, seconds, megabytes

    @property
    def text(self):
        return self.err.decode()

    def __repr__(self):
        return f"{self.code} after {self.seconds:.1f} s with {self.megabytes:.0f} MB: {self.out[:300]!r} {self.err[:900]!r}"


class HostileCase(unittest.TestCase):
    seconds, megabytes = 5, 100  # at most
    used = (0, 0)  # most of each

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slipway-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.objects = Objects(self.folder / "git")

    def run_slipway(self, *arguments, seconds=None, megabytes=None):
        """Bounded: what takes longer than it may is ended and fails."""
        seconds, megabytes = seconds or self.seconds, megabytes or self.megabytes
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}
        out, err = self.folder / "out", self.folder / "err"
        command = (sys.executable, "-ISc", MEASURE, str(seconds * 4), SLIPWAY, *arguments)
        with out.open("wb") as out_file, err.open("wb") as err_file:
            subprocess.run(command, stdout=out_file, stderr=err_file, stdin=subprocess.DEVNULL, cwd=self.objects.folder, env=environment, check=False)
        # A last line that is the measure's.
        text, _, usage = err.read_bytes().rpartition(b"measured ")
        code, used, kilobytes = json.loads(usage)
        done = Done(code, out.read_bytes(), text, used, kilobytes / 1024)
        self.assertGreaterEqual(done.code, 0, f"ended by a signal: {done}")
        self.used = (max(self.used[0], used), max(self.used[1], done.megabytes))
        # Of the processor, since other processes may keep it from this one.
        self.assertLess(used, seconds, f"s of {arguments}: {done}")
        self.assertLess(done.megabytes, megabytes, f"MB of {arguments}: {done}")
        return done

    def tearDown(self):
        print("{:.1f} s, {:.0f} MB".format(*self.used), end=" ", flush=True)

    def check(self, entries, **limits):
        """`slipway check` of a commit with these folders. All that it prints may go to a terminal."""
        self.objects.commit(self.objects.tree({name: (FOLDER, tree) for name, tree in entries.items()}))
        done = self.run_slipway("check", "main", **limits)
        self.assertIsNone(CONTROLS.search(done.out + done.err), done)
        return done

    def assert_refused(self, image, file, message="", **limits):
        """With its place, while the image beside it is checked too."""
        done = self.check({"bad": image, "good": self.objects.image("image: good\nversion: 1\n")}, **limits)
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.text, rf"(?m)^bad/{file}:\d+:\d+: .*{message}")
        self.assertNotRegex(done.text, "(?m)^good/")
        self.assertLess(len(done.err), 100_000)
        self.assertIn(b"2 images checked", done.out)


LAUGHS = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" if n else "l0: &l0 lol\n" for n in range(10))


class Manifests(HostileCase):
    def test_that_are_bombs(self):
        head = "image: bad\nversion: 1\n"
        for what, text in {
            "laughs": LAUGHS + head,
            "laughs in a list": head + "tags: &t [a, b]\nx-1: &1 [*t, *t]\nx-2: &2 [*1, *1]\nx-3: [*2, *2]\nwatch: *2\n",
            "an alias of itself": head + "x-a: &a [*a]\ntags: *a\n",
            "an unknown alias": head + "tags: *none\n",
            "merge keys": head + "x-a: &a {b: c}\n<<: *a\n",
            "deep lists": head + "tags: " + "[" * 30_000,
            "deep maps": head + "x-a: " + "{a: " * 15_000,
            "deep indents": head + "".join(" " * n + "a:\n" for n in range(300)),
            "thousands of keys": head + "".join(f"key{n}: 1\n" for n in range(5000)),
            "a key again and again": head + "image: bad\n" * 4000,
            "a huge scalar": "image: " + "a" * 65_000 + "\nversion: 1\n",
            "a huge key": head + "a" * 65_000 + ": 1\n",
            "a huge complex key": head + "? " + "[a, " * 15_000 + "\n: 1\n",
            "larger than any": head + "x-a: " + "a" * 70_000,
            "no YAML": "\t\x01\x02: [",
            "controls": head + 'tags: ["a\x1b[2J"]\n',
            "escaped controls": head + 'tags: ["\\e[2J\\x9b"]\n',
            "an escaped name": 'image: "bad\\e]0;x\\a"\nversion: 1\n',
            "no UTF-8": b"image: \xff\xfe\nversion: 1\n",
            "UTF-16": "image: bad\nversion: 1\n".encode("utf-16"),
            "tags of YAML": "image: !!python/object/apply:os.system [id]\nversion: 1\n",
            "two documents": head + "---\n" + head,
            "many documents": "---\n" * 20_000,
            "a list": "- a\n" * 10_000,
            "nothing": "",
        }.items():
            with self.subTest(what):
                self.assert_refused(self.objects.image(text), "manifest.yml")

    def test_whose_names_are_no_names(self):
        """What a manifest may not make of a reference, a tag, a path or a platform."""
        head = "image: bad\nversion: 1\n"
        for text in (
            "image: bad\nversion: '{sha}'\n", "image: bad\nversion: $(id)\n", "image: bad\nversion: ${VERSION}\n",
            "image: bad\nversion: 1@sha256:00\n", "image: bad\nversion: ../1\n",
            "image: ../bad\nversion: 1\n", "image: /bad\nversion: 1\n", "image: bad:1\nversion: 1\n", "image: --help\nversion: 1\n",
            "image: Bad\nversion: 1\n",
            "image: evil.example/bad\nregistry: x@evil.example\nversion: 1\n", head + "registry: user:password@registry.example\n",
            head + "registry: https://registry.example\n",
            head + "registry: 'registry.example/../x'\n", head + "registry: \"registry.example\\n\"\n",
            head + "tags: ['{branch}', '$(id)', '`id`']\n",
            head + "tags: ['{{.Env}}']\n", head + "dockerfile: ../../etc/passwd\n", head + "dockerfile: /etc/passwd\n",
            head + "dockerfile: a/../../b\n", head + "watch: ['[']\n",
            head + "platform: $(id)\n", head + "target: ''\n",
        ):
            with self.subTest(text):
                self.assert_refused(self.objects.image(text), "manifest.yml")

    def test_that_are_huge_are_not_read(self):
        self.assert_refused(self.objects.image(self.objects.zeros(256)), "manifest.yml", "larger than 64 KiB")

    def test_that_point_elsewhere(self):
        for target in (b"/etc/passwd", b"../good/manifest.yml", b"/dev/zero"):
            link = (LINK, self.objects.blob(target))
            image = self.objects.tree({"manifest.yml": link, "Dockerfile": self.objects.blob(b"FROM a\n")})
            self.assert_refused(image, "manifest.yml", "symbolic link")
        manifest = self.objects.blob(b"image: bad\nversion: 1\n")
        link = (LINK, self.objects.blob(b"/etc/passwd"))
        self.assert_refused(self.objects.tree({"manifest.yml": manifest, "Dockerfile": link}), "manifest.yml", "not a regular file")

    def test_whose_dockerfile_is_very_deep(self):
        """One name for each folder on the way to it."""
        depth = 20_000
        leaf = self.objects.tree({"f": self.objects.blob(b"FROM scratch\n")})
        deep = self.objects.nested(leaf, depth - 1)
        manifest = self.objects.blob(b"image: bad\nversion: 1\ndockerfile: " + b"a/" * depth + b"f\n")
        self.objects.commit(self.objects.tree({"manifest.yml": manifest, "a": (FOLDER, deep)}))
        self.assertEqual(self.run_slipway("check", "main").code, 1)


class Dockerfiles(HostileCase):
    def test_that_are_endless(self):
        """Each is refused, or read; the time is bounded either way."""
        for what, text in {
            "100,000 stages": "FROM a\n" * 100_000,
            "stages on stages": "FROM a AS s0\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(40_000)),
            "stages that copy from all": "FROM a AS s\n" + "COPY --from=s x y\n" * 50_000,
            "continuation": "FROM a\nRUN x" + "\\\n" * 300_000,
            "continued comments": "FROM a\nRUN x \\\n" + "# c\n" * 200_000,
            "a line of a megabyte": "FROM " + "a" * 1_000_000 + "\n",
            "an ARG that doubles": "ARG A0=aaaaaaaaaaaaaaaa\n" + "".join(f"ARG A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(60)) + "FROM $A60\n",
            "an ARG of patterns": "ARG A=" + "a" * 30_000 + "\nFROM ${A//" + "*a" * 2000 + "/x}\n",
            "nested defaults": "FROM " + "${A:-" * 10_000 + "x" + "}" * 10_000 + "\n",
            "heredocs without an end": "FROM a\nRUN " + "<<E" * 10_000 + "\n" + "x\n" * 100_000,
            "ONBUILD of ONBUILD": "FROM a AS s0\n" + "ONBUILD COPY --from=x y z\n" * 5000 + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(500)),
            "JSON without an end": "FROM a\nRUN " + "[" * 60_000 + "\n",
            "flags": "FROM a\nRUN " + "--mount=type=bind,from=x " * 2600 + "true\n",
            "controls": "FROM a\x1b[2J\nFR\x1bOM\n\0\n",
            "no UTF-8": b"FROM \xff\xfe\n",
            "blanks": " " * 1_000_000,
            "directives": "# escape=`\n" * 90_000 + "FROM a\n",
        }.items():
            with self.subTest(what):
                done = self.check({"bad": self.objects.image("image: bad\nversion: 1\n", text)}, megabytes=300, seconds=10)
                self.assertIn(done.code, (0, 1))
                if done.code:
                    self.assertRegex(done.text, r"(?m)^bad/Dockerfile:\d+:\d+: ")
                self.assertLess(len(done.err), 100_000)

    def test_that_are_huge_are_not_read(self):
        zeros = self.objects.zeros(256)
        self.assert_refused(self.objects.image("image: bad\nversion: 1\n", zeros), "Dockerfile", "larger than 1 MiB")
        ignore = self.objects.image("image: bad\nversion: 1\n", **{".dockerignore": zeros})
        self.assert_refused(ignore, ".dockerignore", "larger than 1 MiB")


class Trees(HostileCase):
    seconds, megabytes = 15, 500

    def plan(self, tree, before=ZEROS, **limits):
        after = self.objects.commit(tree)
        return self.run_slipway("plan", "--format", "json", before, after, **limits)

    def test_of_a_million_files_in_a_few_trees(self):
        files = self.objects.tree({b"f%d" % number: self.objects.blob(b"") for number in range(1000)})
        thousand = self.objects.tree({b"d%d" % number: (FOLDER, files) for number in range(1000)})
        image = self.objects.image("image: bad\nversion: 1\n", big=(FOLDER, thousand))
        done = self.plan(self.objects.tree({"bad": (FOLDER, image)}))
        self.assertEqual((done.code, len(json.loads(done.out)["steps"])), (0, 1))
        done = self.run_slipway("context", "--list", "main", "bad")
        self.assertEqual((done.code, "a million files" in done.text), (1, True), done)

    def test_of_one_tree_of_a_million_files(self):
        blob = self.objects.blob(b"")
        image = self.objects.image("image: bad\nversion: 1\n", **{f"f{number}": blob for number in range(900_000)})
        done = self.plan(self.objects.tree({"bad": (FOLDER, image)}))
        self.assertEqual((done.code, len(json.loads(done.out)["steps"])), (0, 1))
        self.assertEqual(self.run_slipway("context", "--list", "main", "bad").code, 0)

    def test_of_one_tree_of_more_than_64_mebibytes(self):
        blob = self.objects.blob(b"")
        image = self.objects.image("image: bad\nversion: 1\n", **{f"{number:04000}": blob for number in range(17_000)})
        done = self.plan(self.objects.tree({"bad": (FOLDER, image)}), megabytes=50)
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.text, "64 MiB")

    def test_whose_images_share_a_large_manifest(self):
        """57 KB are once in git, and once for each of 10,000 folders in a plan."""
        labels = "".join(f"  l{number}: {'x' * 1000}\n" for number in range(57))
        image = self.objects.image(f"image: bad\nversion: 1\nlabels:\n{labels}")
        done = self.plan(self.objects.bomb(image, depth=4))
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.text, "128 MiB")

    def test_that_are_bombs(self):
        """10^10 paths in ten objects: without images, with one at each path, as the content of one, as a change of one."""
        empty = self.objects.tree({})
        image = self.objects.image("image: bad\nversion: 1\n")
        for leaf in (empty, self.objects.tree({"f": self.objects.blob(b"")}), image):
            done = self.plan(self.objects.bomb(leaf), megabytes=1500, seconds=25)
            self.assertIn(done.code, (0, 1), done)
            if done.code:
                self.assertRegex(done.text, "million folders|images")
        small = self.objects.commit(self.objects.tree({"bad": (FOLDER, image)}))
        for leaf in (empty, self.objects.tree({"f": self.objects.blob(b"")})):
            holder = self.objects.image("image: bad\nversion: 1\n", bomb=(FOLDER, self.objects.bomb(leaf)))
            done = self.plan(self.objects.tree({"bad": (FOLDER, holder)}), small, megabytes=1500, seconds=25)
            self.assertIn(done.code, (0, 1), done)
            done = self.run_slipway("context", "--list", "main", "bad", megabytes=1500, seconds=25)
            self.assertEqual(done.code, 1, done)

    def test_that_are_deep(self):
        leaf = self.objects.image("image: bad\nversion: 1\n")
        done = self.plan(self.objects.nested(leaf, 10_000))
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.text, "deeper than")
        image = self.objects.image("image: bad\nversion: 1\n", a=(FOLDER, self.objects.nested(leaf, 10_000)))
        done = self.run_slipway("context", "--list", self.objects.commit(self.objects.tree({"bad": (FOLDER, image)})), "bad")
        self.assertEqual(done.code, 1, done)

    def test_with_names_of_control_characters(self):
        """Shown escaped, in every form; in JSON as JSON has it."""
        hostile = [
            b"\x1b[2Jred", b"new\nline", b"bell\x07", b"del\x7f", b"c1\xc2\x9b31m", b"\xff\xfe", b"turn\xe2\x80\xaet", b"tab\tbed", b"\rstart",
            b"-rf", b"$(id)", b"'; id; '",
        ]
        files = {name: self.objects.blob(b"") for name in hostile}
        sub = (FOLDER, self.objects.tree(files))
        folders = {
            name: (FOLDER, self.objects.image(f"image: a{number}\nversion: 1\n", "FROM\n" if number % 2 else "FROM a\n", sub=sub))
            for number, name in enumerate(hostile)
        }
        before = self.objects.commit(self.objects.tree({"x": self.objects.blob(b"")}))
        self.objects.commit(self.objects.tree({**folders, "x": self.objects.blob(b"y")}))
        for arguments in (
            ("check", "main"), ("plan", before, "main"), ("plan", "--format", "json", before, "main"), ("plan", "--format", "gitlab", before, "main"),
            ("plan", "main", before), ("explain", before, "main", b"\x1b[2Jred"), ("explain", before, "main", b"\x1b[31m"),
            ("context", "--list", "main", b"\x1b[2Jred"),
            ("check", b"\x1b[2J"), ("context", "--list", "main", b"\x1b[2J"), ("plan", b"\x1b]0;x\x07", "main"),
        ):
            with self.subTest(arguments):
                done = self.run_slipway(*arguments)
                # JSON has its own escapes, and takes U+0080 to U+009F as they are: it is for programs.
                shown = done.err if "json" in arguments else done.out + done.err
                self.assertIsNone(CONTROLS.search(shown), done)
                self.assertTrue(done.out + done.err)
                if "json" in arguments:
                    self.assertEqual(len(json.loads(done.out)["steps"]), len(hostile) // 2)

    def test_with_names_that_lead_out(self):
        for name in (b"..", b".", b".git", b"a/b", b"../x", b"/etc"):
            image = self.objects.image("image: bad\nversion: 1\n", **{"sub": (FOLDER, self.objects.tree({name: self.objects.blob(b"x")}))})
            self.objects.commit(self.objects.tree({"bad": (FOLDER, image)}))
            done = self.run_slipway("context", "main", "bad")
            with contextlib.suppress(tarfile.ReadError):
                for entry in tarfile.open(fileobj=io.BytesIO(done.out)):
                    self.assertNotIn("..", entry.name.split("/"), done)
                    self.assertFalse(entry.name.startswith("/"), done)

    def test_with_links_out_of_the_context(self):
        """They stay links: nothing of this machine is read for them. What is no content stays out."""
        targets = (b"/etc/passwd", b"../../../etc/shadow", b"/dev/zero")
        links = {f"link{number}": (LINK, self.objects.blob(target)) for number, target in enumerate(targets)}
        image = self.objects.image("image: bad\nversion: 1\n", **links, module=(SUBMODULE, "1" * 40))
        self.objects.commit(self.objects.tree({"bad": (FOLDER, image), ".gitmodules": self.objects.blob(b"[submodule]\n url = file:///etc\n")}))
        done = self.run_slipway("context", "main", "bad")
        entries = {entry.name: entry for entry in tarfile.open(fileobj=io.BytesIO(done.out))}
        self.assertTrue(all(entries[name].issym() and entries[name].size == 0 for name in links))
        self.assertTrue(entries["module"].isdir())
        self.assertNotIn(b"root:", done.out)

    def test_with_patterns_that_never_end(self):
        """What `.dockerignore` may cost: many patterns for many files, and such as go back and forth."""
        many = "".join(f"p{number}*\n" for number in range(20_000))
        blob = self.objects.blob(b"")
        files = {f"f{number}": blob for number in range(100_000)}
        image = self.objects.image("image: bad\nversion: 1\n", **{".dockerignore": self.objects.blob(many.encode())}, **files)
        self.objects.commit(self.objects.tree({"bad": (FOLDER, image)}))
        done = self.run_slipway("context", "--list", "main", "bad")
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.text, "too many patterns|too large together")
        backtracking = ("*a" * 120 + "b\n" + "**/a" * 60 + "/b\n").encode()
        long = {"a" * 250 + str(number): blob for number in range(100)}
        image = self.objects.image("image: bad\nversion: 1\n", **{".dockerignore": self.objects.blob(backtracking)}, **long)
        self.objects.commit(self.objects.tree({"bad": (FOLDER, image)}))
        self.assertIn(self.run_slipway("context", "--list", "main", "bad").code, (0, 1))

    def test_with_files_that_are_huge(self):
        zeros = self.objects.zeros(600)
        image = self.objects.image("image: bad\nversion: 1\n", big=zeros)
        done = self.plan(self.objects.tree({"bad": (FOLDER, image)}), megabytes=100)
        self.assertEqual(done.code, 0, "only what is sent is read")
        done = self.run_slipway("context", "main", "bad", megabytes=100)
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.text, "'big': .*512 MiB")
        link = self.objects.image("image: bad\nversion: 1\n", big=(LINK, zeros))
        self.objects.commit(self.objects.tree({"bad": (FOLDER, link)}))
        done = self.run_slipway("context", "main", "bad", megabytes=100)
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.text, "'big': a symbolic link longer")

    def test_whose_attributes_change_nothing(self):
        """Commits are read, not exported or checked out."""
        attributes = b"* export-ignore\n* export-subst\n* text eol=crlf\n* ident\n* filter=evil working-tree-encoding=UTF-16\n"
        text = self.objects.blob(b"$Format:%H$ $Id$\n")
        contexts = []
        for more in ({}, {".gitattributes": self.objects.blob(attributes)}):
            image = self.objects.image("image: bad\nversion: 1\n", text=text)
            self.objects.commit(self.objects.tree({"bad": (FOLDER, image), **more}))
            done = self.run_slipway("context", "main", "bad")
            self.assertEqual(done.code, 0, done)
            contexts.append(done.out)
        self.assertIn(b"$Format:%H$ $Id$\n", contexts[0])
        self.assertEqual(*contexts)

    def test_whose_objects_are_broken(self):
        """Missing, of another kind, cut, or a loop of names that no hash allows."""
        blob = self.objects.blob(b"x")
        for tree in (
            {"a": (FOLDER, "1" * 40)}, {"a": (FOLDER, blob)}, {"manifest.yml": "2" * 40}, {"manifest.yml": self.objects.tree({})},
            {"manifest.yml": (FOLDER, blob)},
        ):
            self.objects.commit(self.objects.tree(tree))
            done = self.run_slipway("check", "main")
            self.assertIn(done.code, (1, 2, 3), done)
            self.assertTrue(done.err)
        for content in (b"100644 a", b"100644 a\0" + b"\1" * 10, b"999999999 a\0" + b"\1" * 20, b"\xff" * 1000, b"100644 \0" + b"\1" * 20):
            self.objects.commit(self.objects.put("tree", len(content), [content]))
            done = self.run_slipway("check", "main")
            self.assertIn(done.code, (0, 1, 2, 3), done)


class Names(HostileCase):
    def test_that_look_like_options_are_names(self):
        image = self.objects.image()
        commit = self.objects.commit(self.objects.tree({"one": (FOLDER, image)}))
        mark = self.folder / "ran"
        for name in (
            f"--upload-pack=touch {mark}", "--config=x", "-h", "../x", "main:one", "main^{/x}", ":/x", "@{u}", "main@{1000000000}", "a" * 100_000,
            "ext::sh -c id", "|id", "",
        ):
            for arguments in (("plan", "--", name, "main"), ("plan", "--", "main", name), ("check", "--", name), ("context", "--", name, "one")):
                done = self.run_slipway(*arguments)
                self.assertIn(done.code, (0, 1, 2, 3), done)
        self.assertFalse(mark.exists())
        self.assertEqual(self.run_slipway("check", commit).code, 0)


class InTheDaemon(AttackCase):
    """The same by pushes: what is wrong is said in the build, and others' pushes are built."""

    most_memory = 900

    def commit_of(self, objects, tree):
        """Brought to the sample by a fetch, as a push brings it to GitLab."""
        commit = objects.commit(tree)
        self.sample.git("fetch", "-q", str(objects.folder), "+refs/heads/main:refs/heads/hostile")
        return commit

    def pushed(self, commit, ref="refs/heads/feature-x"):
        return self.daemon.finished(self.daemon.push(self.commits[0], commit, ref), 60)

    def test_bad_images_are_told_at_their_place_and_others_built(self):
        objects = Objects(self.folder / "hostile")
        folders = {
            "laughs": objects.image(LAUGHS), "gone": objects.image("image: gone\nversion: 1\n", objects.blob(b"FROM a\n" * 140_000)),
            "big": objects.image(objects.zeros(100)), "good": objects.image("image: good\nversion: 1\n", **{"text.txt": objects.blob(b"x")}),
        }
        build = self.pushed(self.commit_of(objects, objects.tree({name: (FOLDER, tree) for name, tree in folders.items()})))
        self.assertEqual(build["state"], "failed")
        self.assertRegex(build["error"], r"manifest.yml:\d+:\d+")
        self.assertEqual({step["folder"]: step["state"] for step in build["steps"]}["good"], "pushed")

    def test_bombs_end_the_build_and_nothing_else(self):
        objects = Objects(self.folder / "hostile")
        leaf = objects.tree({"f": objects.blob(b"")})
        holder = objects.image("image: bad\nversion: 1\n", bomb=(FOLDER, objects.bomb(leaf)))
        for tree in (objects.bomb(leaf), objects.tree({"bad": (FOLDER, holder)}), objects.nested(leaf, 2000)):
            objects_commit = objects.commit(tree)
            # git itself would walk all of it, so the objects are put beside the sample's own.
            subprocess.run(("cp", "-rn", f"{objects.folder}/objects/.", self.sample.folder / ".git/objects"), check=True)
            self.sample.git("update-ref", "refs/heads/feature-x", objects_commit)
            build = self.pushed(objects_commit)
            self.assertEqual(build["state"], "failed", build)
            self.assertTrue(build["error"] or build["steps"][0]["error"])
            self.assert_serves()

    def test_an_image_of_another_registry_is_refused(self):
        """Whoever pushes must not send the daemon's credentials, or an image, to a registry of their own."""
        other = "127.0.0.2:5000"
        folders = {
            "aimed": f"image: aimed\nversion: 1\nregistry: {other}\n",
            "named": f"image: {other}/named\nversion: 1\n",
            "below": f"image: x\nversion: 1\nregistry: {self.world.registry}.evil.example\n",
            "beside": f"image: x\nversion: 1\nregistry: {self.world.registry}0/x\n",
        }
        for folder, manifest in folders.items():
            self.sample.image(folder, "FROM scratch\nCOPY text.txt /\n", manifest)
            self.sample.write(f"{folder}/text.txt", "x")
        after = self.sample.commit()
        build = self.daemon.finished(self.daemon.push(self.commits[-1], after))
        self.assertEqual((build["state"], {step["folder"] for step in build["steps"]} & set(folders) - {"named"}), ("failed", set()), build)
        self.assertIn("allowed_registries", build["error"])
        self.assertTrue(all(name.startswith(self.world.registry + "/") for names in self.world.builds for name in names), self.world.builds)

    def test_names_of_branches_that_look_like_something_else(self):
        """Each ends by itself: refused at the door, ignored, or a build that says what is wrong."""
        refs = [
            "--upload-pack=touch /tmp/x", "../../../etc/passwd", "a:refs/heads/main", "+main", "*", "main*", "a..b", "@{u}", "a.lock", "-x", "a\\b",
            "a~1", "a^", "a?", "a[b]",
            "x" * 3000, "a//b", "/a", "a/", ".a", "é", "\u202emain", "feature\u0085", "HEAD", "$(id)", "`id`", "feature;id",
        ]
        for name in refs:
            answer = self.daemon.deliver(push_event(self.commits[0], self.commits[1], f"refs/heads/{name}"))
            self.assertIn(answer.status, (200, 202, 400), (name, answer))
            if answer.status == 202:
                self.daemon.finished(answer.json["build"], 60)
        self.assertEqual(self.sample.git("rev-parse", "main"), self.commits[-1])
        self.assert_succeeded(self.daemon.finished(self.daemon.push(ZEROS, self.commits[-1])))

    def start_victim(self):
        branches = [{"match": "main", "push": True}, {"match": "*", "push": True, "tags": ["{version}-{branch}"]}]
        self.daemon = self.start_daemon_with(branches)
        return self.daemon

    def start_daemon_with(self, branches):
        daemon = Victim(self.folder / "daemon", self.config(self.sample, repository={"branches": branches}))
        self.addCleanup(lambda: daemon.process.end(9))
        return daemon


if __name__ == "__main__":
    unittest.main()
