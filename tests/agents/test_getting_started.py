"""The real programs: run headless, adopted, cloned, and found by doctor."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from program import Mngr, run

from mngr.testing.logins import claude_login, codex_login, opencode_login
from mngr.testing.model_server import ModelServer

Eventually = Callable[..., object]
PROGRAMS = os.environ.get("MNGR_TEST_PROGRAMS", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.skipif(not Path(PROGRAMS, "codex").exists(), reason="the programs are not installed: scripts/test.sh"),
]
KINDS = ["claude", "codex", "opencode"]
# How each is told something without mngr, and without a screen.
SAYS = {
    "claude": ["claude", "-p"],
    "codex": ["codex", "exec", "--skip-git-repo-check"],
    "opencode": ["opencode", "run"],
}


@pytest.fixture
def model(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """Return a model server, with all programs logged in to it and on PATH."""
    monkeypatch.setenv("PATH", f"{PROGRAMS}:{os.environ['PATH']}")
    (home / ".npmrc").write_text("offline=true\n")  # OpenCode fetches a package when it starts, which it can do without
    monkeypatch.setenv("OPENCODE_DISABLE_MODELS_FETCH", "1")
    with ModelServer() as server:
        claude_login(home, server.url)
        codex_login(home, server.url)
        opencode_login(home, server.url)
        yield server


def asked(model: ModelServer, *words: str) -> list[Any]:
    """Return the requests that hold all these words."""
    texts = [json.dumps(request.body) for request in model.requests if request.body]
    return [text for text in texts if all(word in text for word in words)]


@pytest.mark.parametrize("kind", KINDS)
def test_headless(kind: str, mngr: Mngr, repo: Path, model: ModelServer) -> None:
    words = ["create", "--foreground", "--type", kind]
    done = mngr(*words, "-m", "say -hello to\nthem", timeout=60)
    assert (done.code, done.out) == (0, "-hello to\n"), done.err
    done = mngr(*words, "--format", "jsonl", input="fail 400", timeout=60)
    assert done.code == 1
    assert [json.loads(line) for line in done.lines]
    assert mngr.agents() == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversation_is_adopted_and_cloned(
    kind: str, mngr: Mngr, repo: Path, home: Path, model: ModelServer, eventually: Eventually
) -> None:
    run(*SAYS[kind], "say ALPHA", cwd=home, timeout=150).assert_success()
    found = _sessions(kind, home)
    mngr("create", "one", "--adopt", found, "--yes", timeout=150).assert_success(f"({kind})")
    eventually(lambda: "ALPHA" in mngr("capture", "one").out, 150)
    mngr("stop", "one").assert_success()
    mngr("clone", "one", "two", "-m", "say BETA", timeout=150).assert_success("cloned")
    eventually(lambda: asked(model, "ALPHA", "say BETA"), 150)
    assert "BETA" not in mngr("transcript", "one").assert_success("ALPHA").out
    assert _sessions(kind, home) == found  # the user's own is the only one there


def _sessions(kind: str, home: Path) -> str:
    """Return the id of the user's only conversation."""
    if kind == "claude":
        (only,) = (home / ".claude/projects").rglob("*.jsonl")
        return only.stem
    if kind == "codex":
        (only,) = (home / ".codex/sessions").rglob("*.jsonl")
        return only.stem[-36:]
    (only,) = json.loads(
        run("opencode", "session", "list", "--format", "json", cwd=home, timeout=150).assert_success().out
    )
    return str(only["id"])


def test_doctor_and_the_default_type(mngr: Mngr, repo: Path, model: ModelServer) -> None:
    rows = {row["about"]: row for row in mngr("doctor", "--format", "json", timeout=60).json()}
    assert [rows[kind]["result"] for kind in KINDS] == ["ok", "ok", "ok"]
    assert "2.1.329" in rows["claude"]["says"]
    assert "0.169.0" in rows["codex"]["says"]
    assert "1.18.33" in rows["opencode"]["says"]
    mngr("create", "one", "--yes", "--no-connect", timeout=60).assert_success("(claude)")
