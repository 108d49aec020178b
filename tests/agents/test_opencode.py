"""The real OpenCode: each message is heard once, word for word; what it does and asks is seen; nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from opencode_agents import INSTALLED, Opencode
from program import Mngr
from waiting import eventually

from mngr.model.conversation import ACCEPTED, TYPED, Entry
from mngr.model.errors import BlockedError, NotAcceptedError, UserError
from mngr.testing.model_server import ModelServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not INSTALLED, reason="OpenCode is not installed"),
]


@pytest.fixture
def opencode(mngr: Mngr, repo: Path) -> Iterator[Opencode]:
    with ModelServer() as model:
        yield Opencode(mngr, model)


AWKWARD = [
    "!echo this is not a command",
    "/nosuch command",
    "--help and -x",
    "?",
    "ends in a backslash \\",
    "what is in @README.md",
    "a\tb",
    "grüße 你好 🙂‍↔️",
    "one\n\n  two\nthree\nfour",
    "'quotes' \"and\" $HOME `x` \\n",
    "word " * 20_000 + "end",
]


def test_each_message_is_heard_once_and_word_for_word(opencode: Opencode) -> None:
    opencode.create()
    assert opencode.mngr.agent("a")["state"] == "starting"
    asked = opencode.mngr.start("message", "a", "-m", "say by nobody")
    eventually(lambda: list((opencode.mngr.folder("a") / "inbox").glob("*.json")))
    asked.kill()  # what it asked for goes on, and is nobody's who would hold up others
    asked.communicate()
    assert opencode.say("say first", message_id="m1").state == ACCEPTED  # it has only just been started
    assert opencode.say("say first", message_id="m1").state == ACCEPTED  # twice is as good as once
    eventually(lambda: "first" in opencode.screen(), 90, opencode.story)
    opencode.press("-l", "a draft of somebody's")
    opencode.wait("waiting")
    for text in AWKWARD:
        assert opencode.say(text).state == ACCEPTED
    assert opencode.heard() == ["say by nobody", "say first", *AWKWARD]
    senders = [threading.Thread(target=_say_all, args=(opencode, letter)) for letter in "xy"]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    heard = opencode.heard()[2 + len(AWKWARD) :]
    assert sorted(heard) == sorted(f"{letter}{place}" for letter in "xy" for place in range(5))
    for letter in "xy":
        assert [text for text in heard if text[0] == letter] == [f"{letter}{place}" for place in range(5)]
    opencode.wait("waiting")
    assert "a draft of somebody's" in opencode.screen()
    assert len(opencode.conversations()) == 1
    _assert_nothing_of_the_users_was_written(opencode.mngr.home)


def _say_all(opencode: Opencode, letter: str) -> None:
    for place in range(5):
        opencode.say(f"{letter}{place}")


def _assert_nothing_of_the_users_was_written(home: Path) -> None:
    assert not (home / ".local/share/opencode/opencode.db").exists()
    assert "plugin" not in (home / ".config/opencode/opencode.json").read_text()
    assert not list((home / ".config/opencode").glob("plugin*/*"))


def test_what_it_asks_is_seen_and_answered(opencode: Opencode) -> None:
    opencode.create()
    opencode.say("run: touch here\nsay after it")
    shown = opencode.wait("blocked")
    assert (shown["reason"], shown["question"]) == ("permission", "bash: touch here")
    with pytest.raises(BlockedError, match="touch here"):
        opencode.say("not now")
    assert opencode.answer().choices == ["Allow once", "Allow always", "Reject"]
    opencode.answer("1")
    opencode.wait("waiting")
    assert opencode.said() == ["after it"]
    with pytest.raises(UserError, match="asks nothing"):
        opencode.answer("1")

    opencode.say("run: touch there\nsay no matter")
    opencode.wait("blocked")
    opencode.answer("reject")
    opencode.wait("waiting")

    opencode.say("ask Which colour? | red | blue\nsay thanks")
    shown = opencode.wait("blocked")
    assert (shown["reason"], shown["question"]) == ("question", "Which colour?")
    opencode.answer("dark green")
    opencode.wait("waiting")
    assert "dark green" in _results(opencode.entries())[-1].text

    opencode.say("agent: run: touch deep\nsay all done")
    assert opencode.wait("blocked")["question"] == "bash: touch deep"
    opencode.answer("yes")
    opencode.wait("waiting")
    deep = [entry for entry in opencode.entries() if entry.subagent]
    assert [entry.tool for entry in deep if entry.role == "tool_call"] == ["bash"]
    assert opencode.said()[-1] == "all done"
    assert "not now" not in opencode.heard()
    costs = [entry.usage.cost_usd for entry in opencode.entries() if entry.usage]
    assert costs == [pytest.approx(0.00504)] * len(costs)


def _results(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.role == "tool_result"]


def test_a_run_of_its_own_kind_inside_changes_nothing(opencode: Opencode) -> None:
    opencode.create()
    opencode.say("run: opencode run 'say nested'; echo state $MNGR_PROGRAM_PID. fetches $npm_config_fetch_retries")
    opencode.wait("blocked")
    opencode.answer("allow once")
    opencode.wait("waiting")
    assert "state . fetches 2" in _results(opencode.entries())[-1].text
    assert "nested" in _results(opencode.entries())[-1].text
    assert opencode.signs() == ["begun", "asked", "answered", "ended"]
    assert len(opencode.conversations()) == 1
    assert len(opencode.heard()) == 1


TROUBLE = [
    ("fail 400", "error", "scripted failure 400"),
    ("fail 401", "login", "scripted failure 401"),
    ("fail 429", "limit", "retrying, attempt"),
    ("drop", "error", "retrying, attempt"),
    ("garbage", "error", "JSON"),
]


def test_trouble_is_told_and_nothing_is_forgotten_in_it(opencode: Opencode) -> None:
    opencode.create()
    for script, reason, text in TROUBLE:
        opencode.say(script)
        shown = opencode.wait("blocked")
        assert (shown["reason"], text in shown["question"]) == (reason, True), script
        assert opencode.interrupt() == text.startswith("retrying")
    # What a turn that fails leaves behind OpenCode itself would not take up.
    opencode.say("slow 4\nfail 400")
    assert opencode.say("say taken up").state == ACCEPTED
    opencode.wait("waiting")
    assert (opencode.said()[-1], opencode.heard().count("say taken up")) == ("taken up", 1)
    assert opencode.signs() == ["begun", "ended"]


def test_a_turn_that_is_cut_is_carried_on(opencode: Opencode) -> None:
    opencode.create()
    opencode.say("slow 60\nsay never")
    opencode.wait("running")
    assert opencode.interrupt()
    assert opencode.mngr.agent("a")["state"] == "waiting"
    assert not opencode.interrupt()
    assert opencode.say("/compact").state == TYPED
    opencode.wait("waiting")

    opencode.say("slow 60\nsay never", message_id="cut")
    opencode.kill()
    assert opencode.wait("failed")["reason"] == "ended by signal KILL"
    with pytest.raises(NotAcceptedError, match="does not run"):
        opencode.say("too late")
    opencode.mngr("start", "a").assert_success()
    assert opencode.mngr.agent("a")["state"] == "starting"
    assert opencode.say("slow 60\nsay never", message_id="cut").state == ACCEPTED
    opencode.say("say back again")
    opencode.wait("waiting")
    assert opencode.said()[-1] == "back again"
    heard = opencode.heard()
    assert heard[-2:] == ["slow 60\nsay never", "say back again"]
    assert heard.count("slow 60\nsay never") == 2
    assert len(opencode.conversations()) == 1
    opencode.mngr("stop", "a").assert_success()
    assert opencode.heard() == heard  # it is read without its program, too
