"""Copies of plain folders on another host: what of them exists nowhere else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from repositories import Elsewhere, Place, tree

from mngr.model.agent import Workspace
from mngr.model.errors import UnreachableError
from mngr.model.value import replace
from mngr.sync.workspace import at_risk
from mngr.transports.host import Host
from mngr.transports.ssh import Greeting


@pytest.fixture
def folder(place: Place) -> Path:
    made = place.folder / "plain"
    (made / "sub/empty").mkdir(parents=True)
    for name in ("a b", "-x\n\x01", "ünï", os.fsdecode(b"\xff"), "$(x)", "sub/deep"):
        (made / name).write_text(f"{name.encode('utf-8', 'surrogateescape')!r}\n")
    (made / "program").write_text("#!/bin/sh\n")
    (made / "program").chmod(0o755)
    (made / "out").symlink_to("/etc")
    (made / "dangling").symlink_to("now here\n")
    for number in range(1100):
        (made / f"sub/{number}").write_text(f"{number}")
    return made


def risks(place: Place, made: Workspace) -> list[tuple[str, list[str]]]:
    return [(risk.kind, sorted(risk.examples)) for risk in at_risk(place.far, made, source_host=place.host)]


def test_what_was_not_changed_is_not_at_risk(place: Place, folder: Path) -> None:
    made = place.send(folder)
    assert tree(made.folder) == tree(folder)
    assert made.copied_from == f"@local:{folder}"
    assert risks(place, made) == []
    for path in Path(made.folder).rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)
    (folder / "of the user's").write_text("new")
    Path(made.folder, "sub/deep").unlink()
    assert risks(place, made) == []


def test_what_was_changed_or_added_is_at_risk(place: Place, folder: Path) -> None:
    made = place.send(folder)
    there = Path(made.folder)
    times = os.stat(there / "a b")
    (there / "a b").write_text((there / "a b").read_text().upper())
    os.utime(there / "a b", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert risks(place, made) == [("changes", ["a b"])]
    (there / "program").chmod(0o644)
    (there / "out").unlink()
    (there / "out").symlink_to("/tmp")
    assert risks(place, made) == [("changes", ["a b", "out", "program"])]
    (there / "new\nfile").write_text("new")
    (there / "sub").rename(there / "moved")
    (found,) = at_risk(place.far, made, source_host=place.host)
    assert (found.kind, found.count) == ("changes", 3 + 1 + 1101)
    assert found.text == "1105 files differ from the source"


def test_what_the_user_no_longer_has_is_at_risk(place: Place, folder: Path) -> None:
    made = place.send(folder)
    (folder / "a b").write_text("changed by the user")
    (folder / "program").unlink()
    assert risks(place, made) == [("changes", ["a b", "program"])]
    shutil.rmtree(folder)
    (found,) = at_risk(place.far, made, source_host=place.host)
    assert (found.kind, found.text) == (
        "unknown",
        f"what it was copied from, '@local:{folder}', is not there any more",
    )
    shutil.rmtree(made.folder)
    assert risks(place, made) == []


def test_a_source_that_cannot_be_looked_at_has_nothing(place: Place, folder: Path) -> None:
    class Silent(Elsewhere):
        def greeting(self, patience_seconds: float | None = None) -> Greeting:
            raise UnreachableError("silent")

        def start(self, argv: list[str], patience_seconds: float | None = None, *, apart: bool = False) -> object:  # type: ignore[override]
            raise UnreachableError("box did not answer")

    made = place.send(folder)
    silent = Host("box", "ssh", Silent(), "~/.mngr", "mngr-")
    for where, says in ((None, "cannot be looked at from here"), (silent, "cannot be looked at: box did not answer")):
        (found,) = at_risk(place.far, made, source_host=where)
        assert (found.kind, found.text.endswith(says)) == ("unknown", True), found.text
    (found,) = at_risk(place.far, replace(made, copied_from=None), source_host=place.host)
    assert found.kind == "unknown"


def test_what_a_host_says_leads_nowhere(place: Place, folder: Path) -> None:
    made = place.send(folder)
    (place.folder / "private").write_text("private")
    for copied_from in ("@local:/", "@local:../x", "@local:", "@local", ":", f"@local:{folder}/../.."):
        assert risks(place, replace(made, copied_from=copied_from)) != []
    assert risks(place, replace(made, copied_from=f"@local:{folder}/sub/..")) == []


def test_a_file_that_cannot_be_read_is_at_risk(place: Place, folder: Path) -> None:
    made = place.send(folder)
    tools = place.folder / "bin"
    tools.mkdir()
    (tools / "git").write_text("#!/bin/sh\nexit 128\n")
    (tools / "git").chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{tools}:{before}"
    try:
        (found,) = at_risk(place.far, made, source_host=place.host)
    finally:
        os.environ["PATH"] = before
    assert found.count == len([path for path in folder.rglob("*") if path.is_file() or path.is_symlink()])
