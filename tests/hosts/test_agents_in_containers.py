"""Agents in containers, as a user makes and keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker_engine import BASE, DockerEngine
from program import Mngr, git

pytestmark = pytest.mark.slow
IMAGE = ("-b", f"image={BASE}")


@pytest.fixture(autouse=True)
def own_names(docker_engine: DockerEngine, mngr: Mngr) -> None:
    """Let no other test's containers have the same names."""
    mngr.env["MNGR_PREFIX"] = f"t{docker_engine.mark}-"


def test_what_all_agents_of_a_host_are_given(
    docker_engine: DockerEngine, mngr: Mngr, repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("B=from a file\n")
    given = ["--host-env", "A=x y$(id)", "--host-env-file", str(tmp_path / "file"), "--pass-host-env", "PASSED"]
    passed = {"PASSED": "a secret"}
    mngr(
        "create", "one@box.docker", "--new-host", *IMAGE, *given, "--no-connect", "--", "cat", env=passed
    ).assert_success()
    mngr("create", "two@box.docker", "--env", "A=own", "--no-connect", "--", "cat").assert_success()
    assert mngr("exec", "one", 'printf "%s\\n" "$A" "$B" "$PASSED"').lines == ["x y$(id)", "from a file", "a secret"]
    assert mngr("exec", "two", 'printf "%s\\n" "$A" "$B"').lines == ["own", "from a file"]
    assert "600" in mngr("exec", "one", "stat -c %a ~/.mngr/host-env").out
    box = f"{mngr.env['MNGR_PREFIX']}box"
    shown = docker_engine("inspect", box).out + docker_engine("top", box, "-eo", "args").out
    assert "a secret" not in shown
    mngr("create", "three", "--host-env", "A=1", "--", "cat").assert_failure(2, "--host-env is for a new host")


def test_a_host_is_stopped_and_comes_back_with_its_agents(docker_engine: DockerEngine, mngr: Mngr, repo: Path) -> None:
    (repo / "README.md").write_text("changed\n")
    mngr(
        "create", "one@box.docker", "--new-host", *IMAGE, "-b", "offline", "--no-connect", "--", "cat"
    ).assert_success()
    mngr("create", "two@box.docker", "--no-connect", "--", "cat").assert_success()
    mngr("stop", "two").assert_success()
    assert mngr("exec", "one", "git status --short").out == " M README.md\n"
    mngr("stop", "@box.docker").assert_success("stopped @box.docker")
    agents = mngr.agents()
    assert [(agents[name]["state"], agents[name]["host"]["state"]) for name in ("one", "two")] == [
        ("stopped", "stopped")
    ] * 2
    mngr("exec", "one", "true").assert_failure(4, "box.docker is stopped", "mngr start @box.docker")
    mngr("destroy", "@box.docker").assert_failure(7, "cannot be looked at")
    events = [event["type"] for event in mngr("events", "one", "--format", "json").json()]
    assert "created" in events
    mngr("start", "@box.docker").assert_success("started @box.docker with one")
    assert {name: row["state"] for name, row in mngr.agents().items()} == {"one": "waiting", "two": "stopped"}
    mngr("message", "one", "hello").assert_success()
    mngr("exec", "one", "echo more >>README.md").assert_success()
    mngr("destroy", "@box.docker").assert_failure(7, "one: 1 uncommitted change")
    mngr("exec", "one", "git checkout -q README.md").assert_success()
    mngr("destroy", "@box.docker", "--dry-run").assert_success("would destroy @box.docker")
    mngr("destroy", "@box.docker").assert_success("destroyed @box.docker with one, two")
    assert mngr.agents() == {}
    assert docker_engine("ps", "-aq", "--filter", f"name={mngr.env['MNGR_PREFIX']}box").out == ""


@pytest.mark.timeout(170)
def test_submodules_and_large_files_come_into_a_container(
    docker_engine: DockerEngine, mngr: Mngr, repo: Path, tmp_path: Path
) -> None:
    git(repo, "lfs", "install", "--local", "--skip-repo")
    (repo / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    (repo / "large.bin").write_bytes(b"large" * 100_000)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Large")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"{repo}/.git", "with in")
    git(repo, "commit", "-q", "-m", "Within")
    (repo / "with in/new").write_text("new\n")
    made = mngr("create", "one@box.docker", "--new-host", *IMAGE, "--no-connect", "--", "cat", timeout=80)
    made.assert_success()
    assert "is a pointer, for git-lfs is not on box.docker" in made.err
    shown = mngr("exec", "one", "cat 'with in/new'; git -C 'with in' log --format=%s; git status --short")
    assert shown.lines == ["new", "Large", "Start", ' ? "with in"']
    assert mngr("exec", "one", "find .git/lfs -type f -size +400k | wc -l").lines == ["1"]
    mngr("destroy", "one").assert_success()


@pytest.mark.timeout(170)
def test_a_container_with_the_copy_of_a_folder_goes_when_the_folder_is_there(
    docker_engine: DockerEngine, mngr: Mngr, repo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "file").write_text("x\n")
    given = ("--new-host", *IMAGE, "--from", str(folder), "--no-connect", "--", "cat")
    mngr("create", "one@box.docker", *given, timeout=80).assert_success()
    mngr("exec", "one", "echo y >new").assert_success()
    mngr("destroy", "@box.docker").assert_failure(7, "one: 1 file differs from the source")
    mngr("exec", "one", "rm new").assert_success()
    (folder / "file").rename(tmp_path / "elsewhere")
    mngr("destroy", "one").assert_failure(7, "1 file differs from the source", "file")
    (tmp_path / "elsewhere").rename(folder / "file")
    mngr("destroy", "@box.docker").assert_success("destroyed @box.docker with one")
