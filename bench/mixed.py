"""A hundred agents of mixed types beside a hundred plain ones: what telling the states of agent programs costs.

The programs are stand-ins that leave the same signs as the real ones, and sleep: a hundred real ones do not fit.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stage import Stage, run

COUNT = 100
TYPES = ("claude", "codex", "opencode", "command")
SLEEP = "exec sleep 100000\n"
SIGN = 'printf "%s.123 {0} %s\\n" "$(date +%s)" {1} >>"$MNGR_AGENT_STATE_DIR/signs"\n'
REPORT = (
    """{"session_id":"x","hook_event_name":"PermissionRequest","tool_name":"Bash","tool_input":{"command":"make"}}"""
)
STAND_INS = {
    "claude": (
        """stat=$(cat /proc/$$/stat); set -- ${stat##*) }; shift 19\n"""
        """mkdir -p "$CLAUDE_CONFIG_DIR/sessions"\n"""
        """printf '{"pid":%s,"procStart":"%s","status":"%s","waitingFor":"permission prompt",' """
        """$$ "$1" "$([ $(($$ % 3)) = 0 ] && echo waiting || echo idle)" >"$CLAUDE_CONFIG_DIR/sessions/$$.json"\n"""
        """printf '"statusUpdatedAt":%s000}' "$(date +%s)" >>"$CLAUDE_CONFIG_DIR/sessions/$$.json"\n"""
        + SIGN.format("claude", "begun")
        + f"printf '%s' '{REPORT}' >\"$MNGR_AGENT_STATE_DIR/asked\"\n" + SIGN.format("claude", "asked")
    ),
    "codex": SIGN.format("codex", "begun") + SIGN.format("codex", "ended") + 'printf "\\033]2;project\\007"\n',
    "opencode": "".join(SIGN.format("opencode", word) for word in ("started", "ready", "begun", "ended")),
}  # fmt: skip


def make_mixed(stage: Stage, project: Path) -> Path:
    """Create agents of mixed types in a host folder of their own, and return that."""
    folder = stage.folder / "programs"
    folder.mkdir()
    for name, text in STAND_INS.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}{SLEEP}")
        (folder / name).chmod(0o755)
    host_dir = stage.folder / "mixed"
    before, kept = os.environ["PATH"], os.environ["MNGR_HOST_DIR"]
    os.environ.update(PATH=f"{folder}:{before}", MNGR_HOST_DIR=str(host_dir))
    words = ("--transfer", "none", "--no-connect", "--yes", "--from", str(project))
    rest = {"command": ("--", "sleep", "100000")}

    def create(number: int) -> None:
        kind = TYPES[number % len(TYPES)]
        run(stage.mngr, "create", f"m{number}", kind, *words, *rest.get(kind, ()))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create, range(COUNT)))
    os.environ.update(PATH=before, MNGR_HOST_DIR=kept)
    return host_dir
