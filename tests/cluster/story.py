"""What is shown, in its order: each method a step, its sentence what a person reads, its answer what was seen."""

import collections
import concurrent.futures
import contextlib
import http.client
import json
import shutil
import threading

import images
import rollout
from cluster import HAS_ROLLOUT, PORTS, ROOT, SERVICES, SLIPWAY, TRAINING, Failure, NotShown
from cluster import ask, command, helm, kill, kubectl, pods, read, release, replaced, rolled_out
from harness import slow, wait_until
from slipway import Slipway
from world import RELEASES, World, objects

APPLICATIONS = ("training-backend", "training-frontend")
DAEMON = "app.kubernetes.io/name=slipway,app.kubernetes.io/component=daemon"
API = "app.kubernetes.io/name=training-backend,app.kubernetes.io/component=api"
PAGE = "app.kubernetes.io/name=training-frontend,app.kubernetes.io/component=page"
CUSTOMER = "Grace Hopper"  # not one of those that the database begins with
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
STEPS = []


def step(sentence, seconds):
    def keep(method):
        STEPS.append((sentence, seconds, method))
        return method

    return keep


class Story:
    def __init__(self, folder, pictures):
        self.world = World(folder)
        self.slipway = Slipway(self.world.address, self.world.signing_key, self.world.write_token)
        self.repository = None
        self.pictures = pictures
        self.digests = {}  # application → what slipway pushed last
        self.before = {}  # namespace → its objects before any chart

    # --- beginning

    @step("a registry, a Git server and a PostgreSQL with TLS run in namespaces of their own", 240)
    def begin(self):
        self.world.make_namespaces()
        self.world.make_volumes()
        self.world.make_secrets()
        self.world.start_services()
        images.push_bases()
        self.before = {namespace: objects(namespace) for namespace in (SLIPWAY, TRAINING)}
        return f"node {self.world.node} at {self.world.address}"

    @step("with no values the backend's chart says what is missing, slipway's installs and passes helm test", 240)
    def defaults(self):
        try:
            helm("install", "training-backend", ROOT / "helm/training-backend", "--namespace", TRAINING)
        except Failure as failure:
            said = str(failure)
        else:
            raise Failure("the backend was installed without a database")
        if "database.host is empty: name the host of PostgreSQL" not in said:
            raise Failure(f"the chart does not say that the database is missing: {said}")
        engine = "engine.sidecar.image.repository=slipway-test/engine,engine.sidecar.image.tag=latest"  # docker:29-dind can't be had everywhere
        notes = helm("install", "slipway", ROOT / "helm/slipway", "--namespace", SLIPWAY, "--set", engine, "--wait", "--timeout", "180s")
        for missing in ("config.repositories is empty", "config.tokens is empty"):
            if missing not in notes:
                raise Failure(f"the notes do not say that {missing}: {notes}")
        helm("test", "slipway", "--namespace", SLIPWAY)
        helm("uninstall", "slipway", "--namespace", SLIPWAY, "--wait")
        wait_until(lambda: self.left(SLIPWAY) == ["persistentvolumeclaim/data-slipway-0"], lambda: f"just the queue; {self.left(SLIPWAY)}", 90)
        kubectl("delete", "persistentvolumeclaim", "data-slipway-0", "--namespace", SLIPWAY)
        return "the queue's volume outlived the uninstall, as it should"

    @step("slipway is installed with its store in PostgreSQL, which its job made, and with an engine in its pod", 240)
    def install_slipway(self):
        release("slipway", SLIPWAY)
        wait_until(self.slipway.is_ready, "slipway is ready", 60)
        return f"pods {', '.join(pods(SLIPWAY, DAEMON))}"

    # --- delivery

    @step("a push of the two applications makes slipway build both in its pod and push them to the registry", 420)
    def first_push(self):
        self.repository = self.world.make_repository()
        for application in ("backend", "frontend"):
            ignored = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "tests", ".venv")
            shutil.copytree(ROOT / "deploy/applications" / application, self.repository.folder / application, ignore=ignored)
        manifest = self.repository.folder / "frontend/manifest.yml"
        manifest.write_text(manifest.read_text().replace("http://localhost:5000", f"http://{self.world.address}:{PORTS['backend']}"))
        self.repository.base()
        before, after = self.repository.push()
        pushed = self.slipway.pushed(self.slipway.deliver(before, after), 400)
        if set(pushed) != {"backend", "frontend", "base"}:
            raise Failure(f"pushed were {sorted(pushed)}")
        self.digests = {f"training-{name}": pushed[name] for name in ("backend", "frontend")}
        for name, digest in self.digests.items():
            self.expect_in_registry(name, digest)
        return ", ".join(f"{name} {digest[:19]}" for name, digest in self.digests.items())

    def expect_in_registry(self, name, digest):
        answer = self.get("registry", f"/v2/{name}/manifests/1.0.0", "HEAD", Accept=MANIFEST)
        if answer.headers["Docker-Content-Digest"] != digest:
            raise Failure(f"slipway says that {name} is {digest}, the registry has {answer.headers['Docker-Content-Digest']}")

    @step("the applications' charts roll out what slipway pushed, by digest; a job has made and filled the database", 300)
    def install_applications(self):
        self.roll_out("training-backend")
        self.roll_out("training-frontend")
        return f"{len(self.get_backend('/customers'))} customers are there"

    def roll_out(self, name, *more):
        more += ("--set", f"image.digest={self.digests[name]}")
        if name == "training-backend":
            more += ("--set", f"allowedOrigins={{http://{self.world.address}:{PORTS['frontend']}}}")
        return release(name, TRAINING, *more, seconds=120)

    def get_backend(self, path):
        return self.get("backend", path).json

    def get(self, service, path, method="GET", **headers):
        """Repeated for a while: a node's port learns of a pod a moment after kubectl does."""

        def find():
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = ask(self.world.address, PORTS[service], method, path, headers=headers)
                return answer if answer.status == 200 else None

        return wait_until(find, f"{method} {path} of the {service}", 60)

    @step("in Chromium the page adds a customer", 90)
    def add_customer(self):
        return self.page("add") + " customers on the page"

    def page(self, what):
        url = f"http://{self.world.address}:{PORTS['frontend']}/"
        return command("node", ROOT / "tests/cluster/page.mjs", what, url, CUSTOMER, self.pictures / f"{what}.png", seconds=80).strip()

    @step("the page shows that customer again after the backend's pods and the database's pod were killed", 240)
    def survive(self):
        backends, databases = pods(TRAINING, API), pods(SERVICES, "app=postgres")
        kill(TRAINING, *backends)
        kill(SERVICES, *databases)
        replaced(SERVICES, "app=postgres", databases, 1)
        replaced(TRAINING, API, backends, len(backends))
        return self.page("find") + " customers on the page"

    @step("a changed backend is built, pushed and rolled out by deploy/rollout, which slipway tells, while the API answers", 300)
    def change_backend(self):
        main = self.repository.folder / "backend/app/main.py"
        main.write_text(main.read_text().replace('version="1.0.0"', 'version="1.0.1"'))
        before, after = self.repository.push()
        with rollout.Watch(self.world.address, PORTS["backend"], "/customers") as watch:
            pushed = self.slipway.pushed(self.slipway.deliver(before, after))
            if set(pushed) != {"backend"}:
                raise Failure(f"only the backend had changed, pushed were {sorted(pushed)}")
            self.digests["training-backend"] = pushed["backend"]
            self.expect_rolled_out("training-backend")
        wait_until(lambda: self.get_backend("/openapi.json")["info"]["version"] == "1.0.1", "the backend answers as 1.0.1", 60)
        return f"{watch.expect_no_gap()}; the page has {self.page('find')} customers"

    def expect_rolled_out(self, name):
        """By deploy/rollout, which slipway has told of the push."""
        if not HAS_ROLLOUT:
            return self.roll_out(name)
        image = f"localhost:{PORTS['registry']}/{name}@{self.digests[name]}"

        def find():
            revision = json.loads(helm("history", name, "--namespace", TRAINING, "--max", "1", "--output", "json"))[0]
            spec = read("deployment", name, "--namespace", TRAINING)["spec"]["template"]["spec"]
            return revision["status"] == "deployed" and spec["containers"][0]["image"] == image

        return wait_until(find, f"a release of {image} by deploy/rollout", 120)

    @step("a bad release of the backend is rolled back by itself while the API answers", 300)
    def bad_backend(self):
        good = self.digests["training-backend"]
        with rollout.Watch(self.world.address, PORTS["backend"], "/customers") as watch:
            self.expect_rolled_back("training-backend", TRAINING, "--set", f"image.digest={good}", "--set", "probes.readinessPath=/not-there")
        rolled_out(TRAINING, "deployment/training-backend")
        return watch.expect_no_gap()

    def expect_rolled_back(self, name, namespace, *values):
        try:
            release(name, namespace, *values, seconds=45)
        except Failure as failure:
            if "rolled back" not in str(failure):
                raise
        else:
            raise Failure(f"a release of {name} that can't get ready was taken for good")
        newest = json.loads(helm("history", name, "--namespace", namespace, "--max", "1", "--output", "json"))[0]
        if newest["status"] != "deployed" or "Rollback" not in newest["description"]:
            raise Failure(f"{name} is {newest}")

    @step("helm test passes for all three", 180)
    def test_charts(self):
        for name, namespace in RELEASES:
            helm("test", name, "--namespace", namespace, "--timeout", "90s")
        return ", ".join(name for name, _ in RELEASES)

    # --- slipway alone

    @step("slipway's pod is killed in the middle of a build, and the build ends pushed all the same", 300)
    def kill_slipway(self):
        self.write_children(1, seconds=8)
        number = self.slipway.deliver(*self.repository.push())
        self.slipway.wait_for(number, lambda build: any(one["state"] == "building" for one in build["steps"]), "a step that is building")
        victims = pods(SLIPWAY, DAEMON)
        kill(SLIPWAY, *victims)
        replaced(SLIPWAY, DAEMON, victims, 1)
        pushed = self.slipway.pushed(number)
        self.slipway.settled()
        return f"build {number} pushed {', '.join(pushed)}"

    def write_children(self, count, seconds):
        for number in range(count):
            self.repository.image(f"child-{number}", "FROM {base}\nCOPY manifest.yml /\n" + slow(seconds))

    @step("scaled from one to three, the replicas share the steps of a build by PostgreSQL", 300)
    def share(self):
        release("slipway", SLIPWAY, "--set", "replicas=3", seconds=180)
        self.write_children(6, seconds=6)
        number = self.slipway.deliver(*self.repository.push())
        pushed = self.slipway.pushed(number)
        workers = {}
        for one in self.slipway.build(number)["steps"]:
            workers.setdefault(one["worker"], []).append(one["folder"])
        if len(workers) != 3 or len(pushed) != 6:
            raise Failure(f"pushed were {sorted(pushed)} by {workers}")
        return ", ".join(f"{worker} built {len(folders)}" for worker, folders in sorted(workers.items()))

    @step("an upgrade that replaces every pod loses no webhook of a stream, and builds what the last one brought", 420)
    def upgrade(self):
        pushes = []
        for number in range(150):
            self.repository.write("child-0/number", str(number))
            self.repository.image("child-0", "FROM {base}\nCOPY number /\n")
            pushes.append((self.repository.tip, self.repository.commit(str(number))))
            self.repository.tip = pushes[-1][1]
        self.repository.push_tip()
        self.slipway.longest_refusal = 0.0
        old, done = pods(SLIPWAY, DAEMON), threading.Event()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            stream = pool.submit(self.send_stream, pushes, done)
            try:
                release("slipway", SLIPWAY, "--set", "replicas=2", "--set", "podAnnotations.upgraded=yes", seconds=240)
            finally:
                done.set()
            accepted = stream.result()
        replaced(SLIPWAY, DAEMON, old, 2)
        states = collections.Counter(self.slipway.finished(number)["state"] for number in accepted)
        self.slipway.settled()
        self.expect_in_registry_text("child-0", str(len(pushes) - 1))
        if len(accepted) < len(pushes) or set(states) - {"succeeded", "superseded"}:
            raise Failure(f"of {len(pushes)} webhooks {len(accepted)} were accepted, and their builds are {dict(states)}")
        told = ", ".join(f"{number} {state}" for state, number in states.items())
        return f"{len(accepted)} accepted ({told}), the slowest {self.slipway.longest_refusal:.1f} s after its first try"

    def send_stream(self, pushes, done):
        """Slowly enough to last as long as the upgrade; what is left then goes at once."""
        accepted = []
        for before, after in pushes:
            accepted.append(self.slipway.deliver(before, after))
            done.wait(0.5)
        return accepted

    def expect_in_registry_text(self, name, text):
        manifest = self.get("registry", f"/v2/{name}/manifests/1.0", Accept=MANIFEST).json
        blob = self.get("registry", f"/v2/{name}/blobs/{manifest['layers'][-1]['digest']}").body
        got = rollout.only_file(blob)
        if got != text:
            raise Failure(f"the registry's {name} is of push {got}, and the last one was {text}")

    @step("a bad release of slipway is rolled back by itself while slipway stays ready for webhooks", 300)
    def bad_slipway(self):
        nowhere = "sha256:" + "0" * 64
        with rollout.Watch(self.world.address, PORTS["slipway"], "/readyz") as watch:
            self.expect_rolled_back("slipway", SLIPWAY, "--set", "replicas=2", "--set", f"image.digest={nowhere}")
        rolled_out(SLIPWAY, "statefulset/slipway")
        return watch.expect_no_gap()

    @step("the charts' NetworkPolicies are enforced by this cluster's network, and let through what is needed", 60)
    def policies(self):
        page = next(iter(pods(TRAINING, PAGE)))
        target = read("service", "registry", "--namespace", SERVICES)["spec"]["clusterIP"]
        script = f"timeout 5 bash -c 'exec 3<>/dev/tcp/{target}/5000' && echo open || echo closed"
        seen = kubectl("exec", "--namespace", TRAINING, page, "--", "bash", "-c", script, seconds=30).strip()
        count = sum(len(read("networkpolicies", "--namespace", namespace)["items"]) for namespace in (SLIPWAY, TRAINING))
        if seen == "closed":
            return f"{count} of them; the page's pod, which may go nowhere, can't reach the registry"
        raise NotShown(f"it does not enforce the {count} policies, for the page's pod reaches the registry")

    # --- end

    @step("uninstall leaves nothing", 240)
    def uninstall(self):
        for name, namespace in RELEASES:
            helm("uninstall", name, "--namespace", namespace, "--wait", "--timeout", "120s")
        for namespace in self.before:
            wait_until(lambda: not self.left(namespace), lambda: f"nothing; there is {self.left(namespace)}", 90)
        World.remove()
        left = kubectl("get", "namespaces,persistentvolumes,storageclasses", "--selector", "slipway-test=true", "--output", "name")
        if left:
            raise Failure(f"the cluster still has {left}")
        return "no object of the charts, no namespace, no volume"

    def left(self, namespace):
        return sorted(objects(namespace) - self.before[namespace])
