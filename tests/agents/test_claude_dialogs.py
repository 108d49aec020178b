"""Dialogs and errors of the real Claude Code are seen as what blocks it, and answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from claude_agents import NEEDS_CLAUDE, Claude, claude_in
from program import Mngr
from waiting import eventually

from mngr.model.errors import BlockedError, UserError

pytestmark = [pytest.mark.slow, NEEDS_CLAUDE]
SOON = 10  # seconds until what happened shows; two on a machine that does nothing else


@pytest.fixture
def claude(mngr: Mngr, repo: Path) -> Iterator[Claude]:
    with claude_in(mngr, repo) as claude:
        yield claude


def test_permissions_are_given_and_refused(claude: Claude, tmp_path: Path) -> None:
    claude.create()
    proof = tmp_path / "proof"
    claude.say(f"perm: touch {proof}\nsay finished")
    seen = claude.wait("a", "blocked")
    assert (seen["reason"], seen["question"]) == ("permission", f"sh -c 'touch {proof}'")
    with pytest.raises(BlockedError):
        claude.say("not now")
    dialog = claude.dialog()
    assert dialog
    assert (dialog.reason, dialog.choices[0], dialog.choices[-1], dialog.chosen) == ("permission", "Yes", "No", 0)
    assert str(proof) in dialog.question
    claude.answer("yes")
    eventually(proof.exists, SOON)
    claude.wait("a", "waiting", SOON)
    claude.say("perm: touch refused\nsay finished")
    claude.wait("a", "blocked")
    claude.answer("no")
    claude.wait("a", "waiting", SOON)  # though no hook tells
    with pytest.raises(UserError, match="asks nothing"):
        claude.answer("yes")
    claude.say("perm: touch interrupted\nsay finished")
    claude.wait("a", "blocked")
    assert claude.interrupt()
    claude.wait("a", "waiting", SOON)
    assert claude.said() == ["finished"]


def test_questions_are_answered(claude: Claude) -> None:
    claude.create()
    claude.say("ask Which colour?|red|green|blue")
    seen = claude.wait("a", "blocked")
    assert (seen["reason"], seen["question"]) == ("question", "Which colour?")
    claude.answer("green")
    claude.wait("a", "waiting", SOON)
    assert "green" in results(claude)[-1]
    claude.say("ask Which colour now?|red|green|blue")
    claude.wait("a", "blocked")
    claude.answer("the colour of the sea")
    claude.wait("a", "waiting", SOON)
    assert "the colour of the sea" in results(claude)[-1]


def test_questions_on_several_pages_are_answered(claude: Claude) -> None:
    claude.create()
    options = [{"label": "S", "description": "small"}, {"label": "L", "description": "large"}]
    questions = [
        {"question": "Which one?", "header": "One", "multiSelect": False, "options": options},
        {"question": "Which of all?", "header": "All", "multiSelect": True, "options": options},
    ]
    claude.say(f"tool AskUserQuestion {json.dumps({'questions': questions})}")
    assert claude.wait("a", "blocked")["question"] == "Which one? / Which of all?"
    claude.answer("L")
    eventually(lambda: "Which of all?" in question(claude), SOON)
    claude.answer("1")
    claude.answer("Submit")
    eventually(lambda: "Review" in question(claude), SOON)
    claude.answer("1")
    claude.wait("a", "waiting", SOON)
    assert '"Which one?"="L"' in results(claude)[-1]
    assert '"Which of all?"="S"' in results(claude)[-1]


def test_a_plan_is_approved(claude: Claude) -> None:
    claude.change_settings(env={**claude.settings()["env"], "ENABLE_TOOL_SEARCH": "false"})
    claude.create("a", "--", "--permission-mode", "plan")
    claude.say('tool ExitPlanMode {"plan": "Do it well"}\nsay finished')
    seen = claude.wait("a", "blocked")
    assert seen["reason"] == "permission"
    dialog = claude.dialog()
    assert dialog
    assert dialog.choices[0].startswith("Yes")


def test_what_goes_wrong_is_told(claude: Claude) -> None:
    claude.create()
    expected = {"400 no such thing": "error", "401": "login", "429": "limit", "500 it broke": "error"}
    for told, reason in expected.items():
        claude.say(f"fail {told}")
        seen = claude.wait("a", "blocked")
        assert (seen["reason"], bool(seen["question"])) == (reason, True), told
    assert claude.dialog() is None
    for broken in ("drop", "garbage"):
        claude.say(broken)
        eventually(lambda: claude.mngr.agent("a")["state"] in ("blocked", "waiting"), 15)
        assert claude.mngr.agent("a")["reason"] in ("error", None), broken
    claude.say("say it goes on")
    claude.wait("a", "waiting")
    assert claude.said()[-1] == "it goes on"


def results(claude: Claude) -> list[str]:
    return [entry.text for entry in claude.entries() if entry.role == "tool_result"]


def question(claude: Claude) -> str:
    dialog = claude.dialog()
    return dialog.question if dialog else ""
