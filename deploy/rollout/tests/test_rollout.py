"""What a notification makes of a release, and what a failure, a repeat or an end in between makes of it."""

import signal

from conftest import IMAGE, digest, event, wait_until


def test_a_digest_is_rolled_out(rollout):
    rollout.start()
    assert rollout.send(event("a")) == (202, {"releases": {"web": "waiting"}})
    state = rollout.settled()
    assert (state["wish"]["state"], state["rollouts"][0]["result"]) == ("done", "done")
    assert rollout.revisions() == [("superseded", "0"), ("deployed", "a")]
    [call] = rollout.calls("upgrade")
    assert call.startswith("upgrade web charts/web --namespace training --reset-then-reuse-values --atomic --wait --timeout 60s")
    assert call.endswith(f"--set database.create.enabled=false --set-string image.digest={digest('a')}")
    assert 'rollout_rollouts_total{release="web",result="done"} 1' in rollout.ask("/metrics")[1]
    assert rollout.end() == 0


def test_helm_4_has_another_word_for_it(rollout):
    rollout.helm(version="v4.0.1")
    rollout.start().send(event("a"))
    rollout.settled()
    assert "--rollback-on-failure" in rollout.calls("upgrade")[0]
    assert "--atomic" not in rollout.calls("upgrade")[0]


def test_a_digest_is_rolled_out_once(rollout):
    rollout.start().send(event("a"))
    rollout.settled()
    for second in (0, 1):
        assert rollout.send(event("a", second)) == (202, {"releases": {"web": "known already, or older than what is known"}})
    rollout.send(event("b", 2))
    wait_until(lambda: rollout.revisions()[-1] == ("deployed", "b"))
    assert len(rollout.calls("upgrade")) == 2


def test_what_runs_already_is_left_alone(rollout):
    rollout.start().send(event("0"))
    assert "already" in rollout.settled()["wish"]["message"]
    assert rollout.calls("upgrade") == []


def test_what_comes_late_does_not_win(rollout):
    rollout.start().send(event("b", second=5, build=2))
    rollout.settled()
    rollout.send(event("b", second=9, build=4))  # the same again: only its time is news
    assert rollout.send(event("a", second=7, build=3))[1]["releases"]["web"].startswith("known already")
    assert rollout.revisions()[-1] == ("deployed", "b")


def test_the_newest_wins_over_what_waits(rollout):
    rollout.helm(hold=[digest("a")])
    rollout.start().send(event("a", 1))
    wait_until(lambda: rollout.revisions()[-1] == ("pending-upgrade", "a"))
    rollout.send(event("b", 2))
    rollout.send(event("c", 3))
    assert len(rollout.calls("upgrade")) == 1, "one at a time"
    rollout.open_gate()
    wait_until(lambda: rollout.revisions()[-1] == ("deployed", "c"))
    assert [digest for _, digest in rollout.revisions()] == ["0", "a", "c"], "b was never begun"


def test_back_to_an_older_digest_is_a_new_wish(rollout):
    rollout.start()
    for second, letter in enumerate("aba"):
        rollout.send(event(letter, second))
        wait_until(lambda: rollout.revisions()[-1] == ("deployed", letter))
    assert len(rollout.calls("upgrade")) == 3


def test_a_failure_is_rolled_back_and_told(rollout):
    rollout.helm(bad=[digest("a")])
    rollout.start().send(event("a"))
    state = rollout.settled()
    assert state["wish"]["state"] == "failed"
    assert state["rollouts"][0]["result"] == "rolled_back"
    assert "revision 3 runs: Error: UPGRADE FAILED" in state["wish"]["message"]
    assert 'rollout_state{release="web",state="failed"} 1' in rollout.ask("/metrics")[1]
    rollout.send(event("a", 5))
    assert len(rollout.calls("upgrade")) == 1, "a digest that failed is not tried again"


def test_a_rollback_that_failed_is_told_apart(rollout):
    rollout.helm(bad=[digest("a")], stuck=True)
    rollout.start().send(event("a"))
    assert "not rolled back" in rollout.settled()["wish"]["message"]
    assert 'result="failed"} 1' in rollout.ask("/metrics")[1]


def test_killed_in_the_middle_it_takes_back_and_goes_on(rollout):
    rollout.helm(hold=[digest("a")])
    rollout.start().send(event("a"))
    wait_until(lambda: rollout.revisions()[-1] == ("pending-upgrade", "a"))
    rollout.end(signal.SIGKILL)
    rollout.helm(hold=[])
    rollout.start()
    assert rollout.settled()["wish"]["state"] == "done"
    assert rollout.calls("rollback")[0].startswith("rollback web 1 --namespace training --wait")
    assert rollout.revisions()[-2:] == [("superseded", "0"), ("deployed", "a")]


def test_killed_before_it_began_it_has_the_wish(rollout):
    rollout.helm(missing=True)
    rollout.start().send(event("a"))
    rollout.end(signal.SIGKILL)
    rollout.folder.joinpath("state.json").write_text('{"revisions": [{"revision": 1, "status": "deployed", "digest": "sha256:0"}]}')
    rollout.start()
    rollout.settled()
    assert rollout.revisions()[-1] == ("deployed", "a")


def test_told_to_end_it_finishes_what_runs(rollout):
    rollout.helm(hold=[digest("a")])
    rollout.start().send(event("a"))
    wait_until(lambda: rollout.revisions()[-1] == ("pending-upgrade", "a"))
    rollout.process.terminate()
    rollout.open_gate()
    assert rollout.end() == 0
    assert rollout.revisions()[-1] == ("deployed", "a")


def test_another_ones_upgrade_is_waited_for(rollout):
    rollout.helm(revisions=[{"revision": 1, "status": "pending-upgrade", "digest": digest("0")}])
    rollout.start().send(event("a"))
    wait_until(lambda: rollout.state()["wish"]["attempts"] > 1)
    rollout.helm(revisions=[{"revision": 1, "status": "deployed", "digest": digest("0")}])
    assert rollout.settled()["wish"]["state"] == "done"
    assert rollout.calls("rollback") == []


def test_what_is_not_installed_is_given_up_in_words(rollout):
    rollout.helm(missing=True)
    rollout.start().send(event("a"))
    state = rollout.settled()
    assert state["rollouts"][0]["result"] == "refused"
    assert "given up after 8 attempts" in state["wish"]["message"]
    assert "deploy/release" in state["wish"]["message"]


def test_an_older_chart_does_not_take_back_a_newer_one(rollout):
    rollout.helm(ours="0.9.0")
    rollout.start().send(event("a"))
    assert "charts/web is 0.9.0: bring that up to date" in rollout.settled()["wish"]["message"]
    assert rollout.calls("upgrade") == []


def test_two_do_not_share_a_state(rollout):
    rollout.start()
    first = rollout.process
    rollout.start()
    assert rollout.process.wait(30) == 1
    assert "another one uses" in rollout.log()
    rollout.process = first


def test_other_images_and_branches_are_let_be(rollout):
    rollout.start()
    for other in (
        event("a", digests={f"{IMAGE}-more:1.0": digest("a")}),
        event("a", ref="refs/heads/topic"),
        event("a") | {"type": "build.finished"},
    ):
        status, answer = rollout.send(other)
        assert (status, list(answer)) == (200, ["ignored"])
    assert rollout.state()["wish"] is None
