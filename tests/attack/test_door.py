"""Attackers at the door: whoever reaches the port, without a secret or with one."""

import json
import selectors
import time
import unittest
import uuid

from attack import MEGABYTE, AttackCase, dumped, many_files, request
from harness import SIGNING_KEY, TOKENS, call, sign

MOST_BODY = 25 * MEGABYTE


class Slow(AttackCase):
    """Who sends little, late, or nothing."""

    most_memory = 600

    def test_heads_are_cut_off(self):
        slow = [self.connect() for _ in range(300)]
        began = time.monotonic()
        for connection in slow:
            connection.send(b"POST /webhooks/gitlab HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        left = self.drip(slow, b"a", began + 14)
        self.assertEqual(left, 0, "connections that are still open 14 s after a head was begun")
        self.assertEqual(slow[0].statuses(), [408])

    def drip(self, connections, piece, until):
        """Sends a byte now and then to whoever is still there, while others are served; how many are left."""
        with selectors.DefaultSelector() as selector:
            for connection in connections:
                selector.register(connection.socket, selectors.EVENT_READ)
            next_byte = time.monotonic()
            while selector.get_map() and time.monotonic() < until:
                for key, _ in selector.select(0.1):
                    selector.unregister(key.fileobj)
                if time.monotonic() > next_byte:
                    next_byte += 1
                    self.assert_serves()
                    for key in list(selector.get_map().values()):
                        key.fileobj.send(piece)
            return len(selector.get_map())

    def test_bodies_take_a_bounded_memory(self):
        """100 senders of nearly 25 MiB each: 2.5 GB, of which the daemon keeps 256 MiB."""
        head = request("POST", "/webhooks/gitlab", "Connection: close", f"Content-Length: {MOST_BODY}")
        piece = b"x" * MEGABYTE
        slow = []
        for _ in range(100):
            slow.append(self.connect())
            slow[-1].send(head, *[piece] * 24)
        self.assertEqual(slow[0].statuses(), [503], "the oldest gives way")
        self.assert_serves()
        self.assertTrue(slow[-1].send(piece))
        self.assertEqual(slow[-1].statuses(), [401], "the last one is heard to its end")

    def test_readers_take_no_memory(self):
        """Who asks for much and reads nothing."""
        self.most_memory = 200
        asked = request("GET", "/openapi.json")
        for _ in range(50):
            connection = self.connect()
            connection.socket.setblocking(False)
            try:
                for _ in range(1000):
                    connection.socket.send(asked * 100)
            except BlockingIOError:
                pass
        self.assert_serves()


class Idle(AttackCase):
    most_memory = 300

    def test_ten_thousand_connections_keep_nobody_out(self):
        if many_files() < 12000:
            self.skipTest("this process may not open 12,000 files")
        idle = []
        for number in range(10000):
            idle.append(self.connect())
            if number % 2000 == 1999:
                self.assert_serves()
        sent_half = [connection for connection in idle[-2000:] if connection.send(b"GET /healthz HTTP/1.1\r\n")]
        self.assertTrue(sent_half)
        for _ in range(20):
            self.assert_serves()


class Listening(AttackCase):
    """Who may read holds connections open for as long as it likes: a page in many windows, or one who means it."""

    files = 400  # of which connections get 200
    most_memory = 300

    def test_streams_keep_nobody_out(self):
        asked = request("GET", "/api/v1/events", f"Authorization: Bearer {TOKENS['read']}")
        for _ in range(250):
            self.connect().send(asked)
        self.assert_serves(12)
        self.assert_serves()


class Pipelining(AttackCase):
    def test_answers_come_in_order(self):
        """A page, then none, in turns; the last request ends the connection."""
        connection = self.connect()
        connection.send(*[request(path=path) for path in ("/healthz", "/nothing") * 1000], request("GET", "/healthz", "Connection: close"))
        self.assertEqual(connection.statuses(), [200, 404] * 1000 + [200])

    def test_after_a_refused_request_nothing_is_answered(self):
        connection = self.connect()
        connection.send(request("GET", "/healthz", "Transfer-Encoding: gzip"), request(path="/healthz") * 100)
        self.assertEqual(connection.statuses(), [400])


def webhook_inside(event, key=SIGNING_KEY):
    """A request that would make a build, were it read as one."""
    body, sent_id, sent_at = dumped(event), str(uuid.uuid4()), int(time.time())
    return request(
        "POST", "/webhooks/gitlab", f"Content-Length: {len(body)}", f"webhook-id: {sent_id}", f"webhook-timestamp: {sent_at}",
        f"webhook-signature: {sign(key, sent_id, sent_at, body)}", body=body,
    )


class Smuggling(AttackCase):
    """What a proxy before the daemon may read otherwise. Behind each a true request follows, which must be read as one of nobody."""

    def assert_refused(self, attack, *statuses):
        connection = self.connect()
        connection.send(attack, webhook_inside(self.event()))
        answered = connection.statuses()
        self.assertEqual(len(answered), 1, answered)
        self.assertIn(answered[0], statuses or (400,))
        self.assertEqual(self.builds(), [])

    def test_framing(self):
        chunked = b"0\r\n\r\n"
        for what, attack in {
            "chunked in HTTP/1.0": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", version="HTTP/1.0", body=chunked),
            "kept alive in HTTP/1.0": request(
                "POST", "/webhooks/gitlab", "Connection: keep-alive", "Transfer-Encoding: chunked", version="HTTP/1.0", body=chunked
            ),
            "not ending in chunked": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked, identity", body=chunked),
            "gzip": request("POST", "/webhooks/gitlab", "Transfer-Encoding: gzip, chunked", body=chunked),
            "chunked twice": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked, chunked", body=chunked),
            "in two fields": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", "Transfer-Encoding: x", body=chunked),
            "of another name": request("POST", "/webhooks/gitlab", "Transfer-Encoding: xchunked", body=chunked),
            "with a tab": request("POST", "/webhooks/gitlab", "Transfer-Encoding: \x0bchunked", body=chunked),
            "both lengths": request("POST", "/webhooks/gitlab", "Content-Length: 5", "Transfer-Encoding: chunked", body=chunked),
            "both, the other order": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", "Content-Length: 5", body=chunked),
            "two lengths": request("POST", "/webhooks/gitlab", "Content-Length: 0", "Content-Length: 5"),
            "the same length twice": request("POST", "/webhooks/gitlab", "Content-Length: 0", "Content-Length: 0"),
            "a list of lengths": request("POST", "/webhooks/gitlab", "Content-Length: 0, 0"),
            "a signed length": request("POST", "/webhooks/gitlab", "Content-Length: +0"),
            "a negative length": request("POST", "/webhooks/gitlab", "Content-Length: -1"),
            "a length in hex": request("POST", "/webhooks/gitlab", "Content-Length: 0x0"),
            "a length beyond 64 bits": request("POST", "/webhooks/gitlab", "Content-Length: 18446744073709551616"),
            "an empty length": request("POST", "/webhooks/gitlab", "Content-Length: "),
            "a chunk's size with a sign": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", body=b"+0\r\n\r\n"),
            "a chunk's size in words": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", body=b"zero\r\n\r\n"),
            "a chunk's size beyond 64 bits": request(
                "POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", body=b"10000000000000000\r\nabc\r\n0\r\n\r\n"
            ),
            "a chunk without its end": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", body=b"3\r\nabcXX0\r\n\r\n"),
            "a chunk's line without CR": request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked", body=b"0\n\n"),
        }.items():
            with self.subTest(what):
                self.assert_refused(attack, 400, 413)

    def test_lines(self):
        head = b"POST /webhooks/gitlab HTTP/1.1"
        for what, attack in {
            "bare line feeds": head + b"\nHost: x\nContent-Length: 0\n\n",
            "one bare line feed": head + b"\r\nHost: x\nContent-Length: 0\r\n\r\n",
            "a bare carriage return": head + b"\r\nHost: x\rContent-Length: 0\r\n\r\n",
            "a folded field": head + b"\r\nHost: x\r\nX: a\r\n Content-Length: 0\r\n\r\n",
            "a folded first field": head + b"\r\n Host: x\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            "a blank before the colon": head + b"\r\nHost: x\r\nContent-Length : 0\r\n\r\n",
            "a tab before the colon": head + b"\r\nHost: x\r\nTransfer-Encoding\t: chunked\r\n\r\n",
            "a field without a name": head + b"\r\nHost: x\r\n: 0\r\n\r\n",
            "a line without a colon": head + b"\r\nHost: x\r\nContent-Length\r\n\r\n",
            "a NUL in a value": head + b"\r\nHost: x\r\nX: a\0b\r\n\r\n",
            "a NUL in a name": head + b"\r\nHost: x\r\nX\0: a\r\n\r\n",
            "no host": head + b"\r\nContent-Length: 0\r\n\r\n",
            "two hosts": head + b"\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n",
            "two blanks in the first line": b"POST  /webhooks/gitlab HTTP/1.1\r\nHost: x\r\n\r\n",
            "a version of its own": b"POST /webhooks/gitlab HTTP/9.9\r\nHost: x\r\n\r\n",
            "no version": b"POST /webhooks/gitlab\r\nHost: x\r\n\r\n",
            "HTTP/2 itself": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "TLS": bytes.fromhex("16030100c8010000c40303") + b"\r\n\r\n" * 60,
        }.items():
            with self.subTest(what):
                self.assert_refused(attack, 400, 505)


class HeaderBombs(AttackCase):
    def test_many_and_long(self):
        fields = "\r\n".join(f"X-{number}: {number}" for number in range(100_000))
        for what, attack, status in (
            ("many fields", request("GET", "/healthz", fields), 431),
            ("one long value", request("GET", "/healthz", "X: " + "a" * 10 * MEGABYTE), 431),
            ("one long name", request("GET", "/healthz", "a" * 10 * MEGABYTE + ": x"), 431),
            ("one field again and again", request("GET", "/healthz", *["Cookie: a=b"] * 100_000), 431),
            ("a long target", request("GET", "/" + "a" * 10 * MEGABYTE), 414),
            ("a long method", request("A" * 10 * MEGABYTE), 414),
        ):
            with self.subTest(what):
                connection = self.connect()
                connection.send(attack)
                # Who goes on sending may get a reset in place of the last bytes of its answer.
                self.assertIn(connection.statuses(), ([status], []))

    def test_as_many_as_fit_cost_little(self):
        """8,000 names in 16 KiB, and 3,000 of a query."""
        began = time.monotonic()
        for _ in range(50):
            answer = call(self.port, "GET", "/healthz?" + "&".join(f"{n}=" for n in range(1500)), headers={f"{n:x}": "" for n in range(1200)})
            self.assertIn(answer.status, (200, 431))
        self.assertLess(time.monotonic() - began, 3)


class Bodies(AttackCase):
    most_memory = 600

    def test_as_long_as_may_be(self):
        event = {**self.event(), "padding": ""}
        event["padding"] = "x" * (MOST_BODY - len(dumped(event)))
        self.assertEqual(self.daemon.deliver(dumped(event)).status, 202)

    def test_a_byte_longer(self):
        connection = self.connect()
        connection.send(request("POST", "/webhooks/gitlab", f"Content-Length: {MOST_BODY + 1}"))
        self.assertEqual(connection.statuses(), [413])

    def test_that_say_they_are_huge(self):
        for length in (10**12, 2**63 - 1, 2**64 - 1):
            connection = self.connect()
            connection.send(request("POST", "/webhooks/gitlab", f"Content-Length: {length}"))
            self.assertEqual(connection.statuses(), [413], length)

    def test_that_have_no_end(self):
        connection = self.connect()
        connection.send(request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked"))
        chunk = b"100000\r\n" + b"x" * MEGABYTE + b"\r\n"
        sent = 0
        while connection.send(chunk) and sent < 1000:
            sent += 1
        self.assertLess(sent, 300, "MB were read of a body that is too long from the 25th on")
        self.assertIn(connection.statuses(), ([413], []))

    def test_of_small_chunks(self):
        connection = self.connect()
        head = request("POST", "/webhooks/gitlab", "Connection: close", "Transfer-Encoding: chunked")
        connection.send(head, b"1\r\nx\r\n" * 1_000_000, b"0\r\n\r\n")
        self.assertEqual(connection.statuses(), [401])

    def test_of_chunks_with_endless_extensions_and_trailers(self):
        for body in (b"1;" + b"x" * 10 * MEGABYTE, b"0\r\nX: " + b"x" * 10 * MEGABYTE):
            connection = self.connect()
            connection.send(request("POST", "/webhooks/gitlab", "Transfer-Encoding: chunked"), body)
            self.assertIn(connection.statuses(), ([400], []))


class Json(AttackCase):
    """Signed: whoever has the secret, or GitLab itself, sends it."""

    most_memory = 500

    def deliver(self, body):
        began = time.monotonic()
        answer = self.daemon.deliver(body)
        self.assertLess(time.monotonic() - began, 5)
        return answer

    def test_deep(self):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            for depth in (10_000, MOST_BODY // len(opening) // 2):
                inside = opening * depth + b"0" + closing * depth
                self.assertEqual(self.deliver(inside[: MOST_BODY - 1]).status, 400)
                event = dumped(self.event())[:-1] + b', "x": ' + inside
                self.assertIn(self.deliver(event[: MOST_BODY - 1] + b"}").status, (200, 202, 400))

    def test_wide(self):
        event = dumped(self.event())[:-1]
        many = b", ".join(b'"%d": 0' % number for number in range(1_000_000))
        self.assertEqual(self.deliver(event + b", " + many + b"}").status, 202)
        self.assertEqual(self.deliver(event + b', "x": [' + b"0," * 12_000_000 + b"0]}").status, 202)
        self.assertEqual(self.deliver(event + b', "ref": "refs/heads/main"' * 100_000 + b"}").status, 202)

    def test_wide_in_a_request_of_the_api(self):
        many = b", ".join(b'"%d": 0' % number for number in range(1_000_000))
        for body in (b"{" + many + b"}", b'{"folders": [' + b'"a",' * 6_000_000 + b'"a"]}', b"[" * 20_000_000):
            self.assertIn(self.daemon.api("POST", "/api/v1/builds", body, Content_Type="application/json").status, (400, 413))

    def test_that_is_no_text(self):
        event = dumped(self.event())
        for body in (
            event.replace(b"Sample", b"\xff\xfe"), event.replace(b"Sample", b"\xc0\xaf"), event.replace(b"Sample", b"\\ud800"),
            event.replace(b"samples/images", b"samples/\xff"), event.replace(b"refs/heads/main", b"refs/heads/\xff\xfe"),
            event.replace(b"refs/heads/main", b"refs/heads/\\u0000"), event.replace(b"refs/heads/main", b"refs/heads/a\\u001b[2J"),
            event[:-1] + b', "n": 1e999999999}', event[:-1] + b', "n": ' + b"9" * 1_000_000 + b"}",
            event.replace(b'"project_id": 42', b'"project_id": -99999999999999999999'), b"", b"\0", b"null", b"\xef\xbb\xbf" + event,
        ):
            answer = self.deliver(body)
            self.assertIn(answer.status, (200, 202, 400), body[:200])
            answer.body.decode()
        for delivery in self.daemon.api("GET", "/api/v1/deliveries").json["deliveries"]:
            self.assertEqual(self.daemon.api("GET", f"/api/v1/deliveries/{delivery['id']}").status, 200)


class Paths(AttackCase):
    def answer(self, *parts):
        connection = self.connect()
        connection.send(request(*parts, "Connection: close") if len(parts) < 3 else request(*parts))
        connection.read_all()
        return connection

    def test_reach_nothing_but_what_is_served(self):
        """Nothing of the file system; nothing that wants a token without one."""
        for path in (
            "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../../etc/passwd", "/assets/%2e%2e%2fetc%2fpasswd",
            "/..%5c..%5cetc/passwd", "//etc/passwd", "///healthz", "/%2fhealthz", "/./healthz", "/healthz/", "/healthz/..", "/healthz%2f",
            "/healthz;a=b",
            "/api/v1/../../healthz", "/healthz/../api/v1/builds", "/HEALTHZ", "/healthz%20", "/%68ealthz%00", "/healthz%00.svg",
            "/badges/..%2f..%2fetc.svg",
            "/badges/images/%2e%2e/%2e%2e/etc/passwd.svg", "http://169.254.169.254/latest/meta-data/", "/api/v1/images/images/..%2f..%2fetc%2fpasswd",
            "/api/v1/builds/%31%2f..", "/api/v1/builds/1/steps/..%2f..%2f..%2fetc%2fpasswd/log", "/%c0%ae%c0%ae/etc/passwd", "/%", "/%zz", "/%2",
            "/a%ff",
        ):
            with self.subTest(path):
                connection = self.answer("GET", path)
                self.assertIn(connection.statuses()[0], (400, 401, 404), connection.received[:300])
                self.assertNotIn(b"root:", connection.received)

    def test_of_another_form(self):
        for method, target, statuses in (
            ("GET", "http://other.example/healthz", (200,)), ("GET", "http://user:password@slipway.example/healthz", (400,)),
            ("GET", "file:///etc/passwd", (400,)), ("GET", "*", (400,)), ("OPTIONS", "*", (400, 404)), ("GET", "healthz", (400,)),
            ("CONNECT", "127.0.0.1:22", (400, 404, 405)), ("CONNECT", "/healthz", (404, 405)), ("TRACE", "/healthz", (404, 405)),
            ("DEBUG", "/healthz", (404, 405)),
            ("get", "/healthz", (404, 405)),
        ):
            with self.subTest(method + " " + target):
                connection = self.answer(method, target)
                self.assertIn(connection.statuses()[0], statuses, connection.received[:300])

    def test_are_shown_without_being_obeyed(self):
        """What was asked for is in the answer and the log: as JSON, on one line."""
        connection = self.answer("GET", "/%0d%0aSet-Cookie:%20a=b%0d%0a/%1b%5b2J<script>")
        head, _, body = connection.received.partition(b"\r\n\r\n")
        self.assertNotIn(b"Set-Cookie", head)
        json.loads(body)
        self.assertNotIn(b"\x1b", connection.received)
        self.assertIn(b"nosniff", head)
        self.assertNotIn("\x1b", self.daemon.process.log.read_text())


class Sender(AttackCase):
    def problem(self, answer, status):
        self.assertEqual(answer.status, status, answer)
        return answer.json["type"]

    def test_replays(self):
        body, sent_id = dumped(self.event()), str(uuid.uuid4())
        first = self.daemon.deliver(body, sent_id=sent_id)
        for _ in range(20):
            again = self.daemon.deliver(body, sent_id=sent_id)
            self.assertEqual((again.status, again.json["duplicate"], again.json["build"]), (202, True, first.json["build"]))
        anew = self.daemon.deliver(body)
        self.assertEqual((anew.json["duplicate"], anew.json["build"]), (True, first.json["build"]), "the same push under another id")
        self.assertEqual([build["trigger"] for build in self.builds()], ["push"])

    def test_replays_under_another_name(self):
        """The signature is of the id and the time too."""
        body, sent_id, sent_at = dumped(self.event()), str(uuid.uuid4()), int(time.time())
        signature = sign(SIGNING_KEY, sent_id, sent_at, body)
        for changes in ({"webhook_id": str(uuid.uuid4())}, {"webhook_timestamp": str(sent_at + 1)}):
            headers = {"webhook_signature": signature, "webhook_id": sent_id, "webhook_timestamp": str(sent_at), **changes}
            answer = self.daemon.deliver(body, key=None, **headers)
            self.assertTrue(self.problem(answer, 401).endswith("unauthorized"), answer)
        self.assertEqual(self.builds(), [])

    def test_that_are_stale_or_early(self):
        for seconds in (-3600, -301, 310, 10**10):
            answer = self.daemon.deliver(self.event(), sent_at=int(time.time()) + seconds)
            self.assertTrue(self.problem(answer, 401).endswith("stale-delivery"), answer)
        self.assertEqual(self.builds(), [])

    def test_with_times_that_are_none(self):
        for sent_at in ("", "x", "1e9", "-1", "9" * 30, "0x10", "1 "):
            body, sent_id = dumped(self.event()), str(uuid.uuid4())
            answer = self.daemon.deliver(
                body, key=None, webhook_id=sent_id, webhook_timestamp=sent_at, webhook_signature=sign(SIGNING_KEY, sent_id, sent_at, body)
            )
            self.assertEqual(answer.status, 401, sent_at)
        self.assertEqual(self.builds(), [])

    def test_whose_signature_is_wrong_is_not_taken_for_its_token(self):
        """GitLab sends both while a hook is moved to signatures; whoever adds a bad one must not fall back to the weaker proof."""
        answer = self.daemon.deliver(self.event(), key="whsec_" + "b" * 43 + "=", X_Gitlab_Token="hook-token-1")
        self.assertEqual(answer.status, 401, answer)

    def test_with_a_thousand_signatures(self):
        began = time.monotonic()
        answer = self.daemon.deliver(self.event(), key=None, webhook_signature=" ".join(["v1,AAAA"] * 1500))
        self.assertEqual(answer.status, 401)
        self.assertLess(time.monotonic() - began, 1)

    def test_guesses_take_the_same_time_and_are_told_the_same(self):
        """A hint only: that nothing is compared byte by byte is shown by the unit tests of `wire::equal_in_constant_time` and its callers."""
        answers = {}
        for token in ("", "x", "hook-token-2", "hook-token-1x", "x" * 8000, "hook-token-"):
            answer = self.daemon.deliver(self.event(), key=None, X_Gitlab_Token=token)
            answers[token] = (answer.status, answer.body)
        self.assertEqual(len(set(answers.values())), 1, answers)


class Tokens(AttackCase):
    def test_in_an_address_are_not_taken_and_not_written_down(self):
        secret = TOKENS["write"]
        for name in ("token", "access_token", "private_token", "authorization", "Authorization", "key", "api_key"):
            answer = call(self.port, "GET", f"/api/v1/builds?{name}={secret}")
            self.assertEqual(answer.status, 401, name)
            self.assertNotIn(secret, answer.text)
        self.assertEqual(call(self.port, "POST", "/webhooks/gitlab?token=hook-token-1", dumped(self.event())).status, 401)
        self.assertEqual(call(self.port, "GET", f"http://x:{secret}@127.0.0.1/api/v1/builds").status, 400)
        for leaked in (self.daemon.process.log.read_text(), call(self.port, "GET", "/metrics").text):
            self.assertNotIn(secret, leaked)
            self.assertNotIn("hook-token-1", leaked)

    def test_in_another_form_are_not_taken(self):
        secret = TOKENS["write"]
        for field, value in {
            "Authorization": secret, "authorization": f"Basic {secret}", "Private-Token": secret, "X-Gitlab-Token": secret,
            "Cookie": f"slipway_session={secret}",
            "X-Authorization": f"Bearer {secret}", "Proxy-Authorization": f"Bearer {secret}",
        }.items():
            self.assertEqual(call(self.port, "GET", "/api/v1/builds", headers={field: value}).status, 401, field)
        for value in (
            f"Bearer {secret}, Bearer x", f"Bearer {secret} ", f"Bearer  {secret}x", "Bearer ", f"Bearer {secret[:-1]}", f"Bearer {secret}\t",
        ):
            status = call(self.port, "GET", "/api/v1/builds", headers={"Authorization": value}).status
            self.assertIn(status, (401, 200) if value.strip() == f"Bearer {secret}" else (401,), value)


class RateLimit(AttackCase):
    limits = {"requests": "2/s", "webhooks": "20/s"}

    def assert_serves(self, seconds=1):
        """Here the attacker is this machine too: it waits as it is told to."""
        self.assertEqual(call(self.port, "GET", "/healthz").status, 200)
        answer = self.daemon.deliver(self.event())
        if answer.status == 429:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = self.daemon.deliver(self.event())
        self.assertEqual(answer.status, 202)

    def test_of_a_client_is_told_with_the_time_to_wait(self):
        answers = [call(self.port, "GET", "/api/v1/status") for _ in range(40)]
        self.assertEqual({answer.status for answer in answers}, {401, 429})
        refused = next(answer for answer in reversed(answers) if answer.status == 429)
        self.assertRegex(refused.headers["Retry-After"], r"^[1-9]\d*$")
        self.assertIn('"client";r=0', refused.headers["RateLimit"])
        self.assertEqual(self.daemon.api("GET", "/api/v1/status").status, 200, "another client's own limit")
        self.assertEqual(call(self.port, "GET", "/healthz").status, 200, "a probe has none")

    def test_of_guessed_tokens_is_that_of_their_address(self):
        statuses = {self.daemon.api("GET", "/api/v1/builds", token=f"guess-{number}").status for number in range(40)}
        self.assertEqual(statuses, {401, 429})

    def test_is_not_escaped_by_a_header(self):
        began = time.monotonic()
        statuses = [self.daemon.api("GET", "/api/v1/builds", token=None, X_Forwarded_For=f"10.0.0.{n}").status for n in range(40)]
        self.assertLessEqual(statuses.count(401), 20 + 2 * (time.monotonic() - began), "20 at once, and 2 a second")
        self.assertEqual(set(statuses), {401, 429})

    def test_of_webhooks(self):
        statuses = [self.daemon.deliver(self.event(), key=None).status for _ in range(600)]
        self.assertEqual(set(statuses), {401, 429})


class Descriptors(AttackCase):
    """A daemon that may open 100 files, and attackers who would like all of them."""

    files = 100

    def test_that_run_out_keep_nobody_out(self):
        idle = []
        for _ in range(400):
            idle.append(self.connect())
            idle[-1].send(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(10):
            self.assert_serves()
        self.sample.write("one/text.txt", "under attack")
        build = self.daemon.push(self.commits[-1], self.sample.commit())
        self.assert_succeeded(self.daemon.finished(build, 30))
        self.assertTrue(self.world.builds)
        for connection in idle:
            connection.close()
        self.assert_serves()
        self.assertNotIn("Too many open files", self.daemon.process.log.read_text())


if __name__ == "__main__":
    unittest.main()
