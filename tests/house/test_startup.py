"""Start-up is a budget: what ordinary commands must not load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from program import ROOT, Mngr, run

NEVER = """
typing dataclasses subprocess argparse click pathlib shutil tempfile shlex tomllib tomlkit datetime uuid logging
threading asyncio contextlib functools inspect importlib.metadata difflib signal socket random secrets enum
collections concurrent ctypes multiprocessing getpass glob fnmatch traceback string textwrap calendar locale gettext
hashlib base64 urllib http ssl email pluggy rich celpy
""".split()
# `re` is built of these; a command that needs it has paid for them.
NEEDED_BY_RE = {"re", "enum", "collections", "functools", "operator", "keyword", "reprlib", "copyreg"}
FOR_THE_HINT = {"difflib"}  # finds the nearest name, after the failure
COMMANDS: dict[str, tuple[list[str], set[str]]] = {
    "version": (["--version"], set()),
    "completion": (["__complete", "stop", ""], set()),
    "list": (["list"], {"json", *NEEDED_BY_RE}),
    "list as JSON": (["list", "--format", "json"], {"json", *NEEDED_BY_RE}),
    "message": (["message", "nobody", "hello"], {"json", *NEEDED_BY_RE, *FOR_THE_HINT}),
    "stop": (["stop", "nobody"], {"json", *NEEDED_BY_RE, *FOR_THE_HINT}),
    "exec": (["exec", "nobody", "true"], {"json", *NEEDED_BY_RE, *FOR_THE_HINT}),
}


SCRIPT = ROOT / "scripts" / "mngr"


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_loaded_by(name: str, mngr: Mngr) -> None:
    words, allowed = COMMANDS[name]
    mngr("--version").assert_success()
    loaded = loaded_by(words)
    assert "mngr.cli.main" in loaded
    assert sorted(loaded & set(NEVER) - allowed) == []


def test_a_list_of_agents_loads_no_more(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "command", "--no-connect", "--", "sleep", "1000", cwd=repo).assert_success()
    loaded = loaded_by(["list"])
    assert sorted(loaded & set(NEVER) - {"json", *NEEDED_BY_RE}) == []


def test_folders_of_the_package_load_nothing_by_themselves() -> None:
    inits = (ROOT / "src" / "mngr").glob("*/__init__.py")
    assert [str(path) for path in inits if len(path.read_text().splitlines()) != 1] == []


def loaded_by(words: list[str]) -> set[str]:
    """Return the modules that a command loads on top of a bare Python, as Python itself reports them."""
    return _imports(SCRIPT, *words) - _imports("-c", "pass")


def _imports(*words: str | Path) -> set[str]:
    told = run(sys.executable, "-X", "importtime", *words).err.splitlines()
    return {line.split("|")[-1].strip() for line in told if line.startswith("import time:")}
