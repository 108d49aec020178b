"""`mngr rename`, `label` and `archive`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr

Eventually = Callable[..., object]


@pytest.fixture
def one(mngr: Mngr, repo: Path) -> Mngr:
    """Return the program with an agent `one` in the repository itself."""
    mngr("create", "one", "--transfer", "none", "--", "cat").assert_success()
    return mngr


def test_rename(one: Mngr, home: Path, eventually: Eventually) -> None:
    before = one.agent("one")
    one("rename", "one", "two", "--dry-run").assert_success("would rename one to two")
    row = one("rename", "one", "two", "--format", "json").json()
    assert row == {"agent": "two", "id": before["id"], "old": "one"}
    after = one.agent("two")
    assert (after["session"], after["pid"], after["work_dir"]) == ("mngr-two", before["pid"], before["work_dir"])
    one("capture", "one").assert_failure(3, "'one'", "hint: ")
    one("message", "two", "hello").assert_success()
    eventually(lambda: one("capture", "two").lines == ["hello", "hello"])
    one("stop", "two").assert_success()
    one("rename", "two", "three").assert_success()
    one("start", "three").assert_success()
    assert one.agent("three")["session"] == "mngr-three"
    one("create", "one", "--transfer", "none", "--", "cat").assert_success()


def test_names_that_cannot_be(one: Mngr) -> None:
    one("create", "two", "--transfer", "none", "--", "cat").assert_success()
    one("rename", "one", "two").assert_failure(1, "'two'", "hint: ")
    one("rename", "one", "One Two").assert_failure(2, "One Two", "hint: try: one-two")
    one("rename", "nosuch", "x").assert_failure(3, "nosuch", "hint: ")
    one("rename", "one", "one").assert_success()
    one("rename", "one").assert_failure(2, "hint: ")
    assert sorted(one.agents()) == ["one", "two"]


def test_labels(one: Mngr) -> None:
    one("label", "one", "team=web", "note=a = b", "empty=").assert_success("one: team=web")
    assert one.agent("one")["labels"] == {"team": "web", "note": "a = b", "empty": ""}
    done = one("label", "one", "team-", "note=c", "--format", "json")
    assert done.json() == [{"agent": "one", "labels": {"note": "c", "empty": ""}}]
    one("label", "one").assert_success("note=c")
    one("label", "one", "bad key=x").assert_failure(2, "bad key", "hint: ")
    one("label", "one", "a=b\nc").assert_failure(2, "hint: ")
    one("label", "nosuch", "a=b").assert_failure(3, "nosuch", "hint: ")
    one("label", "a=b").assert_failure(2, "hint: ")


@pytest.mark.slow
def test_labels_set_at_once_are_all_kept(one: Mngr) -> None:
    setters = [one.start("label", "one", f"k{number}=v") for number in range(12)]
    assert [setter.communicate(timeout=60)[1] for setter in setters] == [b""] * 12
    assert one.agent("one")["labels"] == {f"k{number}": "v" for number in range(12)}


@pytest.mark.slow
def test_a_rename_and_a_label_at_once_are_both_kept(one: Mngr) -> None:
    name = "one"
    for number in range(6):
        words = [["rename", name, f"n{number}"], ["label", one.agent(name)["id"], f"k{number}=v"]]
        changes = [one.start(*each) for each in words]
        assert [change.communicate(timeout=60)[1] for change in changes] == [b"", b""]
        name = f"n{number}"
        assert one.agent(name)["labels"][f"k{number}"] == "v"


def test_archive(one: Mngr) -> None:
    one("archive", "one", "-n").assert_success("one would be archived")
    assert list(one.agents()) == ["one"]
    one("archive", "one").assert_success("archived one")
    assert one.agents() == {}
    (row,) = one("list", "--archived", "--format", "json").json()
    assert row["state"] == "stopped"
    assert row["archived_at"]
    one("archive", "one", "--undo").assert_success("unarchived one")
    assert one.agent("one")["state"] == "stopped"
    one("archive", "one").assert_success()
    one("start", "one").assert_success()
    assert one.agent("one")["archived_at"] is None
    one("archive", "nosuch").assert_failure(3, "nosuch", "hint: ")
