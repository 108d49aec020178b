"""One command installs mngr on a bare machine, and creates a first agent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from program import ROOT, Outcome, git, run
from tree import files

WHEELS = ROOT / ".venv" / "wheels"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),  # pip is slow on a busy machine
    pytest.mark.skipif(not WHEELS.exists(), reason="what pip would fetch is not here; scripts/test.sh brings it"),
]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a clone of this project, as it is now, from which pip installs without a network."""
    folder = tmp_path / "a clone of it's"
    for path in files():
        (target := folder / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Clone")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", WHEELS.as_uri())
    return folder


def test_it_installs_twice_and_goes_again(clone: Path, home: Path) -> None:
    command = home / ".local" / "bin" / "mngr"
    install(clone).assert_success(f"is installed: {command}", "put it on your PATH")
    first = command.resolve()
    install(clone).assert_success()
    assert command.resolve() != first
    run(command, "--version").assert_success("mngr ")
    assert git(clone, "status", "--porcelain") == ""
    assert list(home.glob(".local/share/mngr/versions/*/lib/*/site-packages/mngr/cli/__pycache__/main.*.pyc"))
    install(clone, "--uninstall").assert_success("stay in")
    assert not list(home.rglob("mngr"))


def test_it_starts_whatever_python_is_told_by_the_environment(
    clone: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mngr.py").write_text("raise SystemExit('the wrong one')")
    for name, text in (("PYTHONPATH", str(tmp_path)), ("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONHOME", "/nowhere")):
        monkeypatch.setenv(name, text)
    install(clone).assert_success()
    run(home / ".local" / "bin" / "mngr", "--version", cwd=tmp_path).assert_success("mngr ")


def test_it_works_in_a_home_with_a_strange_name(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "it's a $HOME"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    install(clone).assert_success()
    run(home / ".local" / "bin" / "mngr", "--version").assert_success("mngr ")


def test_the_readmes_command_creates_a_first_agent(clone: Path, home: Path) -> None:
    install(clone, "--try").assert_success("first", "mngr connect first")
    install(clone, "--try").assert_success()
    agents = run(home / ".local" / "bin" / "mngr", "list", "--names").assert_success().lines
    assert agents == ["first"]


def test_a_wrong_option_changes_nothing(clone: Path, home: Path) -> None:
    install(clone, "--nonsense").assert_failure(2, "--nonsense", "hint:")
    assert not (home / ".local").exists()


def install(clone: Path, *words: str) -> Outcome:
    """Run the clone's own installer."""
    return run("sh", clone / "scripts" / "install.sh", *words, timeout=110)
