"""The same folder built by slipway and by Docker's command line gives the same image."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import unittest
import uuid

from harness import ZEROS, Case, call_engine, on_every_engine

# Debian's, which brings both builders; later ones leave BuildKit to a plugin.
DOCKER = shutil.which("docker", path="/usr/bin") or shutil.which("docker")
OWN_LABELS = "org.opencontainers.image."

EVERYTHING = """\
ARG FLAVOUR=plain
FROM scratch AS first
COPY busybox /bin/busybox
RUN ["/bin/busybox", "touch", "/made"]

FROM first AS wanted
ARG FLAVOUR
ENV PATH=/bin FLAVOUR=${FLAVOUR} WORDS="several words"
WORKDIR /srv/data
COPY --chown=12:34 . ./
EXPOSE 8080 9090/udp
VOLUME /srv/volume
LABEL team=web text="a \\"quoted\\" text"
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s CMD ["/bin/busybox", "true"]
USER 12:34
ENTRYPOINT ["/bin/busybox"]
CMD ["echo", "$FLAVOUR"]

FROM wanted
ENV UNWANTED=yes
"""
# No folders: some builders give them the time of the build.
COPIES = """\
FROM scratch
COPY text.txt script.sh link /
COPY *.log .dockerignore /
COPY sub/*.txt /
"""
IGNORED = "*.log\n!kept.log\nsub/deep\n# no pattern\nmanifest.yml\n"


@on_every_engine
class Docker(Case):
    def setUp(self):
        super().setUp()
        if not DOCKER:
            self.skipTest("there is no docker command")
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.place = self.sample.folder / "one"

    def fill(self):
        for path in ("text.txt", "a.log", "kept.log", "sub/inner.txt", "sub/deep/hidden.txt", "sub/b.log"):
            self.sample.write(f"one/{path}", f"{path} {uuid.uuid4()}\n")
        self.sample.write("one/script.sh", "#!/bin/sh\n")
        self.sample.write("one/.dockerignore", IGNORED)
        (self.place / "script.sh").chmod(0o755)
        (self.place / "link").symlink_to("text.txt")
        shutil.copy("/bin/busybox", self.place / "busybox")

    def build_by_slipway(self):
        commit = self.sample.commit()
        daemon = self.start_daemon(self.sample)
        build = daemon.finished(daemon.push(ZEROS, commit))
        self.assert_succeeded(build)
        return self.inspect(self.sample.name("one"))

    def build_by_docker(self, *arguments):
        """From a work tree that is as the commit is."""
        self.set_times(int(self.sample.git("log", "-1", "--format=%ct")))
        name = self.sample.name("one", "by-docker")
        command = (DOCKER, "--host", self.address, "build", "--no-cache", "--tag", name, *arguments, self.place)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "DOCKER_BUILDKIT": str(int(self.builder == "buildkit"))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.inspect(name)

    def set_times(self, time):
        for path in (self.place, *self.place.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            os.utime(path, (time, time), follow_symlinks=False)

    def inspect(self, name):
        answer = call_engine(self.address, "GET", f"/images/{name}/json")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def entries(self, name):
        """What is in its layers, but for the times."""
        with tarfile.open(fileobj=io.BytesIO(call_engine(self.address, "GET", f"/images/{name}/get").body)) as image:
            layers = json.load(image.extractfile("manifest.json"))[0]["Layers"]
            return [self.entries_of(image.extractfile(layer).read()) for layer in layers]

    @staticmethod
    def entries_of(layer):
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            return sorted(
                (entry.name, entry.type, entry.mode, entry.uid, entry.gid, entry.linkname,
                 hashlib.sha256(tar.extractfile(entry).read()).hexdigest() if entry.isreg() else "")
                for entry in tar
            )

    def assert_same_configuration(self, ours, theirs):
        for image in (ours, theirs):
            labels = image["Config"].get("Labels") or {}
            image["Config"]["Labels"] = {name: text for name, text in labels.items() if not name.startswith(OWN_LABELS)}
            for kept_by_one_builder_only in ("Image", "Hostname"):
                image["Config"].pop(kept_by_one_builder_only, None)
        self.assertEqual(ours["Config"], theirs["Config"])
        self.assertEqual((ours["Os"], ours["Architecture"]), (theirs["Os"], theirs["Architecture"]))

    def test_gives_the_same_configuration_and_files(self):
        self.sample.image(
            "one", EVERYTHING.replace("{", "{{").replace("}", "}}"),
            "image: one\nversion: 1.0\ntarget: wanted\nbuild_args: {FLAVOUR: sweet}\nlabels: {owner: us}\n",
        )
        self.fill()
        ours = self.build_by_slipway()
        theirs = self.build_by_docker("--target", "wanted", "--build-arg", "FLAVOUR=sweet", "--label", "owner=us")
        self.assert_same_configuration(ours, theirs)
        self.assertEqual(ours["Config"]["Env"], ["PATH=/bin", "FLAVOUR=sweet", "WORDS=several words"])
        self.assertEqual(ours["Config"]["Labels"], {"team": "web", "text": 'a "quoted" text', "owner": "us"})
        entries = self.entries(self.sample.name("one"))
        self.assertEqual(entries, self.entries(self.sample.name("one", "by-docker")))
        copied = {entry[0] for layer in entries for entry in layer if entry[0].startswith("srv/data/")}
        self.assertTrue({"srv/data/sub/inner.txt", "srv/data/sub/b.log", "srv/data/link"} <= copied, copied)
        self.assertFalse({"srv/data/sub/deep", "srv/data/a.log"} & copied, copied)

    def test_gives_the_same_layers(self):
        self.sample.image("one", COPIES)
        self.fill()
        ours = self.build_by_slipway()
        theirs = self.build_by_docker()
        self.assert_same_configuration(ours, theirs)
        self.assertEqual(ours["RootFS"]["Layers"], theirs["RootFS"]["Layers"])


if __name__ == "__main__":
    unittest.main()
