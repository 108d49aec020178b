"""The real Codex is started, cut short, carried on, and leaves the user's own files as they were."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from codex_agents import NEEDS_CODEX, Codex, codex_in
from program import Mngr, run
from waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), NEEDS_CODEX]


@pytest.fixture
def codex(mngr: Mngr, repo: Path) -> Iterator[Codex]:
    with codex_in(mngr, repo) as it:
        yield it


def pane_pid(codex: Codex, name: str = "a") -> int:
    words = codex.host.tmux("display-message", "-p", "-t", f"=mngr-{name}:", "#{pane_pid}")
    return int(codex.host.run(words).text)


def test_the_process_of_the_pane_is_the_program(codex: Codex) -> None:
    codex.create()
    assert Path(f"/proc/{pane_pid(codex)}/comm").read_text() == "codex\n"


def test_stop_and_start_carry_the_conversation_on(codex: Codex) -> None:
    codex.create()
    codex.say("say the first")
    codex.mngr("stop", "a").assert_success()
    codex.mngr("start", "a").assert_success()
    codex.wait("a", "waiting")
    codex.say("say the second")
    codex.wait("a", "waiting")
    assert codex.said() == ["the first", "the second"]
    assert len(set(codex.conversations())) == 1
    assert len(list(codex.mngr.folder("a").glob("codex/sessions/*/*/*/*.jsonl"))) == 1


def test_killed_in_a_turn_it_goes_on_waiting(codex: Codex) -> None:
    codex.create()
    codex.say("say before")
    codex.wait("a", "waiting")
    codex.say("hang")
    codex.wait("a", "running")
    os.kill(pane_pid(codex), signal.SIGKILL)
    codex.wait("a", "failed")
    codex.mngr("start", "a").assert_success()
    codex.wait("a", "waiting")
    assert codex.mngr.agent("a")["state"] == "waiting"
    codex.say("say after")
    codex.wait("a", "waiting")
    assert codex.heard() == ["say before", "hang", "say after"]
    assert codex.said() == ["before", "after"]


def test_killed_before_any_hook_it_finds_its_conversation_by_itself(codex: Codex) -> None:
    codex.create()
    codex.say("say before")
    codex.wait("a", "waiting")
    codex.mngr("stop", "a").assert_success()
    (codex.mngr.folder("a") / "conversations").unlink()
    codex.mngr("start", "a").assert_success()
    codex.say("say after")
    codex.wait("a", "waiting")
    assert codex.said() == ["before", "after"]


@pytest.mark.parametrize(
    ("script", "reason", "question"),
    [("fail 400", "error", "scripted failure 400"), ("fail 429", "limit", "429 Too Many Requests")],
)
def test_an_error_of_the_server_is_told(codex: Codex, script: str, reason: str, question: str) -> None:
    codex.create()
    codex.say(script)
    seen = codex.wait("a", "blocked")
    assert seen["reason"] == reason
    assert question in seen["question"]
    codex.say("say it goes on")
    codex.wait("a", "waiting")
    assert codex.said() == ["it goes on"]


def test_a_login_that_is_refused_is_told(codex: Codex) -> None:
    config = codex.mngr.home / ".codex" / "config.toml"
    config.write_text(config.read_text() + "request_max_retries = 0\nstream_max_retries = 0\n")
    codex.create()
    codex.say("fail 401")
    seen = codex.wait("a", "blocked")
    assert seen["reason"] == "login"
    assert "401" in seen["question"]


@pytest.mark.parametrize("script", ["drop", "garbage"])
def test_a_server_that_breaks_off_is_told(codex: Codex, script: str) -> None:
    config = codex.mngr.home / ".codex" / "config.toml"
    config.write_text(config.read_text() + "request_max_retries = 0\nstream_max_retries = 0\n")
    codex.create()
    codex.say(script)
    assert codex.wait("a", "blocked")["reason"] == "error"


def test_the_users_own_files_stay_as_they_are(codex: Codex) -> None:
    users = codex.mngr.home / ".codex"
    (users / "auth.json").write_text('{"OPENAI_API_KEY": "sk-of-the-user"}')
    (users / "AGENTS.md").write_text("Be brief.\n")
    (users / "skills" / "one").mkdir(parents=True)
    (users / "skills" / "one" / "SKILL.md").write_text("---\nname: one\ndescription: one\n---\n")
    before = {path: path.read_bytes() for path in users.rglob("*") if path.is_file()}
    codex.create()
    codex.say("run: true\nsay hello")
    codex.wait("a", "waiting")
    own = codex.mngr.folder("a") / "codex"
    assert (own / "auth.json").resolve() == (users / "auth.json").resolve()
    assert (own / "AGENTS.md").read_text() == "Be brief.\n"
    assert (own / "skills" / "one" / "SKILL.md").exists()
    assert "sk-of-the-user" not in "".join(
        path.read_text("utf-8", "replace")
        for path in codex.mngr.folder("a").glob("**/*")
        if path.is_file() and not path.is_symlink() and path.suffix in (".json", ".jsonl", ".toml", "")
    )
    codex.mngr("destroy", "a", "--force").assert_success()
    assert {path: path.read_bytes() for path in users.rglob("*") if path.is_file()} == before


def test_trust_comes_from_the_user_alone(codex: Codex) -> None:
    config = codex.mngr.home / ".codex" / "config.toml"
    config.write_text(config.read_text().partition("\n[projects.")[0])
    before = config.read_bytes()
    codex.mngr("create", "a", "codex", "--no-connect").assert_success()
    seen = codex.wait("a", "blocked")
    assert (seen["reason"], seen["question"][:18]) == ("trust", "Trust this folder?")
    codex.answer("1")
    codex.wait("a", "waiting")
    codex.mngr("stop", "a").assert_success()
    codex.mngr("start", "a").assert_success()
    codex.wait("a", "waiting")
    assert config.read_bytes() == before


def test_hooks_of_the_repository_are_asked_about_as_ever(codex: Codex, repo: Path) -> None:
    hook = '{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "touch /tmp/never"}]}]}}'
    (repo / ".codex").mkdir()
    (repo / ".codex" / "hooks.json").write_text(hook)
    codex.mngr("create", "a", "codex", "--no-connect", "--transfer", "none").assert_success()
    seen = codex.wait("a", "blocked")
    assert (seen["reason"], seen["question"][:17]) == ("trust", "Hooks need review")


def test_a_nested_run_changes_nothing(codex: Codex) -> None:
    codex.create()
    codex.say("perm: codex exec --skip-git-repo-check 'say from the nested one' </dev/null\nsay outer")
    codex.wait("a", "blocked")
    codex.answer("yes")
    codex.wait("a", "waiting")
    assert codex.said() == ["outer"]
    assert len(codex.conversations()) == 1
    assert codex.signs() == ["begun", "asked", "answered", "ended"]
    codex.mngr("stop", "a").assert_success()
    codex.mngr("start", "a").assert_success()
    codex.say("say again")
    codex.wait("a", "waiting")
    assert codex.said() == ["outer", "again"]


def test_a_second_process_on_the_conversation_writes_nothing(codex: Codex) -> None:
    codex.create()
    codex.say("say hello")
    codex.wait("a", "waiting")
    state = codex.mngr.folder("a")
    second = run(
        *("env", f"CODEX_HOME={state}/codex", f"PATH={codex.mngr.env['PATH']}", f"TMPDIR={state}/tmp"),
        *("codex", "exec", "--skip-git-repo-check", "resume", codex.conversations()[0], "say from elsewhere"),
    )
    codex.say("say still here")
    codex.wait("a", "waiting")
    assert codex.said() == ["hello", "still here"] or second.code == 0


def test_without_a_screen_it_streams_its_answer(codex: Codex) -> None:
    words = ("create", "a", "codex", "--foreground", "--yes", "-m")
    assert codex.mngr(*words, "say hello there").assert_success().lines == ["hello there"]
    failed = codex.mngr(*words, "fail 400")
    assert failed.code == 1
    assert "error: scripted failure 400" in failed.out + failed.err
    assert codex.mngr.agents() == {}


def test_a_fork_is_read_with_what_it_came_from_and_counted_once(codex: Codex) -> None:
    codex.create()
    codex.say("say the first")
    codex.wait("a", "waiting")
    codex.say("/fork")
    eventually(codex.dialog)
    codex.answer("1")
    codex.say("say the second")
    codex.wait("a", "waiting")
    assert len(set(codex.conversations())) == 2
    assert codex.said() == ["the first", "the second"]
    assert len([entry for entry in codex.entries() if entry.usage]) == 2
    codex.mngr("stop", "a").assert_success()
    codex.mngr("start", "a").assert_success()
    codex.say("say the third")
    codex.wait("a", "waiting")
    assert codex.said() == ["the first", "the second", "the third"]


def test_a_clone_of_a_fork_has_its_parents(codex: Codex) -> None:
    codex.create()
    codex.say("say the first")
    codex.wait("a", "waiting")
    codex.say("/fork")
    eventually(codex.dialog)
    codex.answer("1")
    codex.say("say the second")
    codex.wait("a", "waiting")
    codex.mngr("clone", "a", "b", "--no-connect").assert_success()
    codex.wait("b", "waiting")
    codex.say("say the third", "b")
    codex.wait("b", "waiting")
    assert codex.said("b")[-1] == "the third"
    assert codex.said() == ["the first", "the second"]
    assert "the first" in str(codex.model.requests[-2:])
