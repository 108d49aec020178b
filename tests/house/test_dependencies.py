"""What mngr needs of others is little."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from program import ROOT, run

PACKAGES = 10
INSTALLED_BYTES = 15_000_000
LOCKED = re.compile(r"^([\w.-]+)==([\w.]+)( ; .*)? \\$", re.MULTILINE)


def locked(lock: str) -> dict[str, str]:
    """Return the packages of a lock file and their versions, but those for other systems."""
    found = LOCKED.findall((ROOT / lock).read_text())
    return {name: version for name, version, marker in found if "win32" not in marker}


def test_there_are_few_of_them() -> None:
    assert 0 < len(locked("requirements.lock")) <= PACKAGES


def test_they_are_small() -> None:
    sizes = {name: _installed_bytes(name) for name in locked("requirements.lock")}
    own = sum(path.stat().st_size for path in (ROOT / "src").rglob("*") if path.is_file())
    assert sum(sizes.values()) + own <= INSTALLED_BYTES, sizes


def test_what_runs_and_what_is_tested_are_the_same_versions() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_the_project_asks_for_what_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[<>=~!\[; ]", each)[0].lower() for each in wanted}
    assert names <= locked("requirements-dev.lock").keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert str(ROOT) not in text


def test_it_is_installed_as_one_package() -> None:
    if not (ROOT / ".venv").exists():
        pytest.skip("not in the project's own environment")
    assert metadata.version("mngr") == run(sys.executable, "-c", "import mngr; print(mngr.__version__)").out.strip()


def _installed_bytes(name: str) -> int:
    paths = [file.locate() for file in metadata.files(name) or ()]
    return sum(path.stat().st_size for path in map(_real, paths) if path.is_file())


def _real(path: object) -> Path:
    return Path(str(path))
