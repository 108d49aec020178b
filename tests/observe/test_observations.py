"""Every recorded observation shows the state beside it; adding a case is adding a file to `tests/observations`.

`NAME.json` holds an observation, as far as it is not the usual, and the state. `NAME.probe` is what the probe printed,
`NAME.parsed.json` the agents it tells of.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sessions import STARTED

from mngr.model.agent import AgentRecord, Workspace
from mngr.model.errors import CommandError
from mngr.model.observation import STATES, Exit, Observation, Pane
from mngr.observe.probe import parse
from mngr.observe.state import derive, signs

FOLDER = Path(__file__).parent.parent / "observations"
CASES = [path for path in sorted(FOLDER.glob("*.json")) if not path.name.endswith(".parsed.json")]
PROBES = sorted(FOLDER.glob("*.probe"))
NOW, ID = 1700000000.0, "agent-" + "0" * 32


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CASES])
def test_an_observation_shows_its_state(path: Path) -> None:
    case = json.loads(path.read_text())
    observed = observation(case["observation"])
    seen = derive(observed)
    shown = {name: getattr(seen, name) for name in ("state", "reason", "question", "since", "exit_code")}
    assert {name: told for name, told in shown.items() if told is not None} == case["state"]
    assert seen.state in STATES
    assert signs(observed)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in PROBES])
def test_a_probe_tells_of_its_agents(path: Path) -> None:
    expected = json.loads(path.with_suffix(".parsed.json").read_text())
    seen = parse(path.read_bytes(), "mngr-")
    assert [summary(each) for each in seen.observations] == expected["agents"]
    assert seen.problems == expected["problems"]


def test_a_probe_that_was_cut_is_refused() -> None:
    lines = (FOLDER / "several.probe").read_bytes().splitlines()
    for cut in ([], lines[:1], lines[:-1], lines[1:]):
        with pytest.raises(CommandError):
            parse(b"".join(line + b"\n" for line in cut), "mngr-")


def summary(seen: Observation) -> dict[str, Any]:
    told = derive(seen)
    shown = {"id": seen.agent_id, "name": seen.record and seen.record.name, "state": told.state}
    more = {"exit_code": told.exit_code, "reason": told.reason}
    return {**shown, **{name: text for name, text in more.items() if text is not None}}


def observation(given: dict[str, Any]) -> Observation:
    """Return an observation of which only what is unusual is given."""
    fields = {"agent_id": ID, **given}
    if fields.pop("record", False):
        workspace = Workspace(mode="none", folder="/work")
        fields["record"] = AgentRecord(ID, "one", "command", ["cat"], workspace, "p", STARTED)
    if "pane" in fields:
        usual = {"session": "mngr-one", "session_id": "$1", "pane_id": "%1", "pid": 100, "dead": False}
        usual.update(tty="/dev/pts/1", program="cat", created_at=NOW, typed_at=NOW, output_at=NOW, attached=0)
        fields["pane"] = Pane(**{**usual, **fields["pane"]})
    if "exit" in fields:
        fields["exit"] = Exit(**fields["exit"])
    return Observation(NOW, **fields)
