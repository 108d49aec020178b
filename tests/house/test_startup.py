"""Start-up is a budget: what ordinary commands must not load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from program import PROGRAM, ROOT, Mngr, run

NEVER = """
typing dataclasses subprocess argparse click pathlib shutil tempfile shlex tomllib tomlkit datetime uuid logging
threading asyncio contextlib functools inspect importlib.metadata difflib signal socket random secrets enum
collections concurrent ctypes multiprocessing getpass glob fnmatch traceback string textwrap calendar locale gettext
hashlib base64 urllib http ssl email pluggy rich celpy
""".split()
# `re` is built of these; a command that needs it has paid for them.
NEEDED_BY_RE = {"re", "enum", "collections", "functools", "operator", "keyword", "reprlib", "copyreg"}
COMMANDS: dict[str, tuple[list[str], set[str]]] = {
    "version": (["--version"], set()),
    "completion": (["__complete", "bash", "1", "stop", ""], set()),
    "list": (["list"], {"json", *NEEDED_BY_RE}),
    "list as JSON": (["list", "--format", "json"], {"json", *NEEDED_BY_RE}),
    "message": (["message", "nobody", "hello"], {"json", *NEEDED_BY_RE}),
    "stop": (["stop", "nobody"], {"json", *NEEDED_BY_RE}),
    "exec": (["exec", "nobody", "true"], {"json", *NEEDED_BY_RE}),
}
# Runs the program as its script does, and tells at the end what was loaded that a bare Python had not.
SPY = """
import sys
before = set(sys.modules)
sys.argv = ["mngr", *sys.argv[2:]]
from mngr.cli.main import main
try:
    code = main()
except SystemExit as exit:
    code = exit.code
with open(sys.orig_argv[-1 - len(sys.argv[1:])], "w") as file:
    file.write("\\n".join(sorted(set(sys.modules) - before)))
"""


def python() -> str:
    """Return the Python that the program is started with."""
    first = Path(PROGRAM[0]).read_bytes().splitlines()[0]
    return first.removeprefix(b"#!").decode() if len(PROGRAM) == 1 else sys.executable


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_loaded_by(name: str, tmp_path: Path, mngr: Mngr) -> None:
    words, allowed = COMMANDS[name]
    assert mngr("--version").code == 0
    loaded = loaded_by(words, tmp_path / "loaded")
    assert "mngr.cli.main" in loaded
    assert sorted(loaded & set(NEVER) - allowed) == []


def test_a_list_of_agents_loads_no_more(tmp_path: Path, mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "command", "--no-connect", "--", "sleep", "1000", cwd=repo).assert_success()
    loaded = loaded_by(["list"], tmp_path / "loaded")
    assert sorted(loaded & set(NEVER) - {"json", *NEEDED_BY_RE}) == []


def test_folders_of_the_package_load_nothing_by_themselves() -> None:
    inits = (ROOT / "src" / "mngr").glob("*/__init__.py")
    assert [str(path) for path in inits if len(path.read_text().splitlines()) != 1] == []


def loaded_by(words: list[str], report: Path) -> set[str]:
    """Return the modules that a command loads on top of a bare Python."""
    run(python(), "-c", SPY, report, *words, cwd=report.parent)
    return set(report.read_text().split("\n"))
