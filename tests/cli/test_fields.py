"""The fields of every command's results, as programs rely on them: they may grow, not change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import Mngr

from mngr.cli.commands import load

HOST = ["name", "provider"]
DONE: dict[str, tuple[list[str], list[str]]] = {
    # command line: (its fields, those of its `host`)
    "create x --transfer none -- cat": (
        [*"id name type address host work_dir branch base_branch project result".split()],
        HOST,
    ),
    "exec one true": ("agent exit_code stdout stderr duration_seconds".split(), []),
    "message one hi": ("agent result removed".split(), []),
    "capture one": ("agent screen".split(), []),
    "stop one": ("agent result".split(), []),
    "stop one --dry-run": ("agent result".split(), []),
    "start one": ("agent result".split(), []),
    "start one --dry-run": ("agent result".split(), []),
    "destroy one": ("agent result at_risk".split(), []),
    "destroy one --dry-run": ("agent result at_risk".split(), []),
    "rename one two": ("agent id old".split(), []),
    "label one a=b": ("agent labels".split(), []),
    "archive one": ("agent result".split(), []),
    "wait one --timeout 20s": ("agent state exit_code".split(), []),
    "why one": ("agent state reason question state_since exit_code signs".split(), []),
    "events one": ("time source type agent_id".split(), []),
    "doctor": ("about result says mend".split(), []),
    "list --hosts": ("id name provider state reason address agents with_session folder network idle".split(), []),
}


@pytest.mark.parametrize("line", DONE)
def test_fields(mngr: Mngr, repo: Path, line: str) -> None:
    fields, of_host = DONE[line]
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    words = line.split()
    row = mngr(words[0], "--format", "json", *words[1:]).json()
    row = row[0] if isinstance(row, list) else row
    assert list(row) == fields
    assert list(row.get("host", {}))[: len(of_host)] == of_host
    documented = {name.partition(".")[0] for name in load(words[0]).fields}
    assert documented >= set(fields), "the help of the command says all of them"


@pytest.mark.parametrize("line", [line for line in DONE if "dry-run" not in line])
def test_a_template_with_an_unknown_field_changes_nothing(mngr: Mngr, repo: Path, line: str) -> None:
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    before = mngr.agents()
    words = line.split()
    mngr(words[0], "--format", "{nosuch}", *words[1:]).assert_failure(2, "nosuch", "hint: ")
    after = mngr.agents()
    assert [(row["name"], row["pid"], row["labels"]) for row in after.values()] == [
        (row["name"], row["pid"], row["labels"]) for row in before.values()
    ]


def test_fields_of_an_outcome_that_failed(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    done = mngr("stop", "nosuch", "one", "--format", "json")
    assert done.code == 3
    rows = json.loads(done.out)
    assert [list(row) for row in rows] == [["agent", "error", "hint", "exit_code"], ["agent", "result"]]


def test_fields_of_restore(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    mngr("destroy", "one").assert_success()
    assert list(mngr("restore", "--format", "json").json()[0])[:4] == ["id", "name", "type", "project"]
    assert list(mngr("restore", "one", "--format", "json").json()) == ["agent", "id", "work_dir"]
