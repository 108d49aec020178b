"""One door for each danger, and nothing left lying about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from tree import ROOT, SOURCE, Module, dotted, files, modules

PROCESSES = "src/mngr/transports/run.py"
SHELL_TEXT = "src/mngr/transports/quoting.py"
STARTS_PROCESSES = re.compile(r"os\.(system|popen|fork|forkpty|exec\w+|spawn\w+|posix_spawn\w*)|pty\.(fork|spawn)")
PROCESS_MODULES = {"subprocess", "multiprocessing", "pty", "_posixsubprocess"}
DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc", "core", "lib", "shared", "base"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|\bstub\b")
OUR_MODULES = modules("src")


@pytest.mark.parametrize("module", OUR_MODULES, ids=lambda module: module.name)
def test_only_one_file_runs_processes(module: Module) -> None:
    imported = [name for _, name in module.imports() if name in PROCESS_MODULES]
    called = [name for name in _calls(module) if STARTS_PROCESSES.fullmatch(name)]
    assert module.name == PROCESSES or not imported + called


@pytest.mark.parametrize("module", OUR_MODULES, ids=lambda module: module.name)
def test_only_one_file_builds_shell_text(module: Module) -> None:
    assert module.name == SHELL_TEXT or not list(_shell_text(module))


@pytest.mark.parametrize("module", OUR_MODULES, ids=lambda module: module.name)
def test_nothing_is_evaluated(module: Module) -> None:
    assert not [name for name in _calls(module) if name in {"eval", "exec", "compile", "pickle.loads", "marshal.loads"}]


def test_no_file_or_folder_is_a_drawer() -> None:
    names = {part for path in SOURCE.rglob("*") for part in (path.stem, path.parent.name)}
    assert not names & DRAWERS


def test_nothing_is_unfinished() -> None:
    read = [path for path in files() if path.is_relative_to(SOURCE) or path.is_relative_to(ROOT / "scripts")]
    found = [f"{path}: {line}" for path in read for line in path.read_text().splitlines() if UNFINISHED.search(line)]
    assert not found


@pytest.mark.parametrize("module", modules("tests", "bench"), ids=lambda module: module.name)
def test_tests_use_the_real_thing_and_wait_for_signs(module: Module) -> None:
    mocks = [name for _, name in module.imports() if name.split(".")[-1] == "mock" or name == "pytest_mock"]
    sleeps = [name for name in _calls(module) if name in {"time.sleep", "sleep", "asyncio.sleep"}]
    assert not mocks
    assert module.name == "tests/waiting.py" or not sleeps


def _calls(module: Module) -> Iterator[str]:
    return (dotted(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def _shell_text(module: Module) -> Iterator[int]:
    """Find words after "-c" (in a list that names a shell) that are put together from parts."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.List):
            continue
        words = [word.value if isinstance(word, ast.Constant) else None for word in node.elts]
        shells = {"sh", "bash", "dash", "/bin/sh"} & set(words)
        if shells and "-c" in words and words.index("-c") + 1 < len(words):
            text = node.elts[words.index("-c") + 1]
            if isinstance(text, ast.JoinedStr | ast.BinOp) or (
                isinstance(text, ast.Call) and "join" in dotted(text.func)
            ):
                yield text.lineno
