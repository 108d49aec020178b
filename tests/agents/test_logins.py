"""How each program is logged in, as its `login.sh` says: in words, and never a secret."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from program import ROOT

from mngr.testing.logins import claude_login, codex_login, opencode_login

SECRET = "sk-very-secret"
URL = "http://127.0.0.1:9"


def ask(kind: str, **environment: str) -> list[str]:
    """Return what a program's script says, with more in the environment."""
    script = ROOT / "src" / "mngr" / "agent_types" / kind / "login.sh"
    env = {**os.environ, **environment}
    done = subprocess.run(["sh", str(script)], env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert SECRET not in done.stdout
    return done.stdout.splitlines()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("kind", ["claude", "codex", "opencode"])
def test_nobody_is_logged_in_in_an_empty_home(kind: str) -> None:
    assert ask(kind) == []


def test_homes_of_the_test_kit_are_logged_in(home: Path) -> None:
    claude_login(home, URL)
    codex_login(home, URL)
    opencode_login(home, URL)
    assert ask("claude") == ["login settings"]
    assert ask("codex") == ["login key in its settings"]
    assert ask("opencode") == ["login provider in its settings"]


def test_claude(home: Path, tmp_path: Path) -> None:
    assert ask("claude", ANTHROPIC_API_KEY=SECRET) == ["login key in the environment"]
    assert ask("claude", CLAUDE_CODE_OAUTH_TOKEN=SECRET) == ["login key in the environment"]
    assert ask("claude", CLAUDE_CODE_USE_BEDROCK="1") == ["login cloud provider in the environment"]
    write(home / ".claude/settings.json", '{"permissions": {"allow": ["ANTHROPIC_API_KEY"]}}')
    assert ask("claude") == []
    write(home / ".claude/settings.json", f'{{"apiKeyHelper": "/bin/{SECRET}"}}')
    assert ask("claude") == ["login settings"]
    write(home / ".claude/.credentials.json", f'{{"claudeAiOauth": {{"accessToken": "{SECRET}"}}}}')
    assert ask("claude") == ["login credentials file"]
    assert ask("claude", CLAUDE_CONFIG_DIR=str(tmp_path / "elsewhere")) == []


def test_codex(home: Path, tmp_path: Path) -> None:
    write(home / ".codex/config.toml", '[model_providers.mine]\nenv_key = "MY_KEY"\nbase_url = "x"\n')
    assert ask("codex", MY_KEY=SECRET) == []  # nobody chose that one
    write(home / ".codex/auth.json", f'{{"OPENAI_API_KEY": "{SECRET}"}}')
    assert ask("codex") == ["login auth file"]
    assert ask("codex", CODEX_HOME=str(tmp_path / "elsewhere")) == []
    write(
        home / ".codex/config.toml",
        '# model_provider = "no"\nmodel_provider = "mine" # ours\n[model_providers."mine"]\nenv_key = "MY_KEY"\n',
    )
    assert ask("codex") == []
    assert ask("codex", MY_KEY=SECRET) == ["login key in the environment", "variable MY_KEY"]
    write(
        home / ".codex/config.toml", 'model_provider = "mine"\n[model_providers.mine]\nbase_url = "http://[::1]/v1"\n'
    )
    assert ask("codex") == ["login provider in its settings"]
    write(home / ".codex/config.toml", 'model_provider = "x"\n[model_providers.x]\nenv_key = "A$(touch /tmp/x)"\n')
    assert ask("codex") == []


def test_opencode(home: Path) -> None:
    assert ask("opencode", OPENAI_API_KEY=SECRET) == ["login key in the environment"]
    write(home / ".local/share/opencode/auth.json", "{}")
    assert ask("opencode") == []
    write(home / ".local/share/opencode/auth.json", f'{{"anthropic": {{"type": "api", "key": "{SECRET}"}}}}')
    assert ask("opencode") == ["login auth file"]
    content = '{"provider": {"x": {"options": {"apiKey": "{env:MY_KEY}", "headers": {"a": "{env:OTHER}"}}}}}'
    said = ask("opencode", OPENCODE_CONFIG_CONTENT=content, MY_KEY=SECRET)
    assert said == ["login auth file", "variable MY_KEY", "variable OTHER"]
