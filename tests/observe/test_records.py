"""Records of real programs, as they wrote them: what each says in the common form, and what it cost.

A case is a folder of tests/observations/records: an agent's folder, and in `expected.json` what it must tell.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from program import ROOT
from this_host import this_host

from mngr.model.agent import AgentRecord, Workspace
from mngr.model.conversation import QUEUED, Entry
from mngr.model.value import as_dict
from mngr.observe.transcript import Follower, read
from mngr.observe.usage import answers
from mngr.plugins import registry
from mngr.transports.host import Host

ID = "agent-00000000000000000000000000000001"
CASES = sorted(path.name for path in (ROOT / "tests" / "observations" / "records").iterdir())
TOLD = ("kind", "text", "subagent", "model", "tool", "input", "failed")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, host_dir: Path) -> Path:
    """Return the folder of an agent that has such a record."""
    folder = host_dir / "agents" / ID
    shutil.copytree(ROOT / "tests" / "observations" / "records" / request.param, folder)
    return folder


def the_host(folder: Path) -> Host:
    return this_host(folder.parent.parent)


def the_record(folder: Path) -> tuple[AgentRecord, dict[str, Any]]:
    """Return the agent's record, and what is expected of it."""
    expected = json.loads((folder / "expected.json").read_bytes())
    place = Workspace("none", "/home/user/project")
    return AgentRecord(ID, "one", expected["type"], [], place, "project", "2026-01-01T00:00:00.000Z"), expected


def told(entry: Entry) -> list[Any]:
    """Return what is compared of an entry: its role, and what else there is to it."""
    fields = {name: item for name, item in as_dict(entry).items() if name in TOLD and item}
    if entry.usage is not None:
        fields["usage"] = list(as_dict(entry.usage).values())
    return [entry.role, fields]


def test_in_the_common_form(case: Path) -> None:
    record, expected = the_record(case)
    found = read(the_host(case), record, registry.load("agent_types", record.type))
    assert [told(entry) for entry in found] == expected["entries"]
    assert all(entry.conversation for entry in found)
    assert all(entry.id for entry in found if entry.kind != QUEUED)
    assert all(entry.time and entry.time.endswith("Z") for entry in found)


def test_each_part_comes_once_however_it_is_cut(case: Path) -> None:
    record, expected = the_record(case)
    files = [path for path in case.rglob("*.jsonl") if path.stat().st_size > 0]
    whole = {path: path.read_bytes() for path in files}
    kind = registry.load("agent_types", record.type)
    follower = Follower(the_host(case), record, kind)
    found: list[Entry] = []
    spent = 0
    for tenths in (1, 3, 6, 9, 10):
        for path, content in whole.items():
            path.write_bytes(content[: len(content) * tenths // 10])
        found += follower.read()
        spent = len(answers(the_host(case), [(record, kind)], str(case.parent / "cache"))[ID])
    assert sorted(str(told(entry)) for entry in found) == sorted(str(entry) for entry in expected["entries"])
    assert spent == len(expected["usage"])


def test_what_it_cost(case: Path) -> None:
    record, expected = the_record(case)
    kind = registry.load("agent_types", record.type)
    for _ in range(2):
        found = answers(the_host(case), [(record, kind)], str(case.parent / "cache"))[ID]
        assert [list(each[2:]) for each in found] == expected["usage"]
