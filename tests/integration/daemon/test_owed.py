"""What is not pushed as it should be is owed, is said, and is built by the next chance; what was pushed already is not built again."""

import json
import pathlib
import time
import unittest

from harness import ZEROS, Case, push_event, slow, wait_until

COPY = "FROM scratch\nCOPY text.txt /\n"
HIDDEN = "README.md\nmanifest.yml\n.dockerignore\n"


def is_running(text):
    """Whether a process of this machine, in a container or not, has this in its command."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (process / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


class OwedCase(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)

    def begin(self, **changes):
        """Everything of the first commit is built, or tried."""
        self.head = self.sample.commit()
        self.daemon = self.start_daemon(self.sample, **changes)
        return self.daemon.finished(self.daemon.push(ZEROS, self.head))

    def push(self, message="a change"):
        before, self.head = self.head, self.sample.commit(message)
        return self.daemon.push(before, self.head)

    def text_image(self, name, text="first"):
        self.sample.write(f"{name}/text.txt", text)
        self.sample.image(name, COPY)

    def states(self, build):
        return {step["folder"]: step["state"] for step in build["steps"]}

    def reasons(self, build):
        return {step["folder"]: [reason["kind"] for reason in step["reasons"]] for step in build["steps"]}

    def assert_all_is_well(self):
        self.daemon.settled()
        self.assert_ledger_is_registry(self.daemon, self.registry)


class Failed(OwedCase):
    def setUp(self):
        super().setUp()
        outside = f"{self.registry.address}/outside:1"
        self.sample.image("needy", f"FROM {outside}\nCOPY manifest.yml /\n")
        self.sample.image("child", "FROM {needy}\nCOPY manifest.yml /child.yml\n")
        self.text_image("other")
        self.failed = self.begin()

    def mend(self):
        self.registry.publish("outside", {"etc/release.txt": "outside"})

    def test_is_owed_with_its_reason_and_built_with_the_next_push_of_something_else(self):
        self.assertEqual(self.states(self.failed), {"needy": "failed", "child": "skipped", "other": "pushed"})
        owed = self.daemon.owed()
        self.assertEqual(set(owed), {"needy", "child"})
        self.assertTrue(owed["needy"]["why"].startswith(f"failed in build {self.failed['id']}: "), owed)
        self.assertIn("needy failed", owed["child"]["why"])
        self.assertEqual((owed["needy"]["commit"], owed["needy"]["pushed_commit"]), (self.head, None))
        self.mend()
        self.sample.write("other/text.txt", "second")

        build = self.daemon.finished(self.push())

        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"needy", "child", "other"})
        reasons = {step["folder"]: step["reasons"] for step in build["steps"]}
        self.assertEqual([reason["kind"] for reason in reasons["other"]], ["changed"])
        told = next(reason for reason in reasons["needy"] if reason["kind"] == "owed")
        self.assertEqual((told["since"], told["why"]), (owed["needy"]["since"], owed["needy"]["why"]))
        self.assertEqual(self.registry.files("child")["etc/release.txt"], b"outside")
        self.assert_all_is_well()

    def test_stays_owed_since_then_while_it_goes_on_failing(self):
        since = self.daemon.owed()["needy"]["since"]
        self.sample.write("other/text.txt", "second")
        build = self.daemon.finished(self.push())
        self.assertEqual(self.states(build), {"needy": "failed", "child": "skipped", "other": "pushed"})
        owed = self.daemon.owed()["needy"]
        self.assertEqual((owed["since"], owed["build"], owed["commit"]), (since, build["id"], self.head))

    def test_is_built_by_a_retry(self):
        path = f"/api/v1/builds/{self.failed['id']}/retry"
        told = self.daemon.api("POST", path + "?dry_run=1").json
        self.assertEqual(set(told["request"]["folders"]), {"needy", "child"})
        self.mend()
        answer = self.daemon.api("POST", path + "?wait=100")
        self.assertEqual(answer.status, 200, answer)
        self.assert_pushed(self.registry, answer.json, {"needy", "child"})
        self.assert_all_is_well()
        self.assertEqual(self.daemon.api("POST", f"/api/v1/builds/{answer.json['id']}/retry").status, 409, "nothing of it failed")

    def test_is_built_by_a_replay_of_its_delivery(self):
        path = f"/api/v1/deliveries/{self.failed['delivery']}/replay"
        self.assertEqual(self.daemon.api("POST", path + "?dry_run=1").json["request"]["after"], self.head)
        self.mend()
        answer = self.daemon.api("POST", path + "?wait=100")
        self.assertEqual(answer.status, 200, answer)
        self.assert_pushed(self.registry, answer.json, {"needy", "child"})
        self.assert_all_is_well()
        again = self.daemon.api("POST", path + "?wait=100").json
        self.assertEqual((again["state"], again["steps"]), ("succeeded", []), "nothing is left to do")

    def test_is_not_undone_by_a_replay_of_an_older_delivery_nor_made_by_one_that_was_ignored(self):
        self.sample.write("other/text.txt", "second")
        self.daemon.finished(self.push())
        answer = self.daemon.api("POST", f"/api/v1/deliveries/{self.failed['delivery']}/replay?wait=100")
        self.assertEqual((answer.status, answer.json["state"]), (409, "superseded"), answer)
        self.assertEqual(self.registry.files("other")["text.txt"], b"second")
        ignored = self.daemon.deliver(push_event(self.head, ZEROS)).json["delivery"]
        answer = self.daemon.api("POST", f"/api/v1/deliveries/{ignored}/replay")
        self.assertEqual(answer.status, 409, answer)

    def test_owes_nothing_once_its_folder_is_gone(self):
        self.sample.git("rm", "-rq", "needy", "child")
        self.assert_succeeded(self.daemon.finished(self.push()))
        self.assert_all_is_well()
        ledger = self.daemon.ledger()
        self.assertTrue(ledger["needy"]["removed"] and ledger["child"]["removed"], ledger)
        self.assertIsNone(ledger["other"]["removed"])

    def test_a_folder_that_moved_is_a_tombstone_that_says_where_to(self):
        self.sample.git("mv", "other", "another")
        self.daemon.finished(self.push())
        ledger = self.daemon.ledger()
        self.assertEqual(ledger["other"]["moved_to"], "another")
        self.assertTrue(ledger["other"]["removed"])
        self.assertEqual(ledger["another"]["commit"], self.head)


class Stopped(OwedCase):
    def begin_slowly(self, seconds):
        self.line = slow(seconds)
        self.sample.base(more=self.line)
        self.sample.image("child", "FROM {base}\nCOPY manifest.yml /\n")
        self.text_image("other")
        self.head = self.sample.commit()
        self.daemon = self.start_daemon(self.sample, limits={"builds": 1})
        number = self.daemon.push(ZEROS, self.head)
        self.daemon.wait_for_step(number, "base", lambda _: "sleep" in self.daemon.log(number, "base"), "runs")
        return number

    def test_by_a_request_while_it_runs_all_of_it_is_owed_until_it_is_retried(self):
        number = self.begin_slowly(6)
        mark = self.line.partition("cache, ")[2][:36]
        wait_until(lambda: is_running(mark), "the slow command")
        path = f"/api/v1/builds/{number}/cancel"
        told = self.daemon.api("POST", path + "?dry_run=1").json
        self.assertEqual([step["folder"] for step in told["stopped"]], ["base"])
        self.assertEqual({step["folder"] for step in told["cancelled"]}, {"child", "other"})

        began = time.monotonic()
        self.assertEqual(self.daemon.api("POST", path).status, 200)
        build = self.daemon.finished(number)
        wait_until(lambda: not is_running(mark), "the end of the slow command", 20)

        self.assertLess(time.monotonic() - began, 5, "it is not waited for")
        self.assertEqual(build["state"], "cancelled")
        self.assertEqual(self.states(build), dict.fromkeys(("base", "child", "other"), "cancelled"))
        owed = self.daemon.owed()
        self.assertEqual(set(owed), {"base", "child", "other"})
        self.assertTrue(all(f"cancelled in build {number}" in entry["why"] for entry in owed.values()), owed)
        self.assertEqual(self.daemon.api("POST", path).status, 409, "it is over")
        self.assertEqual(self.registry.catalog(), set())
        self.assertEqual(self.daemon.api("POST", f"/api/v1/builds/{number}/retry?wait=100").status, 200)
        self.assert_all_is_well()
        self.assertEqual(self.registry.catalog(), {"base", "child", "other"})

    def test_before_it_began_by_a_request(self):
        running = self.begin_slowly(3)
        before = self.head
        self.sample.git("checkout", "-q", "-b", "feature-1")
        self.sample.write("other/text.txt", "second")
        queued = self.daemon.push(before, self.sample.commit(), "refs/heads/feature-1")
        answer = self.daemon.api("POST", f"/api/v1/builds/{queued}/cancel")
        self.assertEqual((answer.status, answer.json["state"]), (200, "running"), "it is planned first")
        self.assert_succeeded(self.daemon.finished(running))

        build = self.daemon.finished(queued)
        self.assertEqual((build["state"], self.states(build)), ("cancelled", {"other": "cancelled"}))
        owed = self.daemon.owed()
        self.assertEqual({folder: entry["why"] for folder, entry in owed.items()}, {
            "other": f"cancelled in build {queued}: by a request to the API",
        })
        self.daemon.stop()
        self.daemon.start()  # the remote is compared with what is known
        wait_until(lambda: "slipway_reconcile_total{result=\"same\"} 1" in self.daemon.api("GET", "/metrics").text, "the comparison")
        self.assertEqual(self.daemon.builds()[0]["id"], queued, "nobody takes it for a push that was missed")
        self.assertEqual(self.daemon.api("POST", f"/api/v1/builds/{queued}/retry?wait=100").status, 200)
        self.assertEqual(self.daemon.owed(), {})

    def test_by_a_newer_push_only_what_has_begun_is_finished_and_the_rest_is_carried_over(self):
        first = self.begin_slowly(3)
        self.sample.write("other/text.txt", "second")
        second = self.push()

        one, two = self.daemon.finished(first), self.daemon.finished(second)

        self.assertEqual(one["state"], "superseded")
        self.assertEqual(self.states(one), {"base": "pushed", "child": "cancelled", "other": "cancelled"})
        self.assertIn(f"superseded by build {second}", one["error"])
        self.assert_succeeded(two)
        self.assert_pushed(self.registry, two, {"child", "other"})
        self.assertEqual(self.reasons(two)["child"], ["owed"])
        self.assertEqual(self.registry.files("other")["text.txt"], b"second")
        self.assert_all_is_well()

    def test_queued_pushes_are_left_to_the_newest(self):
        first = self.begin_slowly(6)
        numbers = []
        for word in ("second", "third", "fourth"):
            self.sample.write(f"{word}/text.txt", word)
            self.sample.image(word, COPY)
            numbers.append(self.push(word))
        *overtaken, last = [self.daemon.finished(number) for number in numbers]
        self.daemon.finished(first)
        for build in overtaken:
            self.assertEqual((build["state"], build["steps"]), ("superseded", []))
            self.assertEqual(build["error"], f"superseded by build {last['id']}")
        self.assert_succeeded(last)
        self.assertLessEqual({"second", "third", "fourth"}, set(self.states(last)))
        self.assert_all_is_well()


class Unchanged(OwedCase):
    def setUp(self):
        super().setUp()
        self.text_image("one")
        self.sample.write("one/.dockerignore", HIDDEN)
        self.sample.image("child", "FROM {one}\nCOPY manifest.yml /\n")

    def assert_not_built(self, build, before):
        """`before`: the digest that it had and has."""
        self.assert_succeeded(build)
        step = next(step for step in build["steps"] if step["folder"] == "one")
        self.assertEqual((step["state"], set(step["digests"].values())), ("unchanged", {before}))
        self.assertIsNone(step["image_id"])
        self.assertTrue(step["note"].startswith("not built: its content is what build"), step)
        self.assertNotIn("COPY", self.daemon.log(build["id"], "one"))
        for reference in step["references"]:
            self.assertEqual(self.registry.digest("one", reference.rpartition(":")[2]), before, reference)
        self.assert_all_is_well()
        return step

    def test_after_a_revert_of_what_failed(self):
        self.assert_succeeded(self.begin())
        before = self.registry.digest("one")
        self.sample.write("one/Dockerfile", COPY + "COPY nothing /\n")
        self.assertEqual(self.daemon.finished(self.push())["state"], "failed")
        self.assertEqual(set(self.daemon.owed()), {"one", "child"})
        self.sample.git("revert", "--no-edit", "HEAD")
        build = self.daemon.finished(self.push())
        self.assert_not_built(build, before)
        self.assertEqual(self.states(build), {"one": "unchanged", "child": "unchanged"})
        self.assertEqual(self.daemon.ledger()["one"]["commit"], self.head)

    def test_a_revert_of_what_was_pushed_is_built(self):
        self.assert_succeeded(self.begin())
        self.sample.write("one/text.txt", "second")
        self.daemon.finished(self.push())
        self.assertEqual(self.registry.files("one")["text.txt"], b"second")
        self.sample.git("revert", "--no-edit", "HEAD")
        self.assert_succeeded(self.daemon.finished(self.push()))
        self.assertEqual(self.registry.files("child")["text.txt"], b"first")
        self.assert_all_is_well()

    def test_by_a_file_that_no_build_sees_it_is_tagged_anew(self):
        rules = [{"match": "main", "push": True, "tags": ["{version}", "{version}-{sha}"]}]
        self.assert_succeeded(self.begin(repository={"branches": rules}))
        before = self.registry.digest("one")
        self.sample.write("one/README.md", "words")
        step = self.assert_not_built(self.daemon.finished(self.push()), before)
        self.assertEqual({reference.rpartition(":")[2] for reference in step["references"]}, {"1.0", f"1.0-{self.head[:8]}"})
        self.sample.write("one/manifest.yml", "image: one\nversion: 1.0\ntags: [latest]\n")
        self.assert_not_built(self.daemon.finished(self.push()), before)
        self.assertEqual(self.registry.digest("one", "latest"), before)

    def test_gets_its_name_back_where_somebody_took_it(self):
        self.assert_succeeded(self.begin())
        before = self.registry.digest("one")
        self.registry.publish("one", {"text.txt": "somebody else's"}, "1.0")
        self.sample.write("one/README.md", "words")
        self.assert_not_built(self.daemon.finished(self.push()), before)

    def test_is_built_all_the_same_for_somebody_who_asks(self):
        self.assert_succeeded(self.begin())
        body = {"ref": "main", "folders": ["one"]}
        asked = self.daemon.api("POST", "/api/v1/builds?wait=100", body, Content_Type="application/json").json
        self.assert_pushed(self.registry, asked, {"one", "child"})
        self.assert_all_is_well()


class Moved(OwedCase):
    def test_an_external_base_that_moved_gives_a_build_on_the_new_one(self):
        outside = self.registry.publish("outside", {"etc/release.txt": "first"})
        self.sample.image("one", f"FROM {outside}\nCOPY manifest.yml /\n")
        self.sample.image("child", "FROM {one}\nCOPY manifest.yml /child.yml\n")
        self.text_image("other")
        self.assert_succeeded(self.begin(repository={"follow_bases": "1s"}))
        first = self.registry.digest("outside", "1")
        self.assertEqual(self.daemon.ledger()["one"]["bases"], {outside: first})
        self.registry.publish("outside", {"etc/release.txt": "second"})
        second = self.registry.digest("outside", "1")
        self.daemon.stop()
        self.daemon.start()  # the bases are looked at then, and every minute

        build = wait_until(lambda: next((b for b in self.daemon.builds() if b["trigger"] == "reconcile"), None), "the build")
        build = self.daemon.finished(build["id"])

        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"one", "child"})
        (reason,) = [reason for step in build["steps"] for reason in step["reasons"] if reason["kind"] == "base_moved"]
        self.assertEqual((reason["reference"], reason["from"], reason["to"]), (outside, first, second), json.dumps(reason))
        self.assertEqual(self.registry.files("child")["etc/release.txt"], b"second")
        self.assertEqual(self.daemon.ledger()["one"]["bases"], {outside: second})
        self.assert_all_is_well()


if __name__ == "__main__":
    unittest.main()
