"""The source of this project, as the house's rules look at it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from program import ROOT, run

SOURCE = ROOT / "src" / "mngr"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A Python file of the project."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Return its path from the root of the project."""
        return str(self.path.relative_to(ROOT))

    def functions(self) -> Iterator[Function]:
        """Return every function and method, the nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        """Return every class."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Return the line and the name of every module that it imports, anywhere."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.lineno, node.module


@cache
def files() -> tuple[Path, ...]:
    """Return every file of the project that git knows, or would."""
    listed = run("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").assert_success()
    paths = {ROOT / name for name in listed.out.split("\0") if name}
    return tuple(sorted(path for path in paths if path.is_file() and not path.is_symlink()))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return the Python files below folders of the project (all of them, unless some are named)."""
    chosen = [path for path in files() if path.suffix == ".py" and _is_below(path, folders)]
    return tuple(Module(path, (text := path.read_text()), ast.parse(text)) for path in chosen)


def shell_scripts() -> list[Path]:
    """Return every shell script of the project."""
    return [path for path in files() if path.suffix == ".sh" or path == ROOT / ".ci" / "run"]


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for an expression that is such a name, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return ""


def _is_below(path: Path, folders: tuple[str, ...]) -> bool:
    return not folders or any(path.is_relative_to(ROOT / folder) for folder in folders)
