"""Nothing grows too large to be read."""

from __future__ import annotations

import ast

import pytest
from tree import Function, Module, files, modules

FILE_LINES = 400
FUNCTION_LINES = 50
PARAMETERS = 5
PUBLIC_METHODS = 10
# What a program shows to its user is as long as it is; what a tool wrote is nobody's to read.
NOT_READ = (".md", ".lock", ".json", ".txt", ".golden")


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_sizes_of(module: Module) -> None:
    too_long = [f"{f.name}: {_lines(f)} lines" for f in module.functions() if _lines(f) > FUNCTION_LINES]
    too_many = [f"{f.name}: {_parameters(f)} parameters" for f in module.functions() if _parameters(f) > PARAMETERS]
    too_wide = [f"{c.name}: {_methods(c)} public methods" for c in module.classes() if _methods(c) > PUBLIC_METHODS]
    allowed = [] if "tests" not in module.name.split("/") else too_many  # a test names the fixtures it needs
    assert [*too_long, *too_many, *too_wide] == allowed


def test_no_file_is_longer_than_it_may_be() -> None:
    read = [path for path in files() if path.suffix not in NOT_READ]
    lengths = {str(path): len(path.read_bytes().splitlines()) for path in read}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def _lines(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def _parameters(function: Function) -> int:
    arguments = function.args
    named = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(named) - (named[:1] in (["self"], ["cls"]))


def _methods(each: ast.ClassDef) -> int:
    return sum(
        isinstance(node, Function) and not node.name.startswith("_") and not _is_field(node) for node in each.body
    )


def _is_field(node: ast.stmt) -> bool:
    """Tell whether a method reads like a field: a property is no verb to learn."""
    decorators = node.decorator_list if isinstance(node, Function) else []
    return any(isinstance(each, ast.Name) and each.id == "property" for each in decorators)
