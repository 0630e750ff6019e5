"""Secrets: each one that a daemon may be given is known here, goes through every path, and is then looked for in all that comes out."""

import base64
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import time
import unittest

import gitlab
from access import Basic
from attack import Victim, dumped
from gitlab import Gitlab, Receiver
from harness import PROJECT, SLIPWAY, ZEROS, Case, Process, call, call_engine, engines, free_port, push_event, wait_until
from test_secrets import TOOLS, files_below, forms, run


def new_secret():
    return secrets.token_urlsafe(30)


def new_key():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Password(Basic):
    """A registry for one who knows a new password."""

    password = ""

    def prepare(self, address):
        prepared = super().prepare(address)
        hashed = subprocess.run(
            ("perl", "-e", 'print crypt($ENV{PASSWORD}, q($2b$05$slipwayslipwayslipwayu))'),
            env={**os.environ, "PASSWORD": self.password}, capture_output=True, text=True, check=True,
        ).stdout
        (self.folder / "htpasswd").write_text(f"slipway:{hashed}\n")
        return prepared

    def headers(self, path):
        return {"Authorization": "Basic " + base64.b64encode(f"slipway:{self.password}".encode()).decode()}


class LeakCase(Case):
    builder = "buildkit"

    def setUp(self):
        super().setUp()
        self.address = engines()[0]
        names = ("read", "write", "hook", "clone", "wrong clone", "registry", "gitlab", "build", "environment")
        self.secrets = {name: new_secret() for name in names}
        self.secrets |= {"signing": new_key(), "old signing": new_key(), "notification": new_key()}
        Password.password = self.secrets["registry"]
        self.registry = self.start_registry(access=Password)
        self.sample = self.make_sample(self.registry.address)

    def assert_nowhere(self, places, secrets_too=None):
        """In none of these places, in no form. A short part counts too: nobody needs to see the end of a token."""
        self.assertTrue(all(content is not None for content in places.values()))
        for name, secret in (secrets_too or self.secrets).items():
            core = secret.removeprefix("whsec_")
            for place, content in places.items():
                for form in (*forms(core), core[:16].encode(), core[-16:].encode()):
                    self.assertNotIn(form, content, f"the secret '{name}' in {place}")


class EverywhereInTheDaemon(LeakCase):
    def setUp(self):
        super().setUp()
        gitlab.TOKEN, self.usual = self.secrets["gitlab"], gitlab.TOKEN
        self.addCleanup(setattr, gitlab, "TOKEN", self.usual)
        self.gitlab, self.receiver = Gitlab(PROJECT), Receiver([500, 400, 204])
        self.addCleanup(self.gitlab.close)
        self.addCleanup(self.receiver.close)

    def configuration(self):
        clone = self.serve_git(self.sample, self.secrets["clone"])
        config = self.config(
            self.sample, public_url="https://slipway.example.com", reconcile_interval="1s",
            repository={
                "url": clone, "credentials": {"token": self.secrets["clone"]}, "gitlab": self.gitlab.settings(token=self.secrets["gitlab"]),
                "webhook": [{"signing_key": self.secrets["signing"]}, {"signing_key": self.secrets["old signing"]}, {"token": self.secrets["hook"]}],
                "secrets": [{"id": "npm", "value": self.secrets["build"]}],
            },
            registries=[{"host": self.registry.address, "username": "slipway", "password": self.secrets["registry"]}],
            notifications=[{"url": self.receiver.url, "signing_key": self.secrets["notification"]}],
        )
        config["tokens"] = [{"name": role, "role": role, "token": self.secrets[role]} for role in ("read", "write")]
        wrong = {"credentials": {"token": self.secrets["wrong clone"]}, "project": "samples/wrong", "registry": self.registry.address}
        config["repositories"] += [
            {"name": "refused", "url": clone, **wrong},
            {"name": "away", "url": f"http://127.0.0.1:{free_port()}/x.git", **wrong, "project": "samples/away"},
        ]
        return config

    def begin(self):
        self.daemon = Victim(self.folder / "daemon", self.configuration())
        self.addCleanup(lambda: self.daemon.process.end(signal.SIGKILL))

    def api(self, method, path, body=None, **headers):
        return self.daemon.api(method, path, body, token=self.secrets["write"], **headers)

    def fill(self):
        """A build that is pushed, one that fails, one that can't be cloned; what is refused, replayed, cancelled and reloaded."""
        base = "ARG SUM\n" + run("type=secret,id=npm,required=true", "echo marker-in-the-log; /bin/busybox sha256sum /run/secrets/npm")
        for folder, more in (("good", ""), ("failing", 'RUN ["/bin/busybox", "false"]\n')):
            self.sample.image(folder, TOOLS + base + more)
            shutil.copy("/bin/busybox", self.sample.folder / folder / "busybox")
        commit = self.sample.commit()
        self.gitlab.fault("POST", "/statuses/", self.echo, 3)
        event = push_event(ZEROS, commit)
        build = self.daemon.deliver(event, key=self.secrets["signing"]).json["build"]
        wait_until(lambda: self.api("GET", f"/api/v1/builds/{build}").json["finished"], self.daemon.process.tail)
        made = self.api("GET", f"/api/v1/builds/{build}").json
        self.assertEqual({step["folder"]: step["state"] for step in made["steps"]}, {"good": "pushed", "failing": "failed"}, made)
        self.knock(event)
        for project in ("wrong", "away"):
            answer = self.api("POST", "/api/v1/builds", {"repository": {"wrong": "refused"}.get(project, project), "ref": "main"})
            self.assertIn(answer.status, (200, 202, 404, 409, 503), answer)
        self.api("POST", f"/api/v1/builds/{build}/retry")
        self.api("POST", "/api/v1/deliveries/1/replay")
        self.daemon.file.write_text(json.dumps({**self.daemon.config, "unknown_key": self.secrets["write"]}))
        self.daemon.process.child.send_signal(signal.SIGHUP)
        wait_until(lambda: "is not reloaded" in self.daemon.process.log.read_text(), self.daemon.process.tail)
        self.daemon.file.write_text(json.dumps(self.daemon.config))
        wait_until(lambda: self.receiver.requests and self.gitlab.statuses, self.what_was_told, 40)
        return made

    def what_was_told(self):
        reports = self.api("GET", "/api/v1/reports").text
        return f"{len(self.receiver.requests)} notifications, {len(self.gitlab.statuses)} statuses, {reports}\n{self.daemon.process.tail()}"

    @staticmethod
    def echo(handler):
        """A GitLab, or what stands before it, that shows what it was sent."""
        handler.reply(400, {"message": f"bad header: {handler.headers['Authorization']}", "error": handler.headers["Authorization"]})

    def knock(self, event):
        """With true secrets in wrong places, and wrong ones in right places."""
        body = dumped(event)
        known = self.secrets
        for headers in (
            {"X_Gitlab_Token": known["hook"]}, {"X_Gitlab_Token": known["hook"][:-1]}, {"X_Gitlab_Token": known["write"]},
            {"webhook_signature": known["signing"]},
            {"webhook_id": known["hook"]}, {"Idempotency_Key": "key-1", "Authorization": f"Bearer {known['write']}"},
            {"Cookie": f"slipway_session={known['write']}"},
        ):
            self.daemon.deliver(body, key=None, **headers)
        read, write = known["read"], known["write"]
        for path in (f"/api/v1/builds?token={write}", f"/{write}", f"/api/v1/builds/{read}", f"/api/v1/images/{read}/x"):
            self.daemon.api("GET", path, token=None)
        self.daemon.api("GET", "/api/v1/builds", token=known["write"][:-1])
        call(self.daemon.port, "POST", "/api/v1/session", json.dumps({"token": known["write"][:-1]}), {"Content-Type": "application/json"})
        session = call(self.daemon.port, "POST", "/api/v1/session", json.dumps({"token": known["write"]}), {"Content-Type": "application/json"})
        self.assertEqual(session.status, 204)
        self.session = str(session.headers).encode()

    def answers(self, build):
        """Of every path."""
        lists = ("builds", "deliveries", "images", "owed", "reports")
        more = ("status", "session", "repositories/images/hook", "explain?folder=good&ref=main", f"builds/{build['id']}")
        paths = [f"/api/v1/{name}" for name in (*lists, *more)]
        paths += [f"/api/v1/deliveries/{delivery['id']}" for delivery in self.api("GET", "/api/v1/deliveries").json["deliveries"]]
        paths += [f"/api/v1/builds/{other['id']}" for other in self.api("GET", "/api/v1/builds").json["builds"]]
        paths += [f"/api/v1/builds/{build['id']}/steps/{step['step']}/log" for step in build["steps"]]
        paths += ["/healthz", "/readyz", "/metrics", "/openapi.json", "/", "/badges/images/good.svg", "/badges/images.svg"]
        return {path: self.api("GET", path).body for path in paths}

    def processes(self):
        """Arguments of the daemon and of whatever it started."""
        child = self.daemon.process.child.pid
        folders = [folder for folder in pathlib.Path("/proc").glob("[0-9]*") if folder.name == str(child) or str(child) == parent_of(folder)]
        self.assertTrue(folders)
        return b"\0".join((folder / "cmdline").read_bytes() for folder in folders)

    def test_are_not_in_what_comes_out(self):
        self.begin()
        build = self.fill()
        images = [step["image_id"] for step in build["steps"] if step["image_id"]]
        engine = {
            f"{about} of {image}": call_engine(self.address, "GET", f"/images/{image}/{about}").body
            for image in images for about in ("json", "history")
        }
        check = subprocess.run((SLIPWAY, "serve", "--config", self.daemon.file, "--check"), capture_output=True, check=True)
        time_to_settle = time.monotonic() + 2
        wait_until(lambda: time.monotonic() > time_to_settle or len(self.receiver.requests) > 2, "reports")
        places = {
            **self.answers(build), **engine, "the session's answer": self.session, "arguments": self.processes(),
            "--check": check.stdout + check.stderr,
            "the log": self.daemon.process.log.read_bytes(), "the registry": files_below(self.registry.folder / "data"),
            "GitLab": json.dumps([self.gitlab.statuses, self.gitlab.notes]).encode(), "notifications": repr(self.receiver.requests).encode(),
            "the data": files_below(self.daemon.folder / "data"),
        }
        found = {place for place, content in places.items() if b"marker-in-the-log" in content}
        logs = {path for path in places if path.endswith("/log")}
        self.assertTrue(logs & found and "the data" in found, f"what is looked for is found where it is: {found}")
        self.assert_nowhere(places)
        self.assertIn(b"<redacted>", check.stdout)


def parent_of(folder):
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return ""


class OfItsProcess(LeakCase):
    def test_are_not_given_to_helpers(self):
        """A credential helper is another's program: it gets no variable that may be a secret."""
        told = self.folder / "told"
        helper = self.folder / "bin/docker-credential-spy"
        helper.parent.mkdir()
        answer = json.dumps({"Username": "slipway", "Secret": self.secrets["registry"]})
        seen = "env; tr '\\0' ' ' </proc/$$/cmdline; grep core /proc/$$/limits"
        helper.write_text(f"#!/bin/sh\n{{ {seen}; }} >{told}\ncat >/dev/null\necho '{answer}'\n")
        helper.chmod(0o755)
        docker = self.docker_config()
        (docker / "config.json").write_text(json.dumps({"credHelpers": {self.registry.address: "spy"}}))
        self.sample.base()
        commit = self.sample.commit()
        config = self.config(self.sample)
        (docker / "config.json").write_text(json.dumps({"credHelpers": {self.registry.address: "spy"}}))
        path = f"{helper.parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "SLIPWAY_TOKENS_NOBODY_READS": self.secrets["environment"], "SPY_MARK": "here"}
        for name, value in environment.items():
            self.addCleanup(restore, name, os.environ.get(name))
            os.environ[name] = value
        daemon = Victim(self.folder / "daemon", config)
        self.addCleanup(lambda: daemon.process.end(signal.SIGKILL))
        self.assert_succeeded(daemon.finished(daemon.push(ZEROS, commit)))
        self.assertIn(b"SPY_MARK=here", told.read_bytes())
        self.assertRegex(told.read_text(), r"Max core file size +0 +0")
        self.assert_nowhere({"a helper's environment": told.read_bytes()})

    def test_are_in_no_core_file_and_for_no_debugger(self):
        """Its memory is nobody's but root's, though it runs as another user."""
        self.folder.chmod(0o755)
        program, data = self.folder / "slipway", self.folder / "data"
        shutil.copy(SLIPWAY, program)
        data.mkdir()
        shutil.chown(data, "nobody")
        config = self.folder / "slipway.yml"
        port = free_port()
        config.write_text(json.dumps({**self.config(self.sample), "listen": f"127.0.0.1:{port}", "data": str(data)}))
        (self.folder / "docker").chmod(0o755)
        command = ("prlimit", "--core=unlimited", "setpriv", "--reuid=nobody", "--clear-groups", program, "serve", "--config", config)
        process = Process(command, self.folder / "log")
        self.addCleanup(lambda: process.end(signal.SIGKILL))
        wait_until(lambda: "slipway is up" in process.log.read_text(), process.tail, 30)
        proc = pathlib.Path(f"/proc/{process.child.pid}")
        self.assertNotEqual((proc / "status").stat().st_uid, -1)
        self.assertRegex((proc / "limits").read_text(), r"Max core file size +0 +0")
        self.assertEqual((proc / "environ").stat().st_uid, 0, "the kernel's sign of a process that may not be looked into")
        self.assertEqual(call(port, "GET", "/healthz").status, 200)
        self.assertIn("process_open_fds", call(port, "GET", "/metrics").text)

    def test_of_the_database_are_not_told_when_it_is_away(self):
        for store in (f"postgresql://slipway@127.0.0.1:{free_port()}/slipway", f"postgresql://slipway@127.0.0.1:{self.registry.port}/slipway"):
            config = {**self.config(self.sample), "store": store, "store_password": self.secrets["environment"], "listen": "127.0.0.1:0"}
            file = self.folder / "slipway.yml"
            file.write_text(json.dumps(config))
            done = subprocess.run((SLIPWAY, "serve", "--config", file), capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 3, done)
            self.assert_nowhere({"its errors": done.stdout + done.stderr})

    def test_in_a_configuration_with_errors_are_not_told(self):
        repository = {"name": "x", "project": "x", "url": "https://gitlab.example.com/x.git"}
        for changes in (
            {"tokens": [{"name": "x", "role": self.secrets["read"], "token": self.secrets["write"]}]}, {"tokens": {"token": self.secrets["write"]}},
            {"store": f"postgresql://slipway:{self.secrets['write']}@127.0.0.1/x"},
            {"tokens": [{"name": "x", "role": "read", "token": [self.secrets["write"]]}]},
            {"repositories": [{**repository, "url": f"https://oauth2:{self.secrets['clone']}@gitlab.example.com/x.git"}]},
            {"repositories": [{**repository, "webhook": [{"signing_key": self.secrets["hook"]}]}]},
            {"registries": [{"host": "r.example", "username": "x", "password": {self.secrets["registry"]: 1}}]},
        ):
            file = self.folder / "slipway.yml"
            file.write_text(json.dumps({**self.config(self.sample), **changes}))
            done = subprocess.run((SLIPWAY, "serve", "--config", file, "--check"), capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 2, done)
            kept = {name: secret for name, secret in self.secrets.items() if name != "read"}  # a role that is none may be named
            self.assert_nowhere({f"its errors on {list(changes)}": done.stdout + done.stderr}, kept)


def restore(name, value):
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


if __name__ == "__main__":
    unittest.main()
