"""What only a RUN gets: secrets and ssh agents. A secret is nowhere else, neither while the image is built nor after it."""

import base64
import gzip
import hashlib
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import unittest
import uuid

from harness import SLIPWAY, ZEROS, Case, Process, call_engine, on_every_engine, wait_until

TOOLS = "FROM scratch\nCOPY busybox /bin/busybox\n"


def run(mount, command):
    """A RUN in an image that has no shell but busybox; never from a cache, which asks neither for secrets nor for agents."""
    command = f": {uuid.uuid4()}; {command}".replace('"', '\\"')
    return f'RUN --mount={mount} ["/bin/busybox", "sh", "-c", "{command}"]\n'


def forms(secret):
    """How it may be written down."""
    secret = secret.encode()
    yield secret
    yield secret.hex().encode()
    for skipped in range(3):  # of base64 of something longer that it is in
        whole = secret[skipped:][:len(secret[skipped:]) // 3 * 3]
        yield base64.b64encode(whole)
        yield base64.urlsafe_b64encode(whole)


def unpacked(content):
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def files_below(folder):
    return b"\0".join(unpacked(file.read_bytes()) for file in sorted(pathlib.Path(folder).rglob("*")) if file.is_file())


class SecretCase(Case):
    builders = ("buildkit",)

    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)

    def image(self, folder, *runs, build_args=""):
        self.sample.image(folder, TOOLS + "".join(runs), f"image: {folder}\nversion: 1.0\n{build_args}")
        shutil.copy("/bin/busybox", self.sample.folder / folder / "busybox")

    def build(self, **repository):
        self.daemon = self.start_daemon(self.sample, repository=repository)
        return self.daemon.finished(self.daemon.push(ZEROS, self.sample.commit()))

    def everywhere(self, build):
        """Place → all that is to be read there after the build."""
        api = {path: self.daemon.api("GET", path).body for path in (f"/api/v1/builds/{build['id']}", "/api/v1/status", "/metrics")}
        engine = {"cache": call_engine(self.address, "GET", "/system/df").body}
        for step in build["steps"]:
            api[f"log of {step['folder']}"] = self.daemon.log(build["id"], step["folder"]).encode()
            if step["image_id"]:
                for about in ("history", "json"):
                    answer = call_engine(self.address, "GET", f"/images/{step['image_id']}/{about}")
                    engine[f"{about} of {step['folder']}"] = answer.body
        check = subprocess.run((SLIPWAY, "serve", "--config", self.daemon.file, "--check"), capture_output=True, check=True)
        return {
            **api, **engine,
            "--check": check.stdout + check.stderr,
            "data": files_below(self.daemon.folder / "data"),
            "its log": self.daemon.process.log.read_bytes(),
            "registry": files_below(self.registry.folder / "data"),
        }


@on_every_engine
class Secret(SecretCase):
    def test_is_in_its_run_and_found_nowhere_else(self):
        secret, mark = secrets.token_urlsafe(40), str(uuid.uuid4())
        file = self.folder / "npm"
        file.write_text(secret + "\n")
        check = f'echo "$SUM  /run/secrets/npm" | /bin/busybox sha256sum -c && : {mark}'
        arguments = f"build_args: {{SUM: {hashlib.sha256(secret.encode()).hexdigest()}}}\n"
        mount = "type=secret,id=npm,required=true"
        self.image("good", "ARG SUM\n", run(mount, check), build_args=arguments)
        self.image("failing", "ARG SUM\n", run(mount, check + " && exit 7"), build_args=arguments)

        build = self.build(secrets=[{"id": "npm", "value_file": str(file)}])

        states = {step["folder"]: step["state"] for step in build["steps"]}
        self.assertEqual(states, {"good": "pushed", "failing": "failed"}, build)
        self.assert_pushed(self.registry, build, {"good"})
        self.assertIn("/run/secrets/npm: OK", self.daemon.log(build["id"], "good"))
        self.assertIn("/run/secrets/npm: OK", self.daemon.log(build["id"], "failing"))
        places = self.everywhere(build)
        found = {place for place, content in places.items() if mark.encode() in content}
        expected = {"cache", "history of good", "log of good", "data", "registry"}
        self.assertTrue(expected <= found, f"what is looked for is found where it is: {found}")
        for place, content in places.items():
            for form in forms(secret):
                self.assertNotIn(form, content, place)

    def test_that_is_missing_fails_with_its_name_and_tells_no_other(self):
        self.image("one", run("type=secret,id=npm,required=true", "true"))
        build = self.build(secrets=[{"id": "npm2", "value": "secret-of-another-id"}])
        (step,) = build["steps"]
        self.assertEqual((build["state"], step["state"], step["attempts"]), ("failed", "failed", 1))
        self.assertRegex(step["error"], r"\bnpm\b")
        self.assertRegex(step["error"], "not found|no secret")
        for content in self.everywhere(build).values():
            self.assertNotIn(b"secret-of-another-id", content)

    def test_is_that_of_its_own_id_and_changes_with_a_reload(self):
        self.image("one", run("type=secret,id=b,required=true", "/bin/busybox sha256sum /run/secrets/b"))
        self.assert_succeeded(build := self.build(secrets=[{"id": "a", "value": "of a"}, {"id": "b", "value": "first"}]))
        self.assertIn(hashlib.sha256(b"first").hexdigest(), self.daemon.log(build["id"], "one"))
        self.daemon.config["repositories"][0]["secrets"][1]["value"] = "second"
        self.daemon.reload()
        before = self.sample.git("rev-parse", "HEAD")
        self.image("one", run("type=secret,id=b,required=true", "/bin/busybox sha256sum /run/secrets/b; : again"))
        build = self.daemon.finished(self.daemon.push(before, self.sample.commit()))
        self.assert_succeeded(build)
        self.assertIn(hashlib.sha256(b"second").hexdigest(), self.daemon.log(build["id"], "one"))


@on_every_engine
class ClassicBuilder(SecretCase):
    builders = ("classic",)

    def test_knows_no_secrets_and_says_so(self):
        self.image("one", run("type=secret,id=npm,required=true", "true"))
        build = self.build(secrets=[{"id": "npm", "value": "secret-1"}])
        (step,) = build["steps"]
        self.assertEqual((build["state"], step["state"], step["attempts"]), ("failed", "failed", 1))
        self.assertIn("the --mount option requires BuildKit", step["error"])


@on_every_engine
class Agent(SecretCase):
    def setUp(self):
        super().setUp()
        if not shutil.which("ssh-agent"):
            self.skipTest("there is no ssh-agent")
        self.socket, key = self.folder / "agent.sock", self.folder / "key"
        agent = Process(("ssh-agent", "-D", "-a", self.socket), self.folder / "agent.log")
        self.addCleanup(agent.end)
        wait_until(self.socket.exists, agent.tail, 30)
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "the-key", "-f", key), check=True)
        environment = {**os.environ, "SSH_AUTH_SOCK": str(self.socket)}
        subprocess.run(("ssh-add", "-q", key), check=True, env=environment)
        told = subprocess.run(("ssh-keygen", "-l", "-f", key), capture_output=True, text=True, check=True).stdout
        self.fingerprint = re.search("SHA256:[^ ]+", told)[0]

    def image_with_ssh_add(self, mount):
        self.image("one", "COPY root /\n", run(mount, 'test -S "$SSH_AUTH_SOCK" && /usr/bin/ssh-add -l'))
        needed = subprocess.run(("ldd", "/usr/bin/ssh-add"), capture_output=True, text=True, check=True).stdout
        for path in ["/usr/bin/ssh-add", *re.findall(r"/\S+", needed)]:
            place = self.sample.folder / "one/root" / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)

    def assert_listed(self, build):
        self.assert_succeeded(build)
        self.assertIn(f"{self.fingerprint} the-key", self.daemon.log(build["id"], "one"))

    def test_lists_its_keys_in_the_run(self):
        self.image_with_ssh_add("type=ssh,required=true")
        self.assert_listed(self.build(ssh=[{"agent": str(self.socket)}]))

    def test_is_that_of_its_own_id(self):
        self.image_with_ssh_add("type=ssh,id=deploy,required=true")
        other = {"agent": str(self.folder / "other.sock")}
        self.assert_listed(self.build(ssh=[other, {"id": "deploy", "agent": str(self.socket)}]))

    def test_that_is_not_configured_fails_with_its_id(self):
        self.image_with_ssh_add("type=ssh,required=true")
        (step,) = self.build(ssh=[{"id": "deploy", "agent": str(self.socket)}])["steps"]
        self.assertEqual((step["state"], step["attempts"]), ("failed", 1))
        self.assertRegex(step["error"], "default")

    def test_that_does_not_answer_fails_the_run(self):
        self.image_with_ssh_add("type=ssh,required=true")
        build = self.build(ssh=[{"agent": str(self.folder / "other.sock")}])
        self.assertEqual(build["state"], "failed")
        self.assertIn("communication with agent failed", self.daemon.log(build["id"], "one"))


if __name__ == "__main__":
    unittest.main()
