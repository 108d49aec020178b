"""Messages to a program that is talked to: taken once, with proof, or refused truly."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from program import Mngr
from talking import Talk, press

Eventually = Callable[..., object]


def test_it_is_taken_with_proof(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    done = mngr("message", "one", "hello there").assert_success("accepted by one")
    assert done.err == ""
    assert one.heard() == ["hello there"]
    row = mngr("message", "one", "again", "--format", "json").json()[0]
    assert (row["result"], row["removed"], row["id"][:4]) == ("accepted", 0, "msg-")
    assert one.outbox() == {"hello there": "accepted", "again": "accepted"}


def test_of_many_lines_in_several_pastes(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    texts = ["-x\n" * 3 + "end", "\n".join(f"line {number} größe 🙂 'it' $HOME" for number in range(60)), "x" * 100_000]
    for text in texts:
        mngr("message", "one", input=text).assert_success("accepted by one")
    assert one.heard() == texts


def test_an_enter_that_is_lost_is_pressed_again(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk("--lose", "2")
    mngr("message", "one", "hello").assert_success("accepted")
    assert one.heard() == ["hello"]


@pytest.mark.slow
def test_enters_that_are_all_lost(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk("--lose", "1000")
    mngr("message", "one", "hello", timeout=60).assert_failure(5, "'one' did not take the message", "hint: ")
    assert one.heard() == []
    assert one.outbox() == {"hello": "failed"}
    eventually(lambda: "hello" not in mngr("capture", "one").out)


def test_a_program_that_starts_slowly(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk("--slow-start", "2")
    mngr("message", "one", "early").assert_success("accepted")
    assert one.heard() == ["early"]


@pytest.mark.parametrize("shell", ["bash", "busybox"])
def test_whatever_shell_the_host_has(talk: Callable[..., Talk], mngr: Mngr, tmp_path: Path, shell: str) -> None:
    one = talk()
    (tmp_path / "sh").symlink_to(shutil.which(shell) or "")
    path = f"{tmp_path}:{os.environ['PATH']}"
    for text in ("hello", "it's\n\nlong " + "x" * 50_000):
        mngr("message", "one", "--wait", input=text, env={"PATH": path}).assert_success("you said: ")
    mngr("message", "one", "--queue", "last", env={"PATH": path}).assert_success("accepted by one")
    assert len(one.heard()) == 3


def test_while_it_works_it_is_taken_at_once(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "slow 2").assert_success()
    mngr("message", "one", "next").assert_success("accepted")
    eventually(lambda: one.heard() == ["slow 2", "next"])


def test_nothing_is_typed_into_a_dialog(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "ask").assert_success()
    done = mngr("message", "one", "yes do it")
    done.assert_failure(6, "blocked (permission)", "touch it", "hint: see and answer it: mngr answer one")
    assert one.state == "blocked"
    assert one.outbox()["yes do it"] == "failed"
    mngr("answer", "one", "1").assert_success("answered one: Yes")
    eventually(lambda: one.state == "waiting")
    assert one.heard() == ["ask"]


def test_a_draft_of_somebody_is_left_alone(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("message", "one", "first").assert_success()
    press("one", "half a thou")
    mngr("message", "one", "second").assert_failure(5, "somebody is typing there: half a thou", "--queue")
    mngr("message", "one", "half a thought").assert_failure(5, "somebody is typing there")
    press("one", "ght", "Enter")
    mngr("message", "one", "third").assert_success()
    assert one.heard() == ["first", "half a thought", "third"]


def test_senders_at_once_are_never_joined(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    with ThreadPoolExecutor(3) as pool:
        senders = [pool.submit(send_in_order, mngr, sender, 5) for sender in "abc"]
    assert [sender.result() for sender in senders] == [[0] * 5] * 3
    heard = one.heard()
    assert sorted(heard) == sorted(f"{sender} {number}" for sender in "abc" for number in range(5))
    for sender in "abc":
        assert [text for text in heard if text[0] == sender] == [f"{sender} {number}" for number in range(5)]


def send_in_order(mngr: Mngr, sender: str, count: int) -> list[int]:
    """Send messages, one after the other, and return the exit codes."""
    return [mngr("message", "one", f"{sender} {number}", timeout=60).code for number in range(count)]


def test_a_command_of_its_own_is_typed(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    mngr("message", "one", "/compact").assert_success("typed to one (a command of the program's own")
    assert one.heard() == []
    assert one.outbox() == {"/compact": "typed"}
    mngr("message", "one", "on").assert_success("accepted")


def test_one_that_failed_is_tried_again_under_its_id(talk: Callable[..., Talk], mngr: Mngr) -> None:
    agent = talk()
    mngr("stop", agent.name).assert_success()
    mngr("message", agent.name, "hello", "--id", "once").assert_failure(5)
    mngr("start", agent.name).assert_success()
    for _ in range(2):
        mngr("message", agent.name, "hello", "--id", "once").assert_success("accepted")
    assert agent.heard() == ["hello"]


def test_one_id_is_sent_once(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    for _ in range(2):
        mngr("message", "one", "hello", "--id", "job-1").assert_success("accepted by one")
    assert one.heard() == ["hello"]
    mngr("message", "one", "other", "--id", "job-1").assert_failure(2, "another message was given as job-1", "hint: ")
    mngr("message", "one", "other", "--id", "../x y").assert_failure(2, "is not an id", "hint: ")
    assert one.heard() == ["hello"]


def test_one_that_is_not_running(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("stop", "one").assert_success()
    for command in (["message", "one", "hello"], ["answer", "one"], ["interrupt", "one"]):
        done = mngr(*command)
        done.assert_failure(5 if command[0] == "message" else 1, "'one'", "hint: mngr start one")
    assert "--queue" in mngr("message", "one", "hello").err
    mngr("message", "one", "hello now", "--start").assert_success("accepted by one")
    assert one.heard() == ["hello now"]
    mngr("message", "one", "exit 3").assert_success()
    eventually(lambda: one.state == "failed")
    mngr("message", "one", "hello").assert_failure(5, "ended", "hint: mngr start one")


def test_several_at_once(talk: Callable[..., Talk], mngr: Mngr) -> None:
    both = [talk(), talk(name="two")]
    done = mngr("message", "one", "nosuch", "two", "-m", "all of you")
    done.assert_failure(3, "nosuch")
    assert done.lines == ["accepted by one", "accepted by two"]
    assert [one.heard() for one in both] == [["all of you"]] * 2
    assert mngr("outbox", "--format", "{agent} {state}").lines == ["one answered", "two answered"]


def test_the_first_message_of_create(mngr: Mngr, talk: Callable[..., Talk], eventually: Eventually) -> None:
    talk()
    mngr("create", "two", "talker", "--transfer", "none", "-m", "begin", "--", "--slow-start", "1").assert_success()
    two = (mngr.folder("two") / "talk.jsonl").read_text()
    assert '"begin"' in two
    done = mngr("create", "three", "talker", "--transfer", "none", "-m", "begin", "--", "--trust")
    done.assert_failure(6, "agent 'three' was created", "waits in its outbox", "trust", "hint: ")
    mngr("answer", "three", "yes").assert_success("answered three: Yes")
    three = mngr.folder("three") / "talk.jsonl"
    eventually(lambda: '"begin"' in three.read_text())
    assert three.read_text().count('"begin"') == 1


def test_who_interrupts_the_first_message_is_told_of_the_agent(
    mngr: Mngr, talk: Callable[..., Talk], eventually: Eventually
) -> None:
    talk()
    words = ("create", "two", "talker", "--transfer", "none", "-m", "begin", "--", "--slow-start", "60")
    with mngr.start(*words) as creating:
        eventually(lambda: mngr.agents().keys() == {"one", "two"})
        eventually(lambda: mngr("outbox", "two", "--all").out)
        os.killpg(creating.pid, signal.SIGINT)
        _, err = creating.communicate(timeout=30)
    assert creating.returncode == 130
    assert b"agent 'two' was created; what became of its message: mngr outbox two\nmngr: interrupted\n" in err
    assert "two" in mngr.agents()


def test_it_waits_for_the_answer(talk: Callable[..., Talk], mngr: Mngr) -> None:
    one = talk()
    assert mngr("message", "one", "--wait", "hello").assert_success().out == "you said: hello\n"
    mngr("message", "one", "slow 1").assert_success()
    row = mngr("message", "one", "--wait", "two\nlines", "--format", "json").json()[0]
    assert (row["result"], row["answer"]) == ("accepted", "you said: two\nlines")
    assert mngr("message", "one", "--wait", "slow 1").assert_success().out == "done slowly\n"
    assert mngr("message", "one", "--wait", "hello").assert_success().out == "you said: hello\n"
    states = [row["state"] for row in mngr("outbox", "--format", "json").json()]
    assert states == ["answered"] * 5
    assert len(one.heard()) == 5


def test_no_answer_comes(talk: Callable[..., Talk], mngr: Mngr, eventually: Eventually) -> None:
    one = talk()
    mngr("message", "one", "--wait", "ask").assert_failure(6, "took the message", "touch it", "mngr answer one")
    mngr("answer", "one", "1").assert_success()
    mngr("message", "one", "--wait", "fail").assert_failure(6, "error", "the model is gone")
    mngr("message", "one", "--wait", "--timeout", "1s", "hang").assert_failure(124, "has not answered yet", "hint: ")
    assert mngr("outbox", "--format", "{text} {state}").lines[-1] == "hang accepted"
    mngr("interrupt", "one").assert_success()
    waiter = mngr.start("message", "one", "--wait", "hang again")
    eventually(lambda: one.heard()[-1:] == ["hang again"])
    mngr("interrupt", "one").assert_success("interrupted")
    assert (waiter.wait(10), b"interrupted" in waiter.communicate()[1]) == (5, True)
    mngr("message", "one", "--wait", "exit 3").assert_failure(5, "took the message", "failed")
    mngr("message", "one", "--wait", "--queue", "x").assert_failure(2, "--queue", "hint: ")


def test_plain_programs_answer_nothing_that_is_known(mngr: Mngr, repo: object) -> None:
    mngr("create", "plain", "--transfer", "none", "--", "sh", "-c", "cat >/dev/null").assert_success()
    mngr("message", "plain", "--wait", "hello").assert_failure(1, "'plain'", "hint: ")
    mngr("outbox").assert_success()
