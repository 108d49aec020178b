"""The real Claude Code starts with nothing in the way, or says what is; what is the user's own stays as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from claude_agents import NEEDS_CLAUDE, Claude, claude_in
from program import Mngr, git
from waiting import eventually

pytestmark = [pytest.mark.slow, NEEDS_CLAUDE]
KEY = "sk-ant-dummy-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def claude(mngr: Mngr, repo: Path) -> Iterator[Claude]:
    with claude_in(mngr, repo) as claude:
        yield claude


def own_files(home: Path) -> dict[str, bytes]:
    """Return what is the user's own of Claude's."""
    files = [home / ".claude.json", *(home / ".claude").rglob("*")]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


def test_it_starts_in_a_trusted_repository_and_writes_nothing_of_the_users(claude: Claude, home: Path) -> None:
    (home / ".claude" / "CLAUDE.md").write_text("Be kind.\n")
    hook = {"type": "command", "command": f"cat >>{home}/heard"}
    claude.change_settings(hooks={"UserPromptSubmit": [{"hooks": [hook]}]})
    before = own_files(home)
    claude.create()  # in a worktree, which the repository's trust covers
    claude.say("hello")
    claude.wait("a", "waiting")
    assert own_files(home) == before
    assert '"hello"' in (home / "heard").read_text()  # the user's own hooks run as well
    assert "Be kind." in json.dumps(claude.model.requests[-1].body)
    assert (claude.mngr.folder("a") / "claude" / ".claude.json").stat().st_mode & 0o77 == 0


def test_an_untrusted_folder_is_asked_about(claude: Claude, home: Path) -> None:
    other = home / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    git(other, "commit", "-q", "--allow-empty", "-m", "Start")
    claude.mngr.cwd = other
    claude.mngr("create", "a", "claude", "--no-connect").assert_success()
    seen = claude.wait("a", "blocked")
    assert seen["reason"] == "trust"
    assert "Is this a project you created or one you trust?" in seen["question"]
    claude.mngr("message", "a", "hello").assert_failure(6, "trust")
    claude.mngr("answer", "a", "yes").assert_success("I trust this folder")
    claude.wait("a", "waiting")
    claude.create("b", "--yes")


def test_a_key_in_the_environment_is_not_asked_about(claude: Claude, home: Path) -> None:
    claude.change_settings(env={**claude.settings()["env"], "ANTHROPIC_AUTH_TOKEN": ""})
    known = json.loads((home / ".claude.json").read_text())
    known["customApiKeyResponses"] = {"approved": ["another-key"], "rejected": []}
    (home / ".claude.json").write_text(json.dumps(known))
    claude.mngr.env["ANTHROPIC_API_KEY"] = KEY
    claude.create()
    claude.say("hello")
    claude.wait("a", "waiting")
    assert claude.config()["customApiKeyResponses"]["approved"] == [KEY[-20:], "another-key"]


def test_a_start_without_permissions_is_not_asked_about(claude: Claude, repo: Path) -> None:
    claude.mngr.env["IS_SANDBOX"] = "1"
    claude.create("a", "--transfer", "none", "--", "--dangerously-skip-permissions")
    claude.say("perm: touch proof")
    claude.wait("a", "waiting")
    assert (repo / "proof").exists()


def test_who_is_not_logged_in_is_told(claude: Claude, home: Path) -> None:
    (home / ".claude" / "settings.json").unlink()
    (home / ".claude.json").unlink()
    claude.mngr("create", "a", "claude", "--no-connect", "--yes").assert_success()
    seen = claude.wait("a", "blocked")
    assert seen["reason"] == "login"
    claude.say("hello")
    assert claude.wait("a", "blocked")["reason"] == "login"
    eventually(lambda: "Not logged in" in claude.mngr.agent("a")["question"])


def test_credentials_are_used_where_they_are(claude: Claude, home: Path) -> None:
    claude.change_settings(env={**claude.settings()["env"], "ANTHROPIC_AUTH_TOKEN": ""})
    login = {"accessToken": "sk-ant-oat01-dummy", "refreshToken": "sk-ant-ort01-dummy", "expiresAt": 4102444800000}
    login.update(scopes=["user:inference", "user:profile"], subscriptionType="max")
    credentials = home / ".claude" / ".credentials.json"
    credentials.write_text(json.dumps({"claudeAiOauth": login}))
    credentials.chmod(0o600)
    claude.create()
    claude.say("hello")
    claude.wait("a", "waiting")
    assert claude.said() == ["You said: hello"]
    assert {seen.key for seen in claude.model.requests if seen.message == "hello"} == {"Bearer sk-ant-oat01-dummy"}
    assert json.loads(credentials.read_text())["claudeAiOauth"] == login
    copies = [file for file in claude.mngr.folder("a").rglob("*") if file.is_file() and not file.is_symlink()]
    secrets = (b"oat01-dummy", b"ort01-dummy")
    assert not [file for file in copies if any(secret in file.read_bytes() for secret in secrets)]
    log = home / ".mngr" / "logs"
    assert not [file for file in log.rglob("*") if file.is_file() and b"01-dummy" in file.read_bytes()]
