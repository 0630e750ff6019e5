"""One id from the delivery to the push: each line of the log has it, and each whom slipway asks or tells for that work."""

import json
import unittest

from gitlab import Gitlab, Receiver
from harness import PROJECT, SIGNING_KEY, ZEROS, Case, push_event, slow, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Traces(Case):
    def setUp(self):
        super().setUp()
        self.gitlab, self.receiver = Gitlab(PROJECT), Receiver()
        self.addCleanup(self.gitlab.close)
        self.addCleanup(self.receiver.close)
        self.registry = self.start_registry()
        self.proxy = self.start_proxy(self.registry)
        self.sample = self.make_sample(self.proxy.address)
        self.sample.base()

    def begin(self):
        self.daemon = self.start_daemon(
            self.sample, repository={"gitlab": self.gitlab.settings()}, log={"format": "json", "level": "debug"},
            notifications=[{"url": self.receiver.url, "signing_key": SIGNING_KEY}],
        )

    def push(self, before, after):
        answer = self.daemon.deliver(push_event(before, after), traceparent=TRACEPARENT)
        self.assertEqual(answer.status, 202, answer)
        self.assertNotIn("traceparent", {name.lower() for name in answer.headers})
        return answer.json

    def settled(self):
        """Once all was told."""
        path = "/api/v1/reports?state=due"
        wait_until(lambda: not self.daemon.api("GET", path).json["reports"], self.daemon.process.tail)

    def lines(self):
        return [json.loads(line) for line in self.daemon.process.log.read_text().splitlines()]

    def assert_part_of_the_trace(self, sent):
        """Each a span of its own."""
        self.assertTrue(sent)
        spans = set()
        for traceparent in sent:
            self.assertIsNotNone(traceparent)
            version, trace, span, flags = traceparent.split("-")
            self.assertEqual((version, trace, flags), ("00", TRACE, "01"))
            spans.add(span)
        self.assertEqual(len(spans), len(sent))
        self.assertNotIn(PARENT, spans)

    def ours(self):
        """What the registry was asked by slipway itself, not by the engine."""
        return [traceparent for agent, traceparent in self.proxy.traces if agent == "slipway"]

    def test_a_push_with_a_trace(self):
        commit = self.sample.commit()
        self.begin()
        accepted = self.push(ZEROS, commit)
        number = accepted["build"]
        self.assert_succeeded(self.daemon.finished(number))
        self.settled()
        lines = self.lines()
        self.assertTrue(all(list(line)[:3] == ["ts", "level", "msg"] for line in lines), lines)
        delivered = next(at for at, line in enumerate(lines) if line["msg"] == "delivery accepted")
        self.assertEqual((lines[delivered]["delivery"], lines[delivered]["build"]), (accepted["delivery"], number))
        finished = next(at for at, line in enumerate(lines) if line["msg"] == "build finished")
        others = ("engine is", "a branch is taken as pushed")  # its first look, and that at the remote, may come meanwhile
        work = [line for line in lines[delivered:finished + 1] if not line["msg"].startswith(others)]
        self.assertEqual({(line["build"], line["trace_id"]) for line in work}, {(number, TRACE)}, work)
        steps = [line for line in work if line["msg"].startswith("step is")]
        self.assertEqual([line["msg"].split()[-1] for line in steps], ["building", "built", "pushing", "pushed"])
        self.assertEqual({(line["step"], line["folder"]) for line in steps}, {(0, "base")})
        self.assert_part_of_the_trace(self.ours())
        self.assert_part_of_the_trace([traceparent for path, traceparent in self.gitlab.traces if "/statuses/" in path])
        self.assert_part_of_the_trace([headers.get("traceparent") for headers, _ in self.receiver.requests])
        self.assertTrue(all(TRACE in event["traceparent"] for event in self.receiver.events()))

    def test_goes_on_after_a_restart(self):
        self.sample.image("long", "FROM {base}\n" + slow(5))
        commit = self.sample.commit()
        self.begin()
        number = self.push(ZEROS, commit)["build"]
        self.daemon.wait_for_step(number, "long", lambda step: step["state"] == "building", "is built")
        self.daemon.kill()
        before = len(self.lines())
        self.daemon.start()
        self.assert_succeeded(self.daemon.finished(number))
        self.settled()
        after = [line for line in self.lines()[before:] if "build" in line]
        self.assertIn("build finished", {line["msg"] for line in after})
        self.assertEqual({(line["build"], line["trace_id"]) for line in after}, {(number, TRACE)}, after)
        self.assert_part_of_the_trace(self.ours())

    def test_a_request_with_a_trace_and_one_without(self):
        self.sample.commit()
        self.begin()
        asked = {"repository": "images", "ref": "main"}
        first = self.daemon.api("POST", "/api/v1/builds?wait=100", asked, Content_Type="application/json", traceparent=TRACEPARENT)
        second = self.daemon.api("POST", "/api/v1/builds?wait=100", asked, Content_Type="application/json", traceparent="00-0-0-00")
        self.assertEqual((first.status, second.status), (200, 200), (first, second))
        traces = {line["build"]: line["trace_id"] for line in self.lines() if line["msg"] == "build requested"}
        self.assertEqual(traces[first.json["id"]], TRACE)
        self.assertRegex(traces[second.json["id"]], r"^[0-9a-f]{32}$")
        self.assertNotEqual(traces[second.json["id"]], TRACE)


if __name__ == "__main__":
    unittest.main()
