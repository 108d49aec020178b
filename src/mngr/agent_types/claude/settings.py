"""What Claude is started with: settings of mngr's own beside the user's, and what it knows of the user."""

from __future__ import annotations

import os

from mngr.model.data import is_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host

    Table = dict[str, Any]

# What Claude reports, and the word of the sign that tells it.
HOOKS = (
    ("SessionStart", "session"),
    ("UserPromptSubmit", "begun"),
    ("PermissionRequest", "asked"),
    ("PostToolUse", "answered"),
    ("Stop", "ended"),
    ("StopFailure", "failed"),
    ("SessionEnd", "closed"),
)
FOREVER_DAYS = 36500
BYPASSES = ("--dangerously-skip-permissions", "bypassPermissions")
# What is the user's, and holds no secret that is not meant for Claude's own environment.
KEPT = ("oauthAccount", "userID", "theme", "mcpServers", "customApiKeyResponses", "editorMode", "preferredNotifChannel")


def files(command: list[str]) -> dict[str, bytes]:
    """Return the files that each start needs in the agent's folder."""
    here = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(os.path.dirname(here))
    return {
        "launch.sh": _content(os.path.join(here, "launch.sh")),
        "login.sh": _content(os.path.join(here, "login.sh")),
        "hook": _content(os.path.join(package, "observe", "hook.sh")),
        "settings.json": settings(command),
    }


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def settings(command: list[str]) -> bytes:
    """Return the settings that Claude gets beside the user's: hooks, and that no conversation is ever deleted.

    Who asks for a start without permissions in so many words is not asked again whether that is meant.
    """
    import json

    hooks = {
        event: [
            {"hooks": [{"type": "command", "command": f'sh "$MNGR_AGENT_STATE_DIR/hook" claude {word}', "timeout": 10}]}
        ]
        for event, word in HOOKS
    }
    told: Table = {"cleanupPeriodDays": FOREVER_DAYS, "hooks": hooks}
    if any(word.rpartition("=")[2] in BYPASSES for word in command):
        told["skipDangerousModePermissionPrompt"] = True
    return json.dumps(told).encode()


def prepare(host: Host, record: AgentRecord, *, trusted: bool) -> None:
    """Write what Claude knows of its user: past all that it asks new ones, and whether the folder is trusted."""
    import json

    from mngr.hosts.records import change
    from mngr.transports.quoting import COMPLETE, fill_file

    workspace = record.workspace
    origins = [workspace.folder, workspace.source, workspace.repository]
    script = ["hosts/own.sh", host.script_text("agent_types/claude/origins.sh")]
    listed, _, known = host.script([*script, *(each for each in origins if each)], check=False).out.partition(b"\n\n")
    folders = listed.decode("utf-8", "surrogateescape").splitlines()
    own = config(_table(known), folders, trusted=trusted)
    text = json.dumps(own).encode("utf-8", "surrogateescape")
    change(host, record.id, fill_file("claude/.claude.json", text) + COMPLETE)


def config(users: Table, folders: list[str], *, trusted: bool) -> Table:
    """Return Claude's own file for an agent. `folders`: where the workspace, and what it was made from, really are."""
    own: Table = {name: users[name] for name in KEPT if name in users}
    own.setdefault("theme", "dark")
    for seen in ("hasCompletedOnboarding", "hasSeenAutoDefaultNotice", "hasSeenAutoDefaultNudge"):
        own[seen] = True
    projects = users.get("projects")
    known: Table = projects if is_table(projects) else {}
    sources = folders[1:] or folders
    if folders and (trusted or any(_is_trusted(known, folder) for folder in sources)):
        own["projects"] = {folders[0]: {"hasTrustDialogAccepted": True}}
    return own


def _is_trusted(projects: Table, folder: str) -> bool:
    """Tell whether the user trusts a folder or one above it."""
    parts = folder.split("/")
    above = ("/".join(parts[:length]) or "/" for length in range(len(parts), 0, -1))
    said = (projects.get(path) for path in above)
    return any(isinstance(each, dict) and each.get("hasTrustDialogAccepted") is True for each in said)  # pyright: ignore


def _table(text: bytes) -> Table:
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if is_table(found) else {}
