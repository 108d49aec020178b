"""What is public says what it does, in one line."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from tree import Function, Module, modules

Documented = ast.Module | ast.ClassDef | Function
# A docstring of a function tells what to expect as an order: "Return ...", not "Returns ..." or "This returns ...".
NOT_ORDERS = {"this", "the", "a", "an", "it", "function", "method", "helper", "returns", "gets", "makes", "sets"}


@pytest.mark.parametrize("module", modules("src"), ids=lambda module: module.name)
def test_everything_public_is_described(module: Module) -> None:
    assert [name for name, node in _public(module) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", modules("src"), ids=lambda module: module.name)
def test_descriptions_are_orders_of_one_line(module: Module) -> None:
    described = [(name, node, ast.get_docstring(node) or "") for name, node in _public(module)]
    assert [name for name, _, text in described if not _is_one_line_first(text)] == []
    orders = [(name, text.split()[0].lower()) for name, node, text in described if isinstance(node, Function) and text]
    assert [name for name, word in orders if word in NOT_ORDERS] == []


def _public(module: Module) -> Iterator[tuple[str, Documented]]:
    yield module.name, module.tree
    yield from _public_in(module.tree, module.name)


def _public_in(parent: ast.Module | ast.ClassDef, path: str) -> Iterator[tuple[str, Documented]]:
    for node in parent.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield f"{path}:{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public_in(node, f"{path}:{node.name}")


def _is_one_line_first(text: str) -> bool:
    """Tell whether the first paragraph is one line that ends a sentence."""
    first, _, rest = text.partition("\n")
    return first.rstrip().endswith((".", ":", "?")) and (not rest or rest.startswith("\n"))
