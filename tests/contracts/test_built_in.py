"""Every built-in plugin keeps the contract that strangers' plugins must keep."""

from __future__ import annotations

from typing import Any

import pytest
from program import Mngr

from mngr.model.agent import AgentRecord
from mngr.model.observation import Observation, Seen
from mngr.plugins import registry
from mngr.testing.contract import check_agent_type, check_provider


@pytest.mark.parametrize("name", registry.BUILT_IN["agent_types"])
def test_agent_types(name: str) -> None:
    check_agent_type(registry.load("agent_types", name))


@pytest.mark.parametrize("name", registry.BUILT_IN["providers"])
def test_providers(name: str, mngr: Mngr, request: pytest.FixtureRequest) -> None:
    if name == "docker":
        request.getfixturevalue("docker_engine")
    check_provider(registry.load("providers", name), dict(mngr.env))


class Liar:
    """An agent type that says what it likes."""

    name = "liar"

    def __init__(self, **said: Any) -> None:
        self.said = said

    def launch(self, record: AgentRecord) -> list[str]:
        return self.said.get("launch", [record.name])

    def state(self, seen: Observation) -> Seen:
        return self.said.get("state", Seen("running"))


@pytest.mark.parametrize(
    "said",
    [
        {"launch": []},
        {"launch": ["a\0b"]},
        {"state": Seen("busy")},
        {"state": Seen("done", exit_code=1)},
        {"state": Seen("running", exit_code=0)},
    ],
)
def test_a_liar_is_found_out(said: dict[str, Any]) -> None:
    check_agent_type(Liar())
    with pytest.raises(AssertionError):
        check_agent_type(Liar(**said))
