"""What bad, odd and unwanted input gets: each its own clear answer, and the daemon alive."""

import contextlib
import http.client
import json
import time
import unittest
import urllib.parse

from harness import PROJECT, ZEROS, Case, Daemon, call, free_port, push_event, read_answer
from proxy import Proxy

MOST_BYTES = 25 * 1024 * 1024


class InputCase(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.sample.image("one", "FROM scratch\nCOPY . /\n")
        self.first = self.sample.commit()
        self.sample.write("one/file.txt", "changed")
        self.second = self.sample.commit()
        self.daemon = self.start_daemon(self.sample)
        self.event = push_event(self.first, self.second)

    def tearDown(self):
        """Whatever came in: the daemon lives, and does its work."""
        if self.daemon.process.is_running():
            build = self.daemon.finished(self.daemon.push(ZEROS, self.second))
            self.assert_succeeded(build)
        self.assertTrue(self.daemon.process.is_running(), self.daemon.process.tail())

    def assert_problem(self, answer, status, kind, detail):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json["status"], status)
        self.assertTrue(answer.json["type"].endswith(kind), answer)
        self.assertRegex(answer.json["detail"], detail)

    def assert_no_build(self):
        self.assertEqual(self.daemon.api("GET", "/api/v1/builds").json["builds"], [])


class Sender(InputCase):
    def test_without_signature_and_token(self):
        self.assert_problem(self.daemon.deliver(self.event, key=None), 401, "unauthorized", "webhook-signature")
        self.assert_no_build()

    def test_with_a_signature_of_another_key(self):
        answer = self.daemon.deliver(self.event, key="whsec_" + "b" * 43 + "=")
        self.assert_problem(answer, 401, "unauthorized", "secret")
        self.assert_no_build()

    def test_with_a_body_that_was_changed_on_the_way(self):
        body = json.dumps(self.event).encode()
        answer = self.daemon.deliver(body.replace(b"refs/heads/main", b"refs/heads/evil"), key=None, webhook_signature="v1,AAAA")
        self.assert_problem(answer, 401, "unauthorized", "secret")

    def test_with_an_old_timestamp(self):
        answer = self.daemon.deliver(self.event, sent_at=int(time.time()) - 600)
        self.assert_problem(answer, 401, "stale-delivery", "clock")
        self.assert_no_build()

    def test_with_a_timestamp_of_the_future(self):
        self.assert_problem(self.daemon.deliver(self.event, sent_at=int(time.time()) + 600), 401, "stale-delivery", "clock")

    def test_with_a_wrong_token(self):
        answer = self.daemon.deliver(self.event, key=None, X_Gitlab_Token="hook-token-2")
        self.assert_problem(answer, 401, "unauthorized", "X-Gitlab-Token")
        self.assertNotIn("hook-token", answer.text + self.daemon.process.log.read_text())

    def test_with_the_right_token_of_an_older_gitlab(self):
        answer = self.daemon.deliver(self.event, key=None, X_Gitlab_Token="hook-token-1")
        self.assertEqual(answer.status, 202, answer)

    def test_with_the_right_token_and_a_wrong_signature(self):
        answer = self.daemon.deliver(self.event, key="whsec_" + "b" * 43 + "=", X_Gitlab_Token="hook-token-1")
        self.assert_problem(answer, 401, "unauthorized", "secret")


class Body(InputCase):
    def test_of_25_mib_is_taken(self):
        body = json.dumps(self.event).encode()
        answer = self.daemon.deliver(body + b" " * (MOST_BYTES - len(body)))
        self.assertEqual(answer.status, 202, answer)

    def test_of_one_byte_more_is_refused(self):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=20)) as connection:
            connection.putrequest("POST", "/webhooks/gitlab")
            connection.putheader("Content-Length", str(MOST_BYTES + 1))
            connection.endheaders()
            self.assert_problem(read_answer(connection), 413, "", "body is longer than the limit")

    def test_in_chunks_that_end_nowhere_is_refused(self):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=20)) as connection:
            connection.putrequest("POST", "/webhooks/gitlab")
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
            with contextlib.suppress(OSError):
                for _ in range(26):
                    connection.send(chunk)
            self.assert_problem(read_answer(connection), 413, "", "body is longer than the limit")

    def test_that_is_not_json(self):
        for body in (b"", b"push=main", b"{", b'{"a": 1} and more', b"[]", b"null"):
            with self.subTest(body=body):
                self.assert_problem(self.daemon.deliver(body), 400, "invalid-payload", "JSON|object")
        self.assert_no_build()

    def test_of_deep_json(self):
        deep = b'{"object_kind": "push", "x": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
        self.assert_problem(self.daemon.deliver(deep), 400, "invalid-payload", "deep|nest|level")

    def test_of_invalid_utf_8(self):
        body = json.dumps(self.event).encode().replace(b"Sample", b"S\xff\xfe")
        answer = self.daemon.deliver(body)
        self.assertIn(answer.status, (202, 400), answer)
        if answer.status == 400:
            self.assert_problem(answer, 400, "invalid-payload", "not JSON: see byte [0-9]+")

    def test_of_a_push_without_its_ids(self):
        for changes in ({"before": None}, {"after": 7}, {"after": "main"}, {"after": "a" * 39}):
            with self.subTest(changes=changes):
                self.assert_problem(self.daemon.deliver({**self.event, **changes}), 400, "invalid-payload", "hex digits")
        for ref in (None, "main", "refs/heads/", "refs/heads/a\nb", "refs/notes/x"):
            with self.subTest(ref=ref):
                self.assert_problem(self.daemon.deliver({**self.event, "ref": ref}), 400, "invalid-payload", "ref")
        self.assert_no_build()


class Event(InputCase):
    def assert_ignored(self, answer, reason):
        self.assertEqual(answer.status, 200, answer)
        self.assertIsNone(answer.json["build"])
        self.assertRegex(answer.json["reason"], reason)
        self.assert_no_build()

    def test_of_an_unknown_project(self):
        project = {"id": 1, "path_with_namespace": "other/project"}
        answer = self.daemon.deliver({**self.event, "project": project, "project_id": 1})
        self.assert_ignored(answer, "other/project")

    def test_of_a_deleted_branch(self):
        self.assert_ignored(self.daemon.deliver(push_event(self.second, ZEROS)), "refs/heads/main was deleted")

    def test_of_a_branch_without_a_rule(self):
        answer = self.daemon.deliver(push_event(self.first, self.second, "refs/heads/other"))
        self.assert_ignored(answer, "no branch rule matches refs/heads/other")

    def test_of_a_tag_without_a_rule(self):
        answer = self.daemon.deliver(push_event(ZEROS, self.second, "refs/tags/v1"))
        self.assert_ignored(answer, "no branch rule matches refs/tags/v1")

    def test_of_a_merge_request(self):
        event = {"object_kind": "merge_request", "project": {"id": 42, "path_with_namespace": PROJECT}}
        self.assert_ignored(self.daemon.deliver(event), "merge_request.* is not a push")

    def test_with_before_and_after_the_same(self):
        self.assert_ignored(self.daemon.deliver(push_event(self.second, self.second)), "same commit")

    def test_that_is_delivered_twice_gets_the_same_answer(self):
        first = self.daemon.deliver(self.event, sent_id="delivery-1")
        again = self.daemon.deliver(self.event, sent_id="delivery-1")
        of_a_group_hook = self.daemon.deliver(self.event, sent_id="delivery-2")
        self.assertEqual(first.status, 202, first)
        for answer in (again, of_a_group_hook):
            self.assertEqual(answer.status, 202, answer)
            self.assertEqual(answer.json, {**first.json, "duplicate": True})
        self.assertEqual(len(self.daemon.api("GET", "/api/v1/builds").json["builds"]), 1)

    def test_of_a_system_hook(self):
        event = {name: value for name, value in self.event.items() if name not in ("object_kind", "commits")}
        answer = self.daemon.deliver(event, X_Gitlab_Event="System Hook")
        self.assertEqual(answer.status, 202, answer)


class Commits(InputCase):
    """What can only be told when the commits are looked at: the build's error says it."""

    def assert_fails(self, before, after, error):
        build = self.daemon.finished(self.daemon.push(before, after), 40)
        self.assertEqual(build["state"], "failed", build)
        self.assertRegex(build["error"], error)
        self.assertEqual(build["steps"], [])

    def test_before_that_is_no_commit(self):
        blob = self.sample.git("rev-parse", "HEAD:one/Dockerfile")
        self.assert_fails(blob, self.second, f"before: .*{blob}.* is a blob, not a commit")

    def test_after_that_is_no_commit(self):
        blob = self.sample.git("rev-parse", "HEAD:one/Dockerfile")
        self.assert_fails(self.first, blob, f"{blob}.* is a blob, not a commit")

    def test_after_that_is_gone(self):
        self.assert_fails(self.first, "d" * 40, "the commit to build.*" + "d" * 40)

    def test_of_a_sha_256_repository(self):
        self.assert_fails("a" * 64, "b" * 64, "SHA-256")

    def test_of_a_remote_that_is_away(self):
        self.daemon.stop()
        proxy, address = self.git_behind_proxy()
        remote, proxy.upstream = proxy.upstream, free_port()
        self.daemon = Daemon(self.folder / "other", self.config(self.sample, repository={"url": address}))
        self.addCleanup(self.daemon.kill)
        number = self.daemon.push(self.first, self.second)
        self.daemon.wait_for(number, lambda _: "tries again" in self.daemon.process.log.read_text(), "a second try")
        self.assertEqual(self.daemon.build(number)["state"], "running")
        proxy.upstream = remote
        self.assert_succeeded(self.daemon.finished(number))

    def git_behind_proxy(self):
        url = urllib.parse.urlsplit(self.serve_git(self.sample, ""))
        proxy = Proxy(url.port)
        self.addCleanup(proxy.close)
        return proxy, f"http://{proxy.address}{url.path}"


class Paths(InputCase):
    def test_that_are_unknown_or_of_another_method(self):
        self.assert_problem(self.daemon.api("GET", "/nothing"), 404, "not-found", "/nothing")
        answer = self.daemon.api("GET", "/webhooks/gitlab")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"), "a redirected webhook must not look delivered")
        for path in ("/api/v1/builds/99", "/api/v1/builds/x", "/api/v1/builds/99/steps/0/log"):
            self.assert_problem(self.daemon.api("GET", path), 404, "not-found", "there is no")

    def test_with_a_signed_body_on_a_key_that_is_too_long_to_be_one(self):
        answer = self.daemon.deliver(self.event, sent_id="x" * 7000)
        self.assertIn(answer.status, (202, 400, 401, 431), answer)

    def test_garbage_instead_of_http(self):
        answer = call(self.daemon.port, "BREW", "/webhooks/gitlab")
        self.assertIn(answer.status, (400, 405, 501), answer)


if __name__ == "__main__":
    unittest.main()
