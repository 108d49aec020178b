"""Every recorded observation of OpenCode shows the state beside it, in `tests/observations/opencode`.

`signs` are `[source, says, at]`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sessions import STARTED

from mngr.agent_types.opencode import PLUGIN
from mngr.model.agent import AgentRecord, Workspace
from mngr.model.observation import Observation, Pane, Sign
from mngr.testing.contract import check_agent_type

RECORDED = Path(__file__).parent.parent / "observations" / "opencode"
NOW, ID = 1700000000.0, "agent-" + "0" * 32


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted(RECORDED.glob("*"))])
def test_an_observation_of_opencode_shows_its_state(path: Path) -> None:
    case = json.loads(path.read_text())
    seen = PLUGIN.state(observation(case["observation"]))
    shown = {name: getattr(seen, name) for name in ("state", "reason", "question", "since", "exit_code")}
    shown.update(dialog=seen.dialog or None, unsure=seen.unsure or None)
    assert {name: told for name, told in shown.items() if told is not None} == case["state"]


def test_it_meets_the_contract() -> None:
    check_agent_type(PLUGIN)


def observation(given: dict[str, Any]) -> Observation:
    """Return an observation of which only what is unusual is given."""
    workspace = Workspace(mode="none", folder="/work")
    record = AgentRecord(ID, "one", "opencode", [], workspace, "p", STARTED)
    usual = {"session": "mngr-one", "session_id": "$1", "pane_id": "%1", "pid": 100, "dead": False}
    usual.update(tty="/dev/pts/1", typed_at=NOW, attached=0)
    pane = Pane(**{**usual, **given["pane"]})
    signs = [Sign(*sign) for sign in given["signs"]]
    return Observation(NOW, **{**given, "agent_id": ID, "record": record, "pane": pane, "signs": signs})
