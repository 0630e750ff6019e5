"""Pushes whose webhook never came, came late or came in another order: the remote is asked, and nothing is lost or undone."""

import json
import unittest

from harness import ZEROS, Case, call, push_event, slow, wait_until

SECOND = {"reconcile_interval": "1s"}  # the shortest
RULES = [{"match": "main", "push": True}, {"match": "feature*", "push": True, "tags": ["{version}-{branch}"]}]
BUILDS_ALL = {"repository": {"adopt": "build", "branches": RULES}}


class ReconcileCase(Case):
    def setUp(self):
        super().setUp()
        self.registry = self.start_registry()
        self.sample = self.make_sample(self.registry.address)
        for name in ("one", "two"):
            self.sample.write(f"{name}/text.txt", "first")
            self.sample.image(name, "FROM scratch\nCOPY text.txt /\n")
        self.head = self.sample.commit()

    def change(self, folder, text, branch=None):
        """A commit that nobody is told of."""
        if branch:
            self.sample.git("checkout", "-q", "-B", branch)
        self.sample.write(f"{folder}/text.txt", text)
        before, self.head = self.head, self.sample.commit(f"{folder}: {text}")
        return before, self.head

    def begin(self, **changes):
        """All is built at the first contact."""
        self.daemon = self.start_daemon(self.sample, **{**SECOND, **BUILDS_ALL, **changes})
        self.wait_for_commit(self.head)
        self.daemon.settled()

    def branches(self, state="succeeded"):
        """What the daemon has planned, by its builds: (reference, commit)."""
        return {(build["ref"], build["after"]) for build in self.daemon.builds() if build["state"] == state}

    def wait_for_commit(self, commit, ref="refs/heads/main"):
        def tell():
            return f"a build of {commit}; there are\n{json.dumps(self.daemon.builds(), indent=1)}\n{self.daemon.process.tail()}"

        wait_until(lambda: (ref, commit) in self.branches(), tell, 30)

    def text(self, folder, tag="1.0"):
        return self.registry.text(folder, "text.txt", tag)

    def assert_all_is_well(self):
        self.daemon.settled()
        for ref in ("main", "feature-1"):
            self.assert_ledger_is_registry(self.daemon, self.registry, ref)

    def compared(self, result):
        """How often a remote was compared with this result."""
        lines = call(self.daemon.port, "GET", "/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(f'slipway_reconcile_total{{result="{result}"}}'))


class Lost(ReconcileCase):
    def test_pushes_are_built_without_a_webhook(self):
        self.begin()
        before, after = self.change("one", "second")
        self.wait_for_commit(after)
        (build,) = [build for build in self.daemon.builds() if build["after"] == after]
        self.assertEqual((build["trigger"], build["before"], build["delivery"]), ("reconcile", before, None))
        self.assert_pushed(self.registry, self.daemon.build(build["id"]), {"one"})
        self.assertEqual(self.text("one"), b"second")
        self.assert_all_is_well()
        same = self.compared("same")
        wait_until(lambda: self.compared("same") > same, "the next comparison", 20)
        self.assertEqual(len(self.daemon.builds()), 2, "nothing else is found")

    def test_one_that_came_while_the_daemon_was_away_is_built_at_its_start(self):
        self.begin(reconcile_interval="1h")
        self.daemon.stop()
        _, after = self.change("two", "second")
        self.daemon.start()
        self.wait_for_commit(after)
        self.assertEqual(self.text("two"), b"second")
        self.assert_all_is_well()

    def test_what_it_changed_is_built_by_the_next_push_whose_webhook_comes(self):
        self.begin(reconcile_interval="1h")
        self.change("one", "second")
        before, after = self.change("two", "second")
        build = self.daemon.finished(self.daemon.push(before, after))
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"one", "two"})
        reasons = {step["folder"]: [reason["kind"] for reason in step["reasons"]] for step in build["steps"]}
        self.assertEqual(reasons, {"one": ["owed"], "two": ["changed"]})
        self.assertEqual((self.text("one"), self.text("two")), (b"second", b"second"))
        self.assert_all_is_well()

    def test_one_that_comes_late_does_not_put_old_content_over_new(self):
        self.begin(reconcile_interval="1h")
        older = self.change("one", "second")
        newer = self.change("one", "third")
        self.assert_succeeded(self.daemon.finished(self.daemon.push(*newer)))
        late = self.daemon.finished(self.daemon.push(*older))
        self.assertEqual((late["state"], late["steps"]), ("superseded", []))
        self.assertEqual(late["error"], f"superseded: refs/heads/main was planned up to {newer[1]} already")
        self.assertEqual(self.text("one"), b"third")
        self.assert_all_is_well()

    def test_several_in_the_wrong_order_end_at_the_newest(self):
        self.begin()
        self.sample.base(more=slow(1))
        pushes = [self.change("one", "with a slow one")]
        pushes += [self.change("one", str(number)) for number in range(3)]
        numbers = [self.daemon.push(*push) for push in [pushes[0], *reversed(pushes[1:])]]
        for number in numbers:
            self.assertIn(self.daemon.finished(number)["state"], ("succeeded", "superseded"))
        wait_until(lambda: self.text("one") == b"2", lambda: f"the newest; it is {self.text('one')}", 30)
        self.assert_all_is_well()

    def test_one_that_comes_late_does_not_stop_the_build_that_spans_it(self):
        self.begin()
        self.sample.base(more=slow(3))
        pushes = [self.change("one", str(number)) for number in range(3)]
        wait_until(lambda: ("refs/heads/main", self.head) in self.branches("running"), lambda: json.dumps(self.daemon.builds(), indent=1), 20)
        for push in (pushes[1], pushes[0]):
            self.assertEqual(self.daemon.finished(self.daemon.push(*push))["state"], "superseded")
        self.wait_for_commit(self.head)
        self.assertEqual(self.text("one"), b"2")
        self.assert_all_is_well()

    def test_a_reset_of_a_branch_builds_what_it_goes_back_to(self):
        self.begin()
        first = self.head
        _, second = self.change("one", "second")
        self.wait_for_commit(second)
        self.sample.git("reset", "-q", "--hard", first)
        wait_until(lambda: self.text("one") == b"first", lambda: f"what it was reset to\n{self.daemon.process.tail()}", 30)
        self.assert_all_is_well()


class Contact(ReconcileCase):
    def test_a_branch_that_is_seen_for_the_first_time_counts_as_pushed(self):
        self.daemon = self.start_daemon(self.sample, **SECOND)
        wait_until(lambda: self.compared("same") >= 1, "the comparison", 20)
        self.assertEqual((self.daemon.builds(), self.registry.catalog()), ([], set()))
        _, after = self.change("one", "second")
        self.wait_for_commit(after)
        self.assertEqual(self.registry.catalog(), {"one"})
        self.assert_all_is_well()

    def test_or_is_built_where_the_repository_says_so(self):
        self.begin()
        (build,) = self.daemon.builds()
        self.assertEqual((build["trigger"], build["before"]), ("reconcile", ZEROS))
        self.assertEqual(self.registry.catalog(), {"one", "two"})
        self.assert_all_is_well()

    def test_only_branches_that_a_rule_names_are_looked_at(self):
        self.begin()
        self.change("one", "second", branch="private")
        _, after = self.change("two", "third", branch="feature-1")
        self.wait_for_commit(after, "refs/heads/feature-1")
        self.assertEqual({build["ref"] for build in self.daemon.builds()}, {"refs/heads/main", "refs/heads/feature-1"})
        self.assert_all_is_well()

    def test_a_branch_that_is_gone_owes_nothing_and_comes_back(self):
        self.begin()
        self.sample.write("one/Dockerfile", "FROM scratch\nCOPY nothing /\n")
        before, broken = self.change("one", "second", branch="feature-1")
        self.assertEqual(self.daemon.finished(self.daemon.push(ZEROS, broken, "refs/heads/feature-1"))["state"], "failed")
        self.assertEqual(set(self.daemon.owed()), {"one"})
        self.sample.git("checkout", "-q", "main")
        self.sample.git("branch", "-q", "-D", "feature-1")
        wait_until(lambda: not self.daemon.owed(), "the end of the branch's debts", 20)
        self.assertIn("a branch is gone from its remote", self.daemon.process.log.read_text())
        self.head = before
        _, after = self.change("two", "third", branch="feature-1")
        self.wait_for_commit(after, "refs/heads/feature-1")
        self.assertEqual(self.text("two", "1.0-feature-1"), b"third")
        self.assert_all_is_well()


class Away(ReconcileCase):
    def hide(self):
        self.sample.folder.rename(self.folder / "away")

    def show(self):
        (self.folder / "away").rename(self.sample.folder)

    def test_a_remote_that_can_not_be_asked_is_asked_less_often_and_comes_back(self):
        self.begin()
        self.hide()
        wait_until(lambda: self.compared("failed") >= 2, "two failed comparisons", 30)
        self.assertEqual(self.daemon.process.log.read_text().count("a remote can't be asked for its branches"), 1, "said once")
        self.assertEqual(call(self.daemon.port, "GET", "/readyz").status, 200)
        self.show()
        _, after = self.change("one", "second")
        self.wait_for_commit(after)
        self.assertIn("a remote answers again", self.daemon.process.log.read_text())
        self.assert_all_is_well()

    def test_a_remote_that_has_lost_all_its_branches_is_not_believed(self):
        self.begin()
        packed = self.sample.git("rev-parse", "refs/heads/main")
        self.sample.git("update-ref", "-d", "refs/heads/main")
        wait_until(lambda: self.compared("failed") >= 1, "a failed comparison", 20)
        self.assertIn("the remote has no branch any more", self.daemon.process.log.read_text())
        self.sample.git("update-ref", "refs/heads/main", packed)
        _, after = self.change("one", "second")
        self.wait_for_commit(after)
        self.assertNotIn("a branch is gone from its remote", self.daemon.process.log.read_text())
        self.assert_all_is_well()


class Told(ReconcileCase):
    def test_a_push_and_the_comparison_that_finds_it_make_one_build(self):
        """Right at the start, when both come at once."""
        self.daemon = self.start_daemon(self.sample, **SECOND)
        build = self.daemon.finished(self.daemon.push(ZEROS, self.head))
        self.assert_succeeded(build)
        self.assert_pushed(self.registry, build, {"one", "two"})
        self.assertEqual(len(self.daemon.builds()), 1)
        self.assert_all_is_well()

    def test_a_deleted_branch_that_is_told_of_is_ignored(self):
        self.begin()
        answer = self.daemon.deliver(push_event(self.head, ZEROS, "refs/heads/feature-1"))
        self.assertEqual((answer.status, answer.json["build"]), (200, None), answer)


if __name__ == "__main__":
    unittest.main()
