"""What Codex is started with: mngr's hooks, and the trust that the user gave."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host

# What Codex reports, the word of the sign that tells it, and how long the hook may take. Codex ends turns and
# conversations with little patience.
HOOKS = (
    ("SessionStart", "session", 10),
    ("UserPromptSubmit", "begun", 10),
    ("PermissionRequest", "asked", 10),
    ("PostToolUse", "answered", 10),
    ("Stop", "ended", 10),
    ("Interrupt", "interrupted", 3),
    ("SessionEnd", "closed", 3),
)
FLAGS = "/<session-flags>/config.toml"  # where Codex says that hooks of the command line stand


def files() -> dict[str, bytes]:
    """Return the files that each start needs in the agent's folder."""
    here = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(os.path.dirname(here))
    return {
        "launch.sh": _content(os.path.join(here, "launch.sh")),
        "hook": _content(os.path.join(package, "observe", "hook.sh")),
        "hooks": hooks(),
        "hooks-trusted": trusted_hooks(),
        "record-files": b"codex/sessions/*/*/*/*.jsonl\n",
    }


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def hooks() -> bytes:
    """Return mngr's hooks, as entries of a TOML table."""
    entries = (
        f"{event}=[{{hooks=[{{type=\"command\",command='{_command(word)}',timeout={seconds}}}]}}]"
        for event, word, seconds in HOOKS
    )
    return ",".join(entries).encode() + b"\n"


def trusted_hooks() -> bytes:
    """Return that these very hooks are trusted, so that the repository's own and the user's are asked about as ever."""
    return "".join(
        f'"{FLAGS}:{_snake(event)}:0:0"={{trusted_hash="sha256:{_sum(event, word, seconds)}"}},'
        for event, word, seconds in HOOKS
    ).encode()


def prepare(host: Host, record: AgentRecord, *, trusted: bool) -> None:
    """Write down whether the workspace is trusted: the user says so, or trusts what it was made from."""
    from mngr.hosts.records import change
    from mngr.transports.quoting import COMPLETE, fill_file

    if trusted or _is_trusted_by_user(host, record):
        change(host, record.id, fill_file("trusted", b"") + COMPLETE)


def _command(word: str) -> str:
    return f'sh "$MNGR_AGENT_STATE_DIR/hook" codex {word}'


def _snake(event: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in event)[1:]


def _sum(event: str, word: str, seconds: int) -> str:
    """Return the sum by which Codex knows a hook: of its definition, as JSON with sorted names."""
    import json
    from hashlib import sha256

    hook = {"async": False, "command": _command(word), "timeout": seconds, "type": "command"}
    text = json.dumps({"event_name": _snake(event), "hooks": [hook]}, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _is_trusted_by_user(host: Host, record: AgentRecord) -> bool:
    import tomllib

    workspace = record.workspace
    origins = [workspace.folder if workspace.mode == "none" else None, workspace.source, workspace.repository]
    script = ["hosts/own.sh", host.script_text("agent_types/codex/origins.sh")]
    answer = host.script([*script, *(each for each in origins if each)], check=False).out
    listed, _, config = answer.partition(b"\n\n")
    try:
        projects: Any = tomllib.loads(config.decode()).get("projects", {})
        return any(_trust(projects, path) for path in listed.decode().splitlines())
    except (ValueError, AttributeError):
        return False


def _trust(projects: dict[str, Any], path: str) -> bool:
    """Tell what the user said of a folder, or of the nearest above it of which there is a word."""
    parts = path.split("/")
    for length in range(len(parts), 0, -1):
        folder = projects.get("/".join(parts[:length]) or "/")
        if isinstance(folder, dict):
            return folder.get("trust_level") == "trusted"  # pyright: ignore
    return False
