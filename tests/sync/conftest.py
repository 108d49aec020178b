"""A place with git repositories of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from repositories import Place, git


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Return a machine for one test; the test fails when a hook of a repository ran."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    made = Place(tmp_path)
    yield made
    assert not made.marker.exists(), f"hooks ran: {made.marker.read_text()}"
    assert not [*tmp_path.glob("host/making/*"), *tmp_path.glob("far/making/*")], "a mark of the half-made was left"


@pytest.fixture
def two_branches(place: Place) -> Path:
    """Return a repository on `main`, with a branch `dev` that is ahead of it."""
    source = place.repository()
    git(source, "checkout", "-q", "-b", "dev")
    (source / "dev").write_text("dev")
    place.commit(source, "dev")
    git(source, "checkout", "-q", "main")
    return source
