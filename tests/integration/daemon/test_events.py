"""What is seen live: the events, a log as it is written, a status that is waited for, and a browser's session."""

import contextlib
import http.client
import json
import time
import unittest

from harness import PATIENCE, TOKENS, ZEROS, Case, call, slow


class Stream:
    """Server-sent events of a path, as a browser reads them."""

    def __init__(self, port, path, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        sent = {"Authorization": f"Bearer {TOKENS['read']}", "Accept": "text/event-stream"}
        sent.update((name.replace("_", "-"), value) for name, value in headers.items())
        self.connection.request("GET", path, headers=sent)
        self.response = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        """Kind, id and data; None: the stream has ended, or had nothing but signs of life."""
        event, end = {}, time.monotonic() + PATIENCE
        while (line := self.response.readline().decode()) and time.monotonic() < end:
            line = line.rstrip("\n")
            if line.startswith(":"):
                continue
            if not line and event:
                return event["event"], event.get("id"), json.loads(event["data"])
            name, _, value = line.partition(": ")
            if name:
                event[name] = value
        return None

    def until(self, fits, what):
        """All events up to the first one that fits."""
        events, end = [], time.monotonic() + PATIENCE
        while event := self.next():
            events.append(event)
            if fits(event):
                return events
            if time.monotonic() > end:
                break
        raise AssertionError(f"no event of {what} in {events}")


class Events(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.first = self.sample.four_images()
        self.daemon = self.start_daemon(self.sample)

    def events(self, **headers):
        return Stream(self.daemon.port, "/api/v1/events", **headers)

    def test_tell_a_push_from_delivery_to_image(self):
        with self.events() as stream:
            kind, _, status = stream.next()
            self.assertEqual((kind, status["finished"]), ("snapshot", []))
            number = self.daemon.push(ZEROS, self.first)
            events = stream.until(lambda event: event[0] == "build" and event[2]["finished"], "the build's end")
            # What ended with it is told of together with it.
            events += stream.until(lambda event: event[0] == "owed" and event[2]["owed"] == 0, "nothing owed")
        self.assertEqual([data["build"] for kind, _, data in events if kind == "delivery"], [number])
        states = {}
        for kind, _, data in events:
            if kind == "step":
                states.setdefault(data["folder"], []).append(data["state"])
        self.assertEqual(set(states), {"base", "unrelated", "web", "worker"})
        self.assertEqual({told[-1] for told in states.values()}, {"pushed"}, states)
        self.assertEqual({data["folder"] for kind, _, data in events if kind == "image"}, set(states))
        ids = [int(told.rsplit("-", 1)[1]) for _, told, _ in events]
        self.assertEqual(ids, list(range(ids[0], ids[0] + len(ids))), "none is missing")

    def test_go_on_where_a_connection_was_cut(self):
        with self.events() as stream:
            _, first, _ = stream.next()
        number = self.daemon.push(ZEROS, self.first)
        self.daemon.finished(number)
        with self.events(Last_Event_ID=first) as stream:
            events = stream.until(lambda event: event[0] == "build" and event[2]["finished"], "the build's end")
            self.assertNotIn("snapshot", [kind for kind, _, _ in events])

    def test_begin_anew_after_a_restart(self):
        with self.events() as stream:
            _, first, _ = stream.next()
        self.daemon.stop()
        self.daemon.start()
        with self.events(Last_Event_ID=first) as stream:
            self.assertEqual(stream.next()[0], "snapshot")

    def test_end_in_words_when_the_daemon_stops(self):
        with self.events() as stream:
            stream.next()
            self.assertEqual(self.daemon.stop(), 0)
            events = stream.until(lambda event: event[0] == "end", "the end")
            self.assertEqual(events[-1][2], {"reason": "shutdown"})
            self.assertIsNone(stream.next())

    def test_need_a_token(self):
        with self.events(Authorization="") as stream:
            self.assertEqual(stream.response.status, 401)

    def test_status_is_waited_for(self):
        tag = self.daemon.api("GET", "/api/v1/status").headers["ETag"]
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", "/api/v1/status?wait=60", headers={"Authorization": f"Bearer {TOKENS['read']}", "If-None-Match": tag})
            self.daemon.push(ZEROS, self.first)
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            self.assertNotEqual(response.headers["ETag"], tag)
            response.read()


class Log(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.sample.base()
        self.sample.image("long", "FROM {base}\n" + slow(4))
        self.first = self.sample.commit()
        self.daemon = self.start_daemon(self.sample)

    def test_is_read_while_it_is_written(self):
        number = self.daemon.push(ZEROS, self.first)
        step = self.daemon.wait_for_step(number, "long", lambda step: step["state"] == "building", "is built")
        path = f"/api/v1/builds/{number}/steps/{step['step']}/log"
        with Stream(self.daemon.port, path) as stream:
            kind, first, _ = stream.next()
            self.assertEqual(kind, "line")
            self.assertIsNone(self.daemon.build(number)["finished"], "it came before the end")
            events = stream.until(lambda event: event[0] == "end", "the step's end")
        self.assertEqual(events[-1][2]["state"], "pushed")
        whole = self.daemon.api("GET", path)
        self.assertEqual(int(events[-2][1]), len(whole.body))
        lines = whole.text.splitlines()
        with Stream(self.daemon.port, path, Last_Event_ID=first) as stream:
            again = stream.until(lambda event: event[0] == "end", "the step's end")
        self.assertEqual([data["text"] for kind, _, data in again if kind == "line"], lines[1:])


class Session(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        self.sample.four_images()
        self.daemon = self.start_daemon(self.sample)

    def test_signs_a_browser_in_and_survives_a_restart(self):
        answer = call(self.daemon.port, "POST", "/api/v1/session", json.dumps({"token": TOKENS["write"]}), {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 204, answer)
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        self.assertNotIn(TOKENS["write"], cookie)
        self.daemon.stop()
        self.daemon.start()
        mine = {"Cookie": cookie, "Content-Type": "application/json"}
        self.assertEqual(call(self.daemon.port, "GET", "/api/v1/session", headers=mine).json, {"name": "write", "role": "write"})
        self.assertEqual(call(self.daemon.port, "GET", "/api/v1/status", headers=mine).status, 200)
        body = json.dumps({"ref": "main", "folders": ["web"]})
        other = {**mine, "Origin": "https://evil.example.com"}
        self.assertEqual(call(self.daemon.port, "POST", "/api/v1/builds", body, other).status, 403)
        ours = {**mine, "Origin": f"http://127.0.0.1:{self.daemon.port}"}
        self.assertEqual(call(self.daemon.port, "POST", "/api/v1/builds", body, ours).status, 202)


if __name__ == "__main__":
    unittest.main()
