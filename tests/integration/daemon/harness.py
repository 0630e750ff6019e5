"""What the tests of the whole program share: a sample repository, registries, engines and the daemon, all of them real processes.

Everything that is started here ends by its process id, and everything that is waited for has a deadline.
"""

import atexit
import base64
import contextlib
import ctypes
import gzip
import hashlib
import hmac
import http.client
import io
import json
import mmap
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import urllib.parse
import uuid

from access import Open, Tls, own_address
from proxy import RegistryProxy

ROOT = pathlib.Path(__file__).resolve().parents[3]
SLIPWAY = str(pathlib.Path(os.environ.get("SLIPWAY", ROOT / "build/release/server/slipway")).absolute())
BUILDERS = ("classic", "buildkit")
# The registry server of Debian, and what the distribution project releases today.
SERVERS = {"v2": "docker-registry", "v3": os.environ.get("SLIPWAY_TEST_DISTRIBUTION", str(ROOT / "build/distribution/registry"))}
ZEROS = "0" * 40
SIGNING_KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()
TOKENS = {"read": "read-token-1", "write": "write-token-1"}
PROJECT = "samples/images"
# With SLIPWAY_TEST_STORE=postgres every daemon has its store in the PostgreSQL of SLIPWAY_TEST_POSTGRES, in a schema of its own.
POSTGRES = os.environ.get("SLIPWAY_TEST_POSTGRES")
IS_POSTGRES_USUAL = os.environ.get("SLIPWAY_TEST_STORE") == "postgres"


def sanitizer_of(program):
    """What a program was compiled with: `asan`, `tsan` or None."""
    with contextlib.suppress(OSError, ValueError), open(program, "rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return next((name for name in ("asan", "tsan") if text.find(f"__{name}_init".encode()) >= 0), None)


SANITIZER = sanitizer_of(SLIPWAY)
PATIENCE = 360 if SANITIZER else 120  # seconds: what a build may take on a slow and busy machine

MANIFEST_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


def engines():
    """The addresses of the engines to test with: SLIPWAY_TEST_ENGINES, else DOCKER_HOST."""
    listed = os.environ.get("SLIPWAY_TEST_ENGINES", "").replace(",", " ").split()
    return listed or [os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"]


def wait_until(find, what, seconds=PATIENCE):
    """The first true answer of `find`; `what` may be a function that tells how things stand."""
    end = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > end:
            told = what() if callable(what) else what
            raise AssertionError(f"not within {seconds} s: {told}")
        time.sleep(0.02)


def expect_findings(folder):
    """From here on a sanitizer ends a program at its first finding, and writes that into a file of this folder."""
    common = f"exitcode=86:log_path={folder}/finding"
    os.environ["ASAN_OPTIONS"] = f"{common}:halt_on_error=1:detect_leaks=1:verify_asan_link_order=0"
    os.environ["UBSAN_OPTIONS"] = f"{common}:halt_on_error=1:print_stacktrace=1"
    os.environ["TSAN_OPTIONS"] = f"{common}:halt_on_error=1"
    os.environ["LSAN_OPTIONS"] = f"{common}:suppressions={ROOT}/tests/leaks.txt:print_suppressions=0"
    if SANITIZER == "tsan":
        ctypes.CDLL(None).personality(0x0040000)  # without ASLR, for all that is started: see without_aslr in tests/run


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program in a session of its own, with its output in a file."""

    def __init__(self, command, log, environment=None):
        self.log = pathlib.Path(log)
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
            )
        atexit.register(self.end_with_the_tests)

    def is_running(self):
        return self.child.poll() is None

    def end(self, number=signal.SIGTERM, seconds=40):
        """Its exit code."""
        if self.is_running():
            self.child.send_signal(number)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.child.args[0]} did not end within {seconds} s:\n{self.tail()}") from None

    def end_with_the_tests(self):
        """A test that is interrupted does not clean up."""
        if self.is_running():
            self.child.terminate()

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


# --- HTTP


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


def read_answer(connection):
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def call_over(connection, method, path, body=None, headers=None):
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        return read_answer(connection)


def call(port, method, path, body=None, headers=None, seconds=60):
    return call_over(http.client.HTTPConnection("127.0.0.1", port, timeout=seconds), method, path, body, headers)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, seconds):
        super().__init__("engine", timeout=seconds)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def call_engine(address, method, path, seconds=60):
    return call_over(UnixConnection(address.removeprefix("unix://"), seconds), method, path)


# --- the sample repository


class Sample:
    """A Git repository of images that need nothing from outside: a static busybox stands for an operating system."""

    def __init__(self, folder, registry):
        self.folder, self.registry = pathlib.Path(folder), registry
        self.folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments, text=None):
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        identity = ("-c", "user.name=Sample", "-c", "user.email=sample@example.com", "-c", "gc.auto=0")
        done = subprocess.run(
            ("git", "-C", self.folder, *identity, *arguments),
            input=text, capture_output=True, text=True, check=False, env=environment,
        )
        if done.returncode:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def name(self, folder, version="1.0"):
        return f"{self.registry}/{folder}:{version}"

    def image(self, folder, dockerfile, manifest=None):
        """`dockerfile` may name other images as {name}."""
        names = {other.parent.name: self.name(other.parent.name) for other in self.folder.glob("*/manifest.yml")}
        self.write(f"{folder}/Dockerfile", dockerfile.format(**names))
        self.write(f"{folder}/manifest.yml", manifest or f"image: {folder}\nversion: 1.0\n")

    def base(self, folder="base", more=""):
        (self.folder / folder).mkdir(exist_ok=True)
        shutil.copy("/bin/busybox", self.folder / folder / "busybox")
        self.write(f"{folder}/release.txt", "first")
        self.image(folder, "FROM scratch\nCOPY busybox /bin/busybox\nCOPY release.txt /etc/release.txt\n" + more)

    def commit(self, message="a change"):
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def commit_on(self, branch, path, text):
        """On a branch's tip, whatever is checked out."""
        self.git("fast-import", "--quiet", text=(
            f"commit refs/heads/{branch}\ncommitter Sample <sample@example.com> 1700000000 +0000\ndata 1\nx\n"
            f"from refs/heads/{branch}^0\nM 100644 inline {path}\ndata {len(text)}\n{text}\n"
        ))
        return self.git("rev-parse", branch)

    def four_images(self):
        """A base, two on it, and one that has nothing to do with them."""
        self.base()
        self.write("web/index.html", "first page")
        self.image("web", "FROM {base}\nCOPY index.html /srv/index.html\n")
        self.image("worker", 'FROM {base}\nRUN ["/bin/busybox", "cp", "/etc/release.txt", "/copied.txt"]\n')
        self.image("unrelated", "FROM scratch\nCOPY manifest.yml /\n")
        return self.commit("four images")


def slow(seconds):
    """A line of a Dockerfile that lasts, so that a test can act in the middle of it."""
    return f'RUN ["/bin/busybox", "sh", "-c", "/bin/busybox sleep {seconds}; : not from a cache, {uuid.uuid4()}"]\n'


# --- registries


class Registry:
    """A registry server on a free port, its data kept over a stop. `access`: of access.py; `server`: of SERVERS."""

    def __init__(self, folder, access=Open, server="v2"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.access, self.server = access(self.folder), server
        self.port = free_port()
        self.address = f"{self.access.host}:{self.port}"
        config = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}},
            **self.access.prepare(self.address),
        }
        config["http"] = {"addr": self.address, "secret": "one for all of its starts", **config.get("http", {})}
        (self.folder / "config.yml").write_text(json.dumps(config))
        self.process = None
        self.start()

    def start(self):
        environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
        self.process = Process((SERVERS[self.server], "serve", self.folder / "config.yml"), self.folder / "log", environment)
        wait_until(self.answers, self.process.tail, 30)

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.call("GET", "/v2/").status in (200, 401)
        return False

    def stop(self):
        self.process.end(signal.SIGKILL)

    def close(self):
        self.stop()
        self.access.close()

    def call(self, method, path, body=None, headers=None):
        if self.access.tls:
            connection = http.client.HTTPSConnection(self.access.host, self.port, timeout=60, context=self.access.tls)
        else:
            connection = http.client.HTTPConnection(self.access.host, self.port, timeout=60)
        return call_over(connection, method, path, body, headers)

    def get(self, path):
        return self.call("GET", path, headers={"Accept": ", ".join(MANIFEST_TYPES), **self.access.headers(path)})

    def put(self, path, body, kind):
        answer = self.call("PUT", path, body, {"Content-Type": kind, **self.access.headers(path)})
        if answer.status != 201:
            raise AssertionError(f"PUT {path}: {answer}")

    def put_blob(self, name, content, kind):
        path = f"/v2/{name}/blobs/uploads/"
        begun = self.call("POST", path, headers=self.access.headers(path))
        place = urllib.parse.urlsplit(begun.headers["Location"])
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        self.put(f"{place.path}?{place.query}&digest={digest}", content, "application/octet-stream")
        return {"mediaType": kind, "size": len(content), "digest": digest}

    def publish(self, name, files, tag="1"):
        """An image of these files, which no engine has seen."""
        layer, config = image_of(files)
        docker = "application/vnd.docker."
        manifest = {
            "schemaVersion": 2,
            "mediaType": docker + "distribution.manifest.v2+json",
            "config": self.put_blob(name, config, docker + "container.image.v1+json"),
            "layers": [self.put_blob(name, layer, docker + "image.rootfs.diff.tar.gzip")],
        }
        self.put(f"/v2/{name}/manifests/{tag}", json.dumps(manifest).encode(), manifest["mediaType"])
        return f"{self.address}/{name}:{tag}"

    def catalog(self):
        return set(self.get("/v2/_catalog").json["repositories"] or [])

    def digest(self, name, tag="1.0"):
        """None where there is no such tag."""
        answer = self.get(f"/v2/{name}/manifests/{tag}")
        return "sha256:" + hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None

    def manifest(self, name, tag="1.0"):
        manifest = self.get(f"/v2/{name}/manifests/{tag}").json
        for entry in manifest.get("manifests", []):
            if entry["platform"]["os"] != "unknown":
                return self.manifest(name, entry["digest"])
        return manifest

    def labels(self, name, tag="1.0"):
        digest = self.manifest(name, tag)["config"]["digest"]
        return self.get(f"/v2/{name}/blobs/{digest}").json["config"]["Labels"]

    def text(self, name, path, tag="1.0"):
        """Of a file; None where there is no such tag. While a tag is put anew the server may have none for a moment."""
        with contextlib.suppress(KeyError):
            return self.files(name, tag).get(path)

    def files(self, name, tag="1.0"):
        """Path → content of the image's plain files, as its layers lie over each other."""
        files = {}
        for layer in self.manifest(name, tag)["layers"]:
            blob = self.get(f"/v2/{name}/blobs/{layer['digest']}").body
            with tarfile.open(fileobj=io.BytesIO(blob)) as tar:
                files.update((entry.name, tar.extractfile(entry).read()) for entry in tar if entry.isreg())
        return files


def image_of(files):
    """A layer and a configuration."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    config = {
        "os": "linux",
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar.getvalue()).hexdigest()]},
    }
    return gzip.compress(tar.getvalue()), json.dumps(config).encode()


# --- engines


class Engine:
    """A Docker Engine of a test's own, so that it may be stopped. Nothing of the machine's network is changed but for one bridge.

    `disk`: the size of its data's disk, as tmpfs has it; it is in memory then.
    """

    def __init__(self, folder, disk=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        if disk:
            (self.folder / "data").mkdir()
            subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={disk}", "tmpfs", self.folder / "data"), check=True)
        self.address = f"unix://{self.folder}/docker.sock"
        self.process = None
        self.bridge = self.make_bridge()
        self.start()

    @staticmethod
    def make_bridge():
        used = subprocess.run(("ip", "-4", "route"), capture_output=True, text=True, check=True).stdout
        for number in range(20, 250):
            name = f"slipway-e{number}"
            if f"10.214.{number}." in used:
                continue
            if subprocess.run(("ip", "link", "add", name, "type", "bridge"), capture_output=True, check=False).returncode == 0:
                subprocess.run(("ip", "addr", "add", f"10.214.{number}.1/24", "dev", name), check=True)
                subprocess.run(("ip", "link", "set", name, "up"), check=True)
                return name
        raise AssertionError("no bridge can be made; an engine needs CAP_NET_ADMIN")

    def start(self):
        command = (
            "dockerd", "--data-root", self.folder / "data", "--exec-root", self.folder / "exec", "--pidfile", self.folder / "pid",
            "--host", self.address, "--bridge", self.bridge, "--iptables=false", "--ip-forward=false", "--ip-masq=false",
            "--containerd-namespace", self.bridge, "--containerd-plugins-namespace", self.bridge + "-plugins",
        )
        self.process = Process(command, self.folder / "log")
        wait_until(self.answers, self.process.tail, 60)

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return call_engine(self.address, "GET", "/_ping").status == 200
        return False

    def stop(self):
        self.process.end()

    def kill(self):
        """As if its machine's memory were out. Its containerd dies with it, a little later."""
        containerd = int((self.folder / "exec/containerd/containerd.pid").read_text())
        self.process.end(signal.SIGKILL)
        wait_until(lambda: not pathlib.Path(f"/proc/{containerd}").exists(), "the end of the engine's containerd", 30)

    def forget(self, image):
        answer = call_engine(self.address, "DELETE", f"/images/{image}?force=1")
        if answer.status != 200:
            raise AssertionError(f"removing {image}: {answer}")

    def remove(self):
        self.stop()
        subprocess.run(("ip", "link", "del", self.bridge), capture_output=True, check=False)
        self.end_shims()
        # An engine leaves its network namespaces mounted.
        mounts = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
        for place in sorted((place for place in mounts if place.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(("umount", "-l", place), check=False)

    def end_shims(self):
        """Those of an engine that was killed in a RUN live on."""
        address = f"{self.folder}/exec/containerd/containerd.sock".encode()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if address in (process / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(process.name), signal.SIGKILL)


def find_images(address, **filters):
    wanted = urllib.parse.quote(json.dumps(filters))
    return call_engine(address, "GET", f"/images/json?filters={wanted}").json


def remove_images(address, registry, source):
    """An engine that others use must not keep names of a registry that is gone, nor what was built of a repository that is."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        for image in find_images(address, reference=[f"{registry}/*", f"{registry}/*/*"]):
            for tag in image["RepoTags"] or []:
                call_engine(address, "DELETE", f"/images/{tag}?force=1")
        for image in find_images(address, label=[f"org.opencontainers.image.source={source}"]):
            call_engine(address, "DELETE", f"/images/{image['Id']}?force=1")


# --- PostgreSQL


def query(sql, url=None):
    """The answer's lines; `url`: of a test's own schema."""
    command = ("psql", "-qAtX", "--set", "ON_ERROR_STOP=1", "-c", sql, url or POSTGRES)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise AssertionError(f"{sql}: {done.stderr}")
    return done.stdout.splitlines()


# --- the daemon


def sign(key, sent_id, sent_at, body):
    secret = base64.b64decode(key.removeprefix("whsec_"))
    text = f"{sent_id}.{sent_at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()


def push_event(before, after, ref="refs/heads/main", **changes):
    """What of GitLab's push event matters to a receiver, and a little more."""
    kind = "tag_push" if ref.startswith("refs/tags/") else "push"
    event = {
        "object_kind": kind, "event_name": kind, "before": before, "after": after, "ref": ref,
        "checkout_sha": None if set(after) == {"0"} else after, "user_name": "Sample", "project_id": 42,
        "project": {"id": 42, "name": "images", "path_with_namespace": PROJECT, "default_branch": "main"},
        "commits": [], "total_commits_count": 0,
    }
    return {**event, **changes}


class Daemon:
    """`slipway serve` with a configuration of its own; started again it goes on with the same data."""

    def __init__(self, folder, config, program=None):
        self.folder, self.program = pathlib.Path(folder), program
        self.folder.mkdir()
        self.port = free_port()
        config["listen"] = f"127.0.0.1:{self.port}"
        config.setdefault("data", str(self.folder / "data"))
        # Tests ask as fast as the machine lets them.
        config["limits"] = {"requests": "none"} | config.get("limits", {})
        self.config, self.file = config, self.folder / "slipway.yml"
        self.file.write_text(json.dumps(config, indent=2))
        self.process = None
        self.start()

    def start(self):
        self.process = Process((self.program or SLIPWAY, "serve", "--config", self.file), self.folder / "log")

        def is_ready():
            if not self.process.is_running():
                raise AssertionError(f"slipway ended at once:\n{self.process.tail()}")
            with contextlib.suppress(OSError):
                return call(self.port, "GET", "/readyz").status == 200
            return False

        wait_until(is_ready, self.process.tail, 30)

    def reload(self):
        """Takes what the test has changed in `config`."""

        def times():
            return self.process.log.read_text().count("configuration reloaded")

        before = times()
        self.file.write_text(json.dumps(self.config, indent=2))
        self.process.child.send_signal(signal.SIGHUP)
        wait_until(lambda: times() > before, self.process.tail, 30)

    def kill(self):
        self.process.end(signal.SIGKILL)

    def stop(self):
        return self.process.end(signal.SIGTERM)

    def close(self):
        """With a test. Leaks are found where it ends by itself."""
        self.process.end(signal.SIGTERM if SANITIZER else signal.SIGKILL)

    def api(self, method, path, body=None, token="write", **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {TOKENS.get(token, token)}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        return call(self.port, method, path, body, sent, seconds=PATIENCE)

    def deliver(self, body, key=SIGNING_KEY, sent_id=None, sent_at=None, **headers):
        """A webhook as GitLab 19 sends it. `body`: an event, or bytes."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        sent_id, sent_at = sent_id or str(uuid.uuid4()), sent_at or int(time.time())
        sent = {
            "Content-Type": "application/json", "X-Gitlab-Event": "Push Hook", "User-Agent": "GitLab/19.0.0",
            "Idempotency-Key": sent_id, "webhook-id": sent_id, "webhook-timestamp": str(sent_at),
        }
        if key:
            sent["webhook-signature"] = sign(key, sent_id, sent_at, body)
        sent.update((name.replace("_", "-"), value) for name, value in headers.items())
        return call(self.port, "POST", "/webhooks/gitlab", body, sent)

    def push(self, before, after, ref="refs/heads/main"):
        """The id of the build that a push makes."""
        answer = self.deliver(push_event(before, after, ref))
        if answer.status != 202:
            raise AssertionError(f"the push was not accepted: {answer}")
        return answer.json["build"]

    def build(self, number):
        answer = self.api("GET", f"/api/v1/builds/{number}")
        if answer.status != 200:
            raise AssertionError(f"build {number}: {answer}")
        return answer.json

    def steps(self, number):
        return {step["folder"]: step for step in self.build(number)["steps"]}

    def wait_for(self, number, fits, what, seconds=PATIENCE):
        """The build as soon as it fits."""

        def find():
            build = self.build(number)
            return build if fits(build) else None

        def tell():
            return f"{what}; it is\n{json.dumps(self.build(number), indent=1)[-6000:]}\n{self.process.tail()}"

        return wait_until(find, tell, seconds)

    def finished(self, number, seconds=PATIENCE):
        return self.wait_for(number, lambda build: build["finished"], f"the end of build {number}", seconds)

    def wait_for_step(self, number, folder, fits, what, seconds=PATIENCE):
        def find(build):
            return any(step["folder"] == folder and fits(step) for step in build["steps"])

        build = self.wait_for(number, find, f"step {folder} {what}", seconds)
        return next(step for step in build["steps"] if step["folder"] == folder)

    def begun_again(self, number, folder):
        """At once after a kill, and not only when a lease lapses, 20 s later at the soonest."""
        self.wait_for_step(number, folder, lambda step: step["attempts"] == 2 or step["image_id"], "is begun again", 15)

    def builds(self):
        """All, the newest first."""
        builds, path = [], "/api/v1/builds?limit=200"
        while path:
            page = self.api("GET", path).json
            builds += page["builds"]
            path = page["next"]
        return builds

    def owed(self):
        """Folder → what is said of its debt, over all branches."""
        return {entry["folder"]: entry for entry in self.api("GET", "/api/v1/owed").json["owed"]}

    def ledger(self, ref="main"):
        """Folder → its entry."""
        images = self.api("GET", f"/api/v1/images?limit=200&ref={urllib.parse.quote(ref)}").json["images"]
        return {entry["folder"]: entry for entry in images}

    def settled(self):
        """Once nothing runs, waits or is owed."""

        def is_settled():
            status = self.api("GET", "/api/v1/status").json
            return not status["running"] and not status["waiting"] and not self.owed()

        wait_until(is_settled, lambda: f"all is done; owed is\n{json.dumps(self.owed(), indent=1)}\n{self.process.tail()}")

    def log(self, number, folder):
        position = self.steps(number)[folder]["step"]
        return self.api("GET", f"/api/v1/builds/{number}/steps/{position}/log").text


# --- a test


class Case(unittest.TestCase):
    """Makes what a test needs, in a folder of its own, and takes it away again."""

    maxDiff = None
    address = None  # the engine's; these three where a test is run for several
    builder = None
    server = "v2"
    builders = BUILDERS

    def setUp(self):
        vars(self).update(getattr(getattr(self, self._testMethodName), "variant", {}))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        if SANITIZER:
            expect_findings(self.folder)
            self.addCleanup(self.assert_nothing_found)
        self.address = self.address or engines()[0]

    def assert_nothing_found(self):
        """By the sanitizer, until all that the test started has ended."""
        found = sorted(self.folder.glob("finding.*"))
        if found:
            self.fail("\n".join(file.read_text(errors="replace")[:8000] for file in found))

    def start_registry(self, name="registry", access=Open):
        if not shutil.which(SERVERS[self.server]):
            self.skipTest(f"there is no {SERVERS[self.server]}; tests/run builds it where Go can be had")
        if access is Tls and not own_address():
            self.skipTest("this machine has no address but loopback, where engines take a registry without a certificate")
        registry = Registry(self.folder / name, access, self.server)
        self.addCleanup(registry.close)
        self.addCleanup(self.remove_images, registry.address)
        return registry

    def remove_images(self, registry):
        remove_images(self.address, registry, self.folder / "sample")

    def start_proxy(self, registry):
        proxy = RegistryProxy(registry)
        self.addCleanup(proxy.close)
        self.addCleanup(self.remove_images, proxy.address)
        return proxy

    def make_sample(self, registry):
        return Sample(self.folder / "sample", registry)

    def start_engine(self, disk=None):
        engine = Engine(self.folder / "engine", disk)
        self.addCleanup(engine.remove)
        self.address = engine.address
        return engine

    def serve_git(self, sample, token):
        """The sample's address over HTTP, behind a token."""
        script = ROOT / "tests/support/git_http_server.py"
        server = subprocess.Popen(
            (sys.executable, script, sample.folder.parent, self.folder / "git-http.log", "--token", token),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.addCleanup(server.communicate)  # it ends with its standard input
        return f"http://127.0.0.1:{server.stdout.readline().strip()}/{sample.folder.name}/.git"

    def docker_config(self, users=None):
        """A folder with a config.json; `users`: a registry's address → name:password."""
        folder = self.folder / "docker"
        folder.mkdir(exist_ok=True)
        auths = {address: {"auth": base64.b64encode(user.encode()).decode()} for address, user in (users or {}).items()}
        (folder / "config.json").write_text(json.dumps({"auths": auths}))
        return folder

    def config(self, sample, **changes):
        engine = {"name": "local", "address": self.address, "builds": 2}
        if self.builder:
            engine["builder"] = self.builder
        repository = {
            "name": "images", "project": PROJECT, "url": str(sample.folder), "registry": sample.registry,
            "webhook": [{"signing_key": SIGNING_KEY}, {"token": "hook-token-1"}],
            "branches": [{"match": "main", "push": True}, {"match": "feature*", "push": True}],
        }
        repository.update(changes.pop("repository", {}))
        if IS_POSTGRES_USUAL:
            changes = {**self.make_schema(), **changes}
        return {
            "engines": [engine],
            "docker_config": str(self.docker_config(changes.pop("users", None))),
            "tokens": [{"name": role, "role": role, "token": token} for role, token in TOKENS.items()],
            "repositories": [repository],
            **changes,
        }

    def make_schema(self):
        """A store in PostgreSQL that goes with the test."""
        name = f"test_{uuid.uuid4().hex}"
        query(f"CREATE SCHEMA {name}")
        self.addCleanup(query, f"DROP SCHEMA {name} CASCADE")
        place = urllib.parse.urlsplit(POSTGRES)
        address = place._replace(netloc=place.netloc.replace(f":{place.password}@", "@"), query=f"options=-csearch_path%3D{name}")
        return {"store": address.geturl(), "store_password": place.password}

    def start_daemon(self, sample, name="daemon", program=None, **changes):
        """`program`: another one than SLIPWAY."""
        daemon = Daemon(self.folder / name, self.config(sample, **changes), program)
        self.addCleanup(daemon.close)
        return daemon

    def assert_succeeded(self, build):
        told = [(step["folder"], step["state"], step["error"]) for step in build["steps"]]
        self.assertEqual(build["state"], "succeeded", f"{build['error']}: {told}")

    def assert_pushed(self, registry, build, folders):
        """Exactly these, and the registry has what the build says."""
        pushed = {step["folder"]: step for step in build["steps"] if step["state"] == "pushed"}
        self.assertEqual(set(pushed), set(folders))
        for folder, step in pushed.items():
            for reference, digest in step["digests"].items():
                tag = reference.rpartition(":")[2]
                self.assertEqual(registry.digest(folder, tag), digest, reference)

    def assert_ledger_is_registry(self, daemon, registry, ref="main"):
        """What the ledger says was pushed is what the registry has, and nothing is owed."""
        self.assertEqual(daemon.owed(), {})
        for folder, entry in daemon.ledger(ref).items():
            for reference, digest in entry["digests"].items() if not entry["removed"] else ():
                name, _, tag = reference.partition("/")[2].rpartition(":")
                self.assertEqual(registry.digest(name, tag), digest, f"{folder}: {reference}")


def for_each(variants):
    """A class decorator: each test for each of these: the end of its name → what the case has while it runs."""

    def spread(case):
        for name in [name for name in dir(case) if name.startswith("test_")]:
            test = getattr(case, name)
            delattr(case, name)
            for suffix, attributes in variants.items():

                def run(self, test=test):
                    test(self)

                run.variant = {**getattr(test, "variant", {}), **attributes}
                setattr(case, f"{name}_{suffix}", run)
        return case

    return spread


def on_every_engine(case):
    """A class decorator: each test for each engine of SLIPWAY_TEST_ENGINES and each builder (of the case's `builders`)."""
    return for_each({
        f"with_{builder}" + (f"_{number}" if len(engines()) > 1 else ""): {"address": address, "builder": builder}
        for number, address in enumerate(engines(), 1) for builder in case.builders
    })(case)


on_every_server = for_each({f"at_{server}": {"server": server} for server in SERVERS})
