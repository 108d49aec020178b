"""Every recorded observation of an agent program shows the state beside it, in `tests/observations/PROGRAM`.

`signs` are `[source, says, at]`; `screen` names a file of `tests/observations/screens/PROGRAM`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sessions import STARTED

from mngr.model.agent import AgentRecord, Workspace
from mngr.model.observation import Observation, Pane, Sign
from mngr.model.versions import PINNED
from mngr.plugins import registry

RECORDED = Path(__file__).parent.parent / "observations"
CASES = [path for program in PINNED for path in sorted((RECORDED / program).glob("*.json"))]
NOW, ID = 1700000000.0, "agent-" + "0" * 32


@pytest.mark.parametrize("path", [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in CASES])
def test_an_observation_of_a_program_shows_its_state(path: Path) -> None:
    program, case = path.parent.name, json.loads(path.read_text())
    seen = registry.load("agent_types", program).state(observation(program, case["observation"]))
    shown = {name: getattr(seen, name) for name in ("state", "reason", "question", "since", "exit_code")}
    shown.update(dialog=seen.dialog or None, unsure=seen.unsure or None)
    assert {name: told for name, told in shown.items() if told is not None} == case["state"]


def observation(program: str, given: dict[str, Any]) -> Observation:
    """Return an observation of which only what is unusual is given."""
    fields = {"agent_id": ID, **given}
    if fields.pop("record", False):
        fields["record"] = AgentRecord(ID, "one", program, [], Workspace(mode="none", folder="/work"), "p", STARTED)
    usual = {"session": "mngr-one", "session_id": "$1", "pane_id": "%1", "pid": 100, "dead": False}
    usual.update(tty="/dev/pts/1", typed_at=NOW, attached=0)
    fields["pane"] = Pane(**{**usual, **fields["pane"]})
    fields["signs"] = [Sign(*sign) for sign in fields.get("signs", [])]
    if "screen" in fields:
        fields["screen"] = (RECORDED / "screens" / program / fields["screen"]).read_text()
    if "record_end" in fields:
        fields["record_end"] = fields["record_end"].encode()
    return Observation(NOW, **fields)
