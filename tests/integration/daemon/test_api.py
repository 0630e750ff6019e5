"""Rebuilds by curl, the dashboards' endpoint and the metrics."""

import re
import shutil
import subprocess
import unittest

from harness import ZEROS, Case, call, slow, wait_until


class ApiCase(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.first = self.sample.four_images()
        self.daemon = self.start_daemon(self.sample)

    def request(self, body, query="", **headers):
        return self.daemon.api("POST", "/api/v1/builds" + query, body, Content_Type="application/json", **headers)


class Rebuild(ApiCase):
    def test_of_a_folder_and_what_stands_on_it_waits_until_all_is_pushed(self):
        answer = self.request({"repository": "images", "ref": "main", "folders": ["base"]}, "?wait=100")
        self.assertEqual(answer.status, 200, answer)
        build = answer.json
        self.assert_succeeded(build)
        self.assertEqual(build["trigger"], "manual")
        self.assertEqual(build["after"], self.first)
        self.assertEqual(build["steps"][0]["reasons"], [{"kind": "requested"}])
        self.assert_pushed(self.registry, build, {"base", "web", "worker"})

    def test_of_two_commits(self):
        self.sample.write("web/index.html", "second page")
        second = self.sample.commit()
        self.request({"ref": "main", "before": ZEROS, "after": self.first}, "?wait=100")
        answer = self.request({"before": self.first, "after": second}, "?wait=100")
        self.assertEqual(answer.status, 200, answer)
        self.assert_pushed(self.registry, answer.json, {"web"})
        self.assertEqual(self.registry.files("web")["srv/index.html"], b"second page")

    def test_answers_at_once_without_wait_and_the_same_for_the_same_key(self):
        body = {"ref": "main", "folders": ["unrelated"]}
        first = self.request(body, Idempotency_Key="key-1")
        again = self.request(body, Idempotency_Key="key-1")
        other = self.request(body, Idempotency_Key="key-2")
        self.assertEqual([first.status, again.status, other.status], [202, 202, 202])
        self.assertEqual(first.headers["Location"], f"/api/v1/builds/{first.json['id']}")
        self.assertEqual(again.json["id"], first.json["id"])
        self.assertNotEqual(other.json["id"], first.json["id"])
        self.assert_succeeded(self.daemon.finished(other.json["id"]))

    def test_that_fails_and_one_that_takes_too_long(self):
        self.assertEqual(self.request({"ref": "main", "folders": ["base"]}, "?wait=100").status, 200)
        self.sample.image("broken", 'FROM {base}\nRUN ["/bin/busybox", "false"]\n')
        self.sample.image("long", "FROM {base}\n" + slow(4))
        self.sample.commit()
        failed = self.request({"ref": "main", "folders": ["broken"]}, "?wait=100")
        self.assertEqual((failed.status, failed.json["state"]), (409, "failed"), failed)
        late = self.request({"ref": "main", "folders": ["long"]}, "?wait=1")
        self.assertEqual(late.status, 504, late)
        self.assert_succeeded(self.daemon.finished(late.json["id"]))

    def test_needs_a_token_that_may_write(self):
        body = {"ref": "main", "folders": ["web"]}
        for token, status in ((None, 401), ("nonsense", 401), ("read", 403)):
            with self.subTest(token=token):
                answer = self.request(body, token=token)
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(self.daemon.api("GET", "/api/v1/builds", token="read").json["builds"], [])
        self.assertEqual(self.daemon.api("GET", "/api/v1/builds", token=None).status, 401)

    def test_that_can_not_be_understood_says_what_is_wrong(self):
        cases = [
            ({"ref": "main", "folder": ["web"]}, 400, "folders"),
            ({"ref": "main", "folders": "web"}, 400, "list of texts"),
            ({"repository": "other", "ref": "main"}, 404, "no repository"),
            ({}, 400, "say what to build"),
            ({"before": self.first}, 400, "go together"),
            ({"before": "main~1", "after": "main"}, 400, "40 hex digits"),
            ("[", 400, "JSON"),
            ("[" * 100_000, 400, "JSON"),
        ]
        for body, status, detail in cases:
            with self.subTest(body=str(body)[:80]):
                answer = self.request(body)
                self.assertEqual(answer.status, status, answer)
                self.assertIn(detail, answer.json["detail"])
        self.assertEqual(self.request({"ref": "main"}, "?wait=soon").status, 400)

    def test_of_what_can_not_be_built_fails_with_the_reason(self):
        self.sample.write("web/manifest.yml", "image: web\nversion: [1]\n")
        self.sample.commit()
        for body, error in (
            ({"ref": "no-such-branch", "folders": ["web"]}, "no-such-branch"),
            ({"ref": "main", "folders": ["unrelated", "no-such-folder"]}, "'no-such-folder' can't be built: .*no image folder"),
            ({"ref": "main", "folders": ["web"]}, "'web' can't be built: web/manifest.yml:2:10: "),
        ):
            with self.subTest(body=body):
                answer = self.request(body, "?wait=60")
                self.assertEqual(answer.status, 409, answer)
                self.assertRegex(answer.json["error"], error)
        self.assertEqual(self.registry.catalog(), set())


class Status(ApiCase):
    def test_tells_what_runs_what_waits_and_the_last_results(self):
        self.assert_succeeded(self.daemon.finished(self.daemon.push(ZEROS, self.first)))
        status = self.daemon.api("GET", "/api/v1/status", token="read").json
        self.assertEqual([repository["name"] for repository in status["repositories"]], ["images"])
        self.assertEqual({image["folder"]: image["state"] for image in status["images"]}, dict.fromkeys(
            ("base", "unrelated", "web", "worker"), "pushed"
        ))
        self.assertEqual((status["running"], status["waiting"]), ([], []))
        self.assertEqual([build["state"] for build in status["finished"]], ["succeeded"])
        self.assertEqual([engine["up"] for engine in status["engines"]], [True])

    def settled(self):
        """The status once the engine was seen, which changes it once more after the start."""
        def find():
            answer = self.daemon.api("GET", "/api/v1/status")
            return answer if all(engine["up"] for engine in answer.json["engines"]) else None
        return wait_until(find, "the engine is up")

    def test_is_sent_again_only_when_it_changed(self):
        tag = self.settled().headers["ETag"]
        self.assertRegex(tag, '^"[^"]+"$')
        same = self.daemon.api("GET", "/api/v1/status", If_None_Match=tag)
        self.assertEqual((same.status, same.body, same.headers["ETag"]), (304, b"", tag))
        self.daemon.finished(self.daemon.push(ZEROS, self.first))
        other = self.daemon.api("GET", "/api/v1/status", If_None_Match=tag)
        self.assertEqual(other.status, 200)
        self.assertNotEqual(other.headers["ETag"], tag)

    def test_lists_builds_page_by_page(self):
        commits = [self.first] + [self.sample.commit(f"change {number}") for number in range(5)]
        pushed = [self.daemon.push(before, after) for before, after in zip(commits, commits[1:])]
        self.daemon.finished(pushed[-1])
        listed, path = [], "/api/v1/builds?limit=2"
        while path:
            page = self.daemon.api("GET", path).json
            listed += [build["id"] for build in page["builds"]]
            path = page["next"]
        self.assertEqual(listed, sorted(pushed, reverse=True))

    def test_a_log_is_read_on_from_where_it_ended(self):
        number = self.daemon.push(ZEROS, self.first)
        self.daemon.finished(number)
        path = f"/api/v1/builds/{number}/steps/0/log"
        whole = self.daemon.api("GET", path)
        self.assertIn("release.txt", whole.text)
        rest = self.daemon.api("GET", path + "?offset=10")
        self.assertEqual(rest.body, whole.body[10:])
        self.assertEqual(whole.headers["X-Next-Offset"], str(len(whole.body)))


class Metrics(ApiCase):
    LINE = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*")*\})? '
                      r"[-+]?([0-9.]+(e[-+]?[0-9]+)?|Inf|NaN)$")

    def test_are_what_prometheus_reads(self):
        self.daemon.finished(self.daemon.push(ZEROS, self.first))
        answer = call(self.daemon.port, "GET", "/metrics")
        self.assertEqual(answer.status, 200)
        samples = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
        for line in samples:
            self.assertRegex(line, self.LINE)
        types = re.findall(r"^# TYPE (\S+) (counter|gauge|histogram|summary)$", answer.text, re.M)
        self.assertEqual(len(types), len({name for name, _ in types}), "each type once")
        self.assertTrue(all(name.startswith(("slipway_", "process_")) for name, _ in types), types)
        if shutil.which("promtool"):
            done = subprocess.run(("promtool", "check", "metrics"), input=answer.text, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


class Probes(ApiCase):
    def test_need_no_token(self):
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(call(self.daemon.port, "GET", path).status, 200, path)


if __name__ == "__main__":
    unittest.main()
