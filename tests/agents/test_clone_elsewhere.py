"""The conversation of a real agent program goes along to another host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from claude_agents import NEEDS_CLAUDE, claude_in
from program import Mngr
from ssh_hosts import SshHost
from talkers import PROGRAMS
from waiting import eventually

from mngr.testing.logins import claude_login

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), NEEDS_CLAUDE]


def test_a_clone_on_another_host_knows_what_was_said(
    ssh_hosts: Callable[..., list[SshHost]], mngr: Mngr, repo: Path
) -> None:
    programs = Path(PROGRAMS).parent.parent
    (box,) = ssh_hosts(shared=(str(programs),), path=(PROGRAMS,))
    (box.home / ".profile").write_text(f"PATH={PROGRAMS}:$PATH\n")
    with claude_in(mngr, repo) as claude:
        claude.create()
        claude.say("say something to remember")
        claude.wait("a", "waiting")
        (repo / "README.md").write_text("not committed\n")
        mngr("exec", "a", "echo mine >new").assert_success()
        claude_login(box.home, "http://127.0.0.1:9", [Path("/root", ".mngr")])
        mngr("clone", "a", "b@box1.ssh", "--yes", "--no-connect", timeout=60).assert_success("cloned b")
        said = mngr("transcript", "b", "--format", "json").json()
        assert [(entry["role"], entry["text"]) for entry in said if entry["role"] in ("user", "assistant")] == [
            ("user", "say something to remember"),
            ("assistant", "something to remember"),
        ]
        assert mngr("exec", "b", "cat new").out == "mine\n"
        shown = mngr("exec", "b", "env").out
        assert "HOME=/root\n" in shown
        assert str(mngr.home) not in shown
        eventually(lambda: mngr.agent("b")["state"] == "waiting", 60, lambda: mngr("why", "b").out)
        assert mngr("transcript", "a", "--format", "json").json()[0]["text"] == "say something to remember"
