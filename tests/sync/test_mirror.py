"""A workspace as a clone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from repositories import Place, git, tree

from mngr.model.agent import AgentRecord, to_json
from mngr.model.errors import CommandError, UsageError, UserError
from mngr.sync import url


def test_a_mirror_of_a_path_has_branches_tags_and_uncommitted_files(place: Place) -> None:
    source = place.repository()
    git(source, "branch", "dev")
    git(source, "tag", "v1")
    (source / "README").write_text("changed")
    (source / "new").write_text("new")
    made = place.make(source, mode="mirror")
    assert tree(made.folder) == tree(source)
    assert git(made.folder, "branch", "--format=%(refname:short)").split() == ["dev", "main", "mngr/x"]
    assert git(made.folder, "tag") == "v1"
    assert git(made.folder, "symbolic-ref", "--short", "HEAD") == "mngr/x"
    assert git(made.folder, "remote", "get-url", "origin") == str(source)
    assert git(made.folder, "rev-parse", "origin/dev") == git(source, "rev-parse", "dev")
    assert (made.branch, made.branch_made, made.base_branch) == ("mngr/x", True, "main")
    assert not list(Path(made.folder, ".git/hooks").glob("*"))


def test_a_mirror_lives_on_without_its_source(place: Place) -> None:
    original = place.repository("original")
    git(place.folder, "clone", "-q", "--shared", str(original), "source")
    made = place.make(place.folder / "source", mode="mirror")
    shutil.rmtree(place.folder / "source")
    shutil.rmtree(original)
    git(made.folder, "fsck", "--full")
    assert git(made.folder, "status", "--porcelain") == ""


def test_origin_of_a_mirror_is_the_origin_of_its_source_without_secrets(place: Place) -> None:
    origin = place.repository("origin")
    git(place.folder, "clone", "-q", str(origin), "source")
    source = place.folder / "source"
    (source / "mine").write_text("mine")
    place.commit(source, "mine")
    assert git(place.make(source, "a", mode="mirror").folder, "remote", "get-url", "origin") == str(origin)
    made = place.make(source, "b", mode="mirror")
    assert git(made.folder, "rev-parse", "origin/main") == git(origin, "rev-parse", "main")
    git(source, "remote", "set-url", "origin", "https://user:s3cret@example.com/x.git")
    made = place.make(source, "c", mode="mirror")
    assert git(made.folder, "remote", "get-url", "origin") == "https://example.com/x.git"


def test_a_url_is_cloned_onto_a_branch_of_its_own(place: Place) -> None:
    source = place.repository()
    git(source, "branch", "dev")
    made = place.make(f"file://{source}")
    assert tree(made.folder) == tree(source)
    assert (made.mode, made.source, made.branch) == ("mirror", f"file://{source}", "mngr/x")
    assert made.base_branch == "main"
    assert made.base_commit == git(source, "rev-parse", "HEAD")
    assert git(made.folder, "remote", "get-url", "origin") == f"file://{source}"
    assert place.make(f"file://{source}", "y", branch="dev:").branch == "dev"
    with pytest.raises(UsageError, match="nope"):
        place.make(f"file://{source}", "z", branch="nope")
    assert not os.path.exists(place.wish("", "z").target)


def test_a_url_that_cannot_be_cloned_is_refused_with_gits_words(place: Place) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        place.make(f"file://{place.folder}/nowhere")
    git(place.folder, "init", "-q", "empty")
    with pytest.raises(UserError, match="no commit"):
        place.make(f"file://{place.folder}/empty")


@pytest.mark.parametrize(
    "source",
    ["ext::sh -c id", "ext::sh", "-u:x", "--upload-pack=x:y", "https://-oProxyCommand=x/y", "evil://x/y", "git@-oX:y"],
)
def test_a_url_that_runs_programs_or_looks_like_a_flag_is_refused(place: Place, source: str) -> None:
    with pytest.raises(UserError):
        place.make(source)


def test_credentials_in_a_url_are_kept_nowhere(place: Place) -> None:
    secret = "https://me:s3cr%40t@127.0.0.1:1/x.git"
    with pytest.raises(CommandError) as failed:
        place.make(secret)
    assert "s3cr" not in f"{failed.value.message} {failed.value.hint}"
    assert url.read_url(secret) == url.GitUrl("https://127.0.0.1:1/x.git", "me", "s3cr@t")
    assert all("s3cr" not in str(plan) for plan in place.told.plans)
    record = AgentRecord("agent-1", "x", "shell", [], place.told.plans[0], "p", "2026-01-01T00:00:00Z")
    assert b"s3cr" not in to_json(record)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://token@github.com/a/b", "https://github.com/a/b"),
        ("ssh://git:pw@host/x", "ssh://git@host/x"),
        ("git@host:x", "git@host:x"),
        ("/some/path", "/some/path"),
    ],
)
def test_what_is_shown_of_a_url_has_no_secrets(text: str, shown: str) -> None:
    assert url.without_secrets(text) == shown
