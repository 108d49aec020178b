"""Homes in which agent programs are logged in to a model server, past everything that they ask new users."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

DUMMY = "scripted"
CODEX = """\
check_for_update_on_startup = false
model = "scripted"
model_provider = "scripted"
approval_policy = "on-request"
sandbox_mode = "workspace-write"

[features]
daemon_auto_start = false

[tui]
resume_cwd = "current"

[model_providers.scripted]
name = "Scripted"
base_url = "{url}/v1"
experimental_bearer_token = "{token}"
wire_api = "responses"
"""


def claude_login(home: Path, url: str, trusted: Iterable[Path] = ()) -> None:
    """Make Claude Code of that home ask the server at the URL; these folders, and what is below, are trusted."""
    _write_json(
        home / ".claude.json",
        {
            "hasCompletedOnboarding": True,
            "hasSeenAutoDefaultNotice": True,
            "hasSeenAutoDefaultNudge": True,
            "bypassPermissionsModeAccepted": True,
            "projects": {str(path.resolve()): {"hasTrustDialogAccepted": True} for path in trusted},
        },
    )
    environment = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": DUMMY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "2",
        "DISABLE_AUTOUPDATER": "1",
    }
    _write_json(home / ".claude" / "settings.json", {"env": environment})


def codex_login(home: Path, url: str, trusted: Iterable[Path] = ()) -> None:
    """Make Codex of that home ask the server at the URL; of repositories, only these folders are trusted."""
    path = home / ".codex" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    # A JSON text is a TOML text, too.
    trust = [f'\n[projects.{json.dumps(str(each.resolve()))}]\ntrust_level = "trusted"\n' for each in trusted]
    path.write_text(CODEX.format(url=url, token=DUMMY) + "".join(trust))


def opencode_login(home: Path, url: str, permission: str = "ask") -> None:
    """Make OpenCode of that home ask the server at the URL; before it runs or changes anything it asks its user.

    With the permission `allow` it does so unasked.
    """
    model = {
        "name": "Scripted",
        "limit": {"context": 200_000, "output": 8_000},
        "cost": {"input": 4, "output": 20, "cache_read": 0.2, "cache_write": 5},
    }
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Scripted",
        "options": {"baseURL": f"{url}/v1", "apiKey": DUMMY},
        "models": {"scripted": model},
    }
    _write_json(
        home / ".config" / "opencode" / "opencode.json",
        {
            "autoupdate": False,
            "share": "disabled",
            "model": "scripted/scripted",
            "small_model": "scripted/scripted",
            "permission": {"bash": permission, "edit": permission},
            "provider": {"scripted": provider},
        },
    )


def _write_json(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n")
