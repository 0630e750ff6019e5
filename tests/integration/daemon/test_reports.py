"""What GitLab and others are told: statuses of commits, plans of merge requests, signed notifications; also when the daemon is killed
at any time and when GitLab does not do as it should."""

import collections
import random
import time
import unittest

from gitlab import Gitlab, Receiver, lose_answer, refuse, slow
from harness import PROJECT, SIGNING_KEY, ZEROS, Case, sign, wait_until

PUBLIC = "https://slipway.example.com"
KEY = SIGNING_KEY


def merge_event(number, commit, action="open", target="main", **attributes):
    """What of GitLab's merge request event matters to a receiver, and a little more."""
    return {
        "object_kind": "merge_request", "event_type": "merge_request", "user": {"id": 1, "username": "sample"},
        "project": {"id": 42, "name": "images", "path_with_namespace": PROJECT, "default_branch": "main"},
        "object_attributes": {
            "id": 900 + number, "iid": number, "action": action, "state": "opened", "target_branch": target, "source_branch": "topic",
            "title": "A change", "last_commit": {"id": commit, "message": "a change"}, **attributes,
        },
        "labels": [], "changes": {},
    }


class Reports(Case):
    def setUp(self):
        super().setUp()
        self.gitlab = Gitlab(PROJECT)
        self.addCleanup(self.gitlab.close)
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)

    def begin(self, repository=None, **changes):
        changes = {"public_url": PUBLIC, **changes}
        repository = {"gitlab": self.gitlab.settings(), **(repository or {})}
        self.daemon = self.start_daemon(self.sample, repository=repository, **changes)
        return self.daemon

    def wait_for_states(self, commit, **wanted):
        """`slipway` is the build's own."""
        names = {("slipway" if name == "slipway" else f"slipway/{name}"): state for name, state in wanted.items()}

        def tell():
            return f"{self.gitlab.states(commit)}\n{self.daemon.process.tail()}"

        wait_until(lambda: names == self.gitlab.states(commit), tell)

    def wait_for_plan(self, number, *words):
        def find():
            plans = self.gitlab.plans(number)
            return plans if plans and all(word in plans[0]["body"] for word in words) else None

        return wait_until(find, lambda: f"{self.gitlab.plans(number)}\n{self.daemon.process.tail()}")

    def reports(self, **query):
        words = "&".join(f"{name}={value}" for name, value in query.items())
        return self.daemon.api("GET", f"/api/v1/reports?{words}").json["reports"]

    def settle(self):
        wait_until(lambda: not self.reports(state="due"), lambda: f"{self.reports()}\n{self.daemon.process.tail()}")


class Statuses(Reports):
    def test_of_a_push_with_an_image_that_fails(self):
        self.sample.base()
        self.sample.image("web", 'FROM {base}\nRUN ["/bin/busybox", "false"]\n')
        self.sample.image("site", f"FROM {self.sample.name('web')}\nCOPY manifest.yml /\n")
        commit = self.sample.commit()
        self.begin()
        number = self.daemon.push(ZEROS, commit)
        self.daemon.finished(number)
        self.wait_for_states(commit, slipway="failed", base="success", web="failed", site="canceled")
        status = self.gitlab.status(commit)
        self.assertEqual((status["ref"], status["target_url"]), ("main", f"{PUBLIC}/builds/{number}"))
        self.assertEqual(status["description"], "1 image failed: web")
        self.assertIn("skipped", self.gitlab.status(commit, "slipway/site")["description"])
        self.settle()
        self.assertEqual(len([s for s in self.gitlab.statuses if s["commit"] == commit]), 4, "one record each")

    def test_is_not_lost_by_what_goes_wrong(self):
        self.gitlab.fault("POST", "/statuses/", refuse(409), 2)
        self.gitlab.fault("POST", "/statuses/", refuse(502), 1)
        self.gitlab.fault("POST", "/statuses/", lose_answer, 1)
        self.gitlab.fault("POST", "/statuses/", slow(1), 1)
        self.gitlab.fault("POST", "/statuses/", refuse(429, retry_after=2), 1)
        self.sample.base()
        commit = self.sample.commit()
        self.begin()
        self.daemon.push(ZEROS, commit)
        self.wait_for_states(commit, slipway="success", base="success")
        self.settle()
        self.assertEqual(self.reports(state="dead"), [])

    def test_a_token_that_is_refused_is_told_of_and_never_shown(self):
        self.sample.base()
        commit = self.sample.commit()
        self.begin({"gitlab": self.gitlab.settings() | {"token": "s3cret-and-wrong"}})
        self.daemon.push(ZEROS, commit)
        dead = wait_until(lambda: self.reports(state="dead"), self.daemon.process.tail)
        self.assertRegex(dead[0]["error"], "401 Unauthorized.*is the token right")
        self.assertNotIn("s3cret-and-wrong", self.daemon.process.log.read_text() + str(dead))
        self.assertIn("slipway_reports_given_up", self.daemon.api("GET", "/metrics").text)

    def test_nothing_is_written_where_nobody_wants_it(self):
        self.sample.base()
        commit = self.sample.commit()
        self.begin({"gitlab": {"url": self.gitlab.url}})
        self.daemon.finished(self.daemon.push(ZEROS, commit))
        self.assertEqual(self.reports(), [])
        self.assertEqual(self.gitlab.calls, [])


class MergeRequests(Reports):
    def setUp(self):
        super().setUp()
        self.sample.four_images()
        self.sample.git("checkout", "-q", "-b", "topic")

    def change(self, path="base/release.txt", text="second"):
        self.sample.write(path, text)
        commit = self.sample.commit()
        return commit

    def test_gets_a_plan_that_is_updated(self):
        self.begin()
        first = self.change("web/index.html", "second page")
        answer = self.daemon.deliver(merge_event(7, first))
        self.assertEqual((answer.status, answer.json["build"]), (202, None), answer)
        plan = self.wait_for_plan(7, "builds 1 image", "| `web` |", first[:10])[0]
        self.assertNotIn("`base`", plan["body"])
        self.gitlab.note(7, "looks good")
        second = self.change()
        self.daemon.deliver(merge_event(7, second, "update", oldrev=first))
        plans = self.wait_for_plan(7, "builds 3 images", "| `base` |", "built on `base`", second[:10])
        self.assertEqual([note["id"] for note in plans], [plan["id"]], "one note, updated")
        wait_until(lambda: self.gitlab.status(second, "slipway/plan"), self.daemon.process.tail)
        self.assertEqual(self.gitlab.status(second, "slipway/plan")["state"], "success")
        self.assertEqual(self.daemon.builds(), [], "nothing is built")

    def test_says_which_versions_are_in_the_registry(self):
        self.registry.publish("web", {"a": "b"}, "1.0")
        self.begin({"overwrite": "refuse"})
        commit = self.change("web/index.html", "second page")
        self.daemon.deliver(merge_event(8, commit))
        self.wait_for_plan(8, "needs a new version")
        wait_until(lambda: self.gitlab.status(commit, "slipway/plan"), self.daemon.process.tail)
        self.assertEqual(self.gitlab.status(commit, "slipway/plan")["state"], "failed")

    def test_says_what_is_in_conflict(self):
        commit = self.change("web/index.html", "theirs")
        self.sample.git("checkout", "-q", "main")
        self.change("web/index.html", "ours")
        self.begin()
        self.daemon.deliver(merge_event(9, commit))
        self.wait_for_plan(9, "can't be merged", "`web/index.html`")

    def test_is_the_plan_of_the_merge(self):
        """What main got meanwhile is not the merge request's."""
        commit = self.change("web/index.html", "second page")
        self.sample.git("checkout", "-q", "main")
        self.change("unrelated/more", "x")
        self.begin()
        self.daemon.deliver(merge_event(10, commit))
        self.wait_for_plan(10, "builds 1 image", "| `web` |")

    def test_what_changes_no_plan_is_ignored(self):
        self.begin()
        commit = self.change()
        for event in (
            merge_event(7, commit, "update"), merge_event(7, commit, "merge", state="merged"), merge_event(7, commit, "approved"),
            merge_event(7, "HEAD"),
        ):
            answer = self.daemon.deliver(event)
            self.assertEqual((answer.status, answer.json["build"]), (200, None), answer)
            self.assertTrue(answer.json["reason"])
        self.assertEqual(self.reports(), [])

    def test_finds_its_note_behind_many_others(self):
        for number in range(250):
            self.gitlab.note(7, f"note {number}", system=number % 2 == 0)
        self.begin()
        first = self.change("web/index.html", "second page")
        self.daemon.deliver(merge_event(7, first))
        self.wait_for_plan(7, first[:10])
        second = self.change("web/index.html", "third page")
        self.daemon.deliver(merge_event(7, second, "update", oldrev=first))
        self.assertEqual(len(self.wait_for_plan(7, second[:10])), 1)

    def test_somebody_elses_marker_is_left_alone(self):
        self.gitlab.note(7, "<!-- slipway:plan images --> mine")
        self.begin()
        commit = self.change("web/index.html", "second page")
        self.daemon.deliver(merge_event(7, commit))
        self.wait_for_plan(7, commit[:10])
        self.assertEqual(self.gitlab.notes[7][0]["updates"], 0)


class Killed(Reports):
    """None missing, none doubled."""

    def test_at_any_time_while_it_tells(self):
        seed = random.randrange(2**32)
        print(f"seed {seed}", end=" ", flush=True)
        chance = random.Random(seed)
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self.sample.base()
        self.sample.image("web", "FROM {base}\nCOPY manifest.yml /\n")
        self.sample.commit()
        notify = [{"url": receiver.url, "signing_key": KEY}]
        self.begin(notifications=notify)
        tips, previous, requests = [], ZEROS, {}
        for round_number in range(6):
            self.gitlab.fault("POST", "/", lose_answer, chance.randrange(2))
            self.gitlab.fault("POST", "/", slow(0.3), chance.randrange(3))
            self.sample.write("web/page", str(round_number))
            tip = self.sample.commit()
            number = 20 + round_number % 3
            self.accept(lambda: self.daemon.deliver(merge_event(number, tip)))
            requests[number] = tip
            self.accept(lambda: self.daemon.push(previous, tip))
            tips.append(tip)
            previous = tip
            time.sleep(chance.uniform(0.0, 1.2))  # the kill comes at any time
            self.daemon.kill()
            self.daemon.start()
        self.settle_all()
        self.assert_statuses_are_those_of_builds(tips)
        for number, tip in requests.items():
            plans = self.gitlab.plans(number)
            self.assertEqual(len(plans), 1, f"one note on !{number}: {plans}")
            self.assertIn(tip[:10], plans[0]["body"])
        self.assert_events_are_those_of_builds(receiver)

    def accept(self, send):
        wait_until(lambda: send() is not None, self.daemon.process.tail)

    def settle_all(self):
        def is_done():
            return all(build["finished"] for build in self.daemon.builds()) and not self.reports(state="due")

        wait_until(is_done, lambda: f"{self.reports(state='due')}\n{self.daemon.process.tail()}", 180)
        self.assertEqual(self.reports(state="dead"), [])

    def assert_statuses_are_those_of_builds(self, tips):
        newest = {}
        for build in reversed(self.daemon.builds()):
            newest[build["after"]] = self.daemon.build(build["id"])
        words = {"succeeded": "success", "failed": "failed", "cancelled": "canceled", "superseded": "canceled"}
        for tip in tips:
            build = newest[tip]
            self.assertEqual(self.gitlab.states(tip).get("slipway"), words[build["state"]], build["state"])
            for step in build["steps"]:
                wanted = "success" if step["state"] in ("pushed", "unchanged") else "canceled"
                self.assertEqual(self.gitlab.states(tip).get(f"slipway/{step['folder']}"), wanted, step)

    def assert_events_are_those_of_builds(self, receiver):
        """Sent at least once each, and a repeat is known by its id."""
        wanted = set()
        for build in self.daemon.builds():
            wanted.add(("build.finished", build["id"], None))
            for step in self.daemon.build(build["id"])["steps"]:
                if step["state"] == "pushed":
                    wanted.add(("image.pushed", build["id"], step["step"]))
        by_id = collections.defaultdict(set)
        for event in receiver.events():
            by_id[event["id"]].add((event["type"], event["data"]["build"], event["data"].get("step")))
        self.assertTrue(all(len(told) == 1 for told in by_id.values()), by_id)
        told = [next(iter(told)) for told in by_id.values()]
        self.assertEqual(sorted(told, key=str), sorted(wanted, key=str), "none missing, and one id each")


class Notifications(Reports):
    def test_are_signed_and_sent_again(self):
        receiver = Receiver([500])
        self.addCleanup(receiver.close)
        self.sample.base()
        commit = self.sample.commit()
        pushed = [{"url": receiver.url, "signing_key": KEY, "events": ["image.pushed"], "repositories": ["images"]}]
        self.begin({"gitlab": {"url": self.gitlab.url}}, notifications=pushed)
        number = self.daemon.push(ZEROS, commit)
        self.daemon.finished(number)
        wait_until(lambda: len(receiver.requests) >= 2, self.daemon.process.tail)
        self.settle()
        self.assertEqual(len(receiver.requests), 2, "one event, sent again after the 500")
        for headers, body in receiver.requests:
            self.assertEqual(headers["webhook-signature"], sign(KEY, headers["webhook-id"], headers["webhook-timestamp"], body))
        event, again = receiver.events()
        self.assertEqual(event, again)
        self.assertEqual((event["type"], event["specversion"], event["source"]), ("image.pushed", "1.0", f"{PUBLIC}/repositories/images"))
        data = event["data"]
        self.assertEqual((data["commit"], data["build"], data["folder"]), (commit, number, "base"))
        self.assertEqual(data["digests"], {self.sample.name("base"): self.registry.digest("base")})
        self.assertNotIn(KEY, self.daemon.process.log.read_text())


class Hooks(Reports):
    def hook(self):
        return self.daemon.api("GET", "/api/v1/repositories/images/hook").json

    def test_what_gitlab_says_of_its_hook_is_shown(self):
        self.sample.base()
        self.sample.commit()
        self.gitlab.hook("https://elsewhere.example.com/webhooks/gitlab")
        hook = self.gitlab.hook(f"{PUBLIC}/webhooks/gitlab", "temporarily_disabled", "2026-11-26T20:00:00.000Z")
        self.gitlab.logged(hook, "500", ref="refs/heads/main", before="a" * 40, after="b" * 40)
        self.gitlab.logged(hook, "200", ref="refs/heads/main", before="b" * 40, after="c" * 40)
        self.begin()
        shown = wait_until(lambda: self.hook()["hook"] and self.hook(), self.daemon.process.tail)
        self.assertEqual(shown["hook"]["alert_status"], "temporarily_disabled")
        self.assertEqual(shown["hook"]["disabled_until"], "2026-11-26T20:00:00.000Z")
        self.assertEqual([(missed["answer"], missed["after"]) for missed in shown["missed"]], [("500", "b" * 40)])
        self.assertIn('slipway_gitlab_hook_ok{repository="images"} 0', self.daemon.api("GET", "/metrics").text)

    def test_a_token_that_may_not_see_hooks_is_told_of(self):
        self.gitlab.fault("GET", "/hooks", refuse(403), 1000)
        self.sample.base()
        self.sample.commit()
        self.begin()
        shown = wait_until(lambda: self.hook()["error"] and self.hook(), self.daemon.process.tail)
        self.assertIn("403 Forbidden", shown["error"])
        self.assertEqual(self.daemon.api("GET", "/api/v1/repositories/other/hook").status, 404)


if __name__ == "__main__":
    unittest.main()
