"""Agent types that are defined in config: each built upon its parent, up to one that a plugin brings."""

from __future__ import annotations

from mngr.config.layers import merge
from mngr.model.errors import UsageError
from mngr.model.names import nearest
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from mngr.config.layers import Layer

    Table = dict[str, Any]

BUILT_IN = ("claude", "codex", "command", "opencode", "shell")


@value
class AgentTypeSettings:
    """An agent type as config sees it, its parents' settings included.

    `base` is the plugin's type that does the work: the end of the chain of parents, `command` when the chain ends in
    config. `command` is a list of words, a text for `sh -c`, or None: what the base starts.
    """

    name: str
    base: str
    parent: str | None = None
    command: list[str] | str | None = None
    args: list[str] = []
    env: dict[str, str] = {}
    version: str | None = None
    package: str | None = None
    description: str = ""


def resolve(layers: list[Layer], name: str, known: Collection[str] = BUILT_IN) -> AgentTypeSettings | None:
    """Return what config says of an agent type, or None when it says nothing. Raises UsageError."""
    chain = _chain(layers, name, known)
    if not chain:
        return None
    table: Table = {}
    for one in reversed(chain):
        for layer in layers:
            over = _tables(layer).get(one, {})
            _check_extension(table, over, layer, one)
            table = merge(table, over)
    last = _parent(layers, chain[-1])
    return AgentTypeSettings(
        name=name,
        base=last or (chain[-1] if chain[-1] in known else "command"),
        parent=_parent(layers, name),
        command=table.get("command"),
        args=table.get("args", []),
        env=table.get("env", {}),
        version=table.get("version"),
        package=table.get("package"),
        description=_own(layers, name, "description") or "",
    )


def _chain(layers: list[Layer], name: str, known: Collection[str]) -> list[str]:
    """Return the types that config defines, from one up to its last parent among them."""
    defined = {one for layer in layers for one in _tables(layer)}
    chain: list[str] = []
    at: str | None = name
    while at in defined:
        if at in chain:
            circle = " -> ".join([*chain[chain.index(at) :], at])
            raise _error(layers, at, f"agent types are their own parents: {circle}", "remove one of these parents")
        chain.append(at)
        at = _parent(layers, at)
    if chain and at is not None and at not in known:
        found = nearest(at, [*known, *defined], 1)
        hint = f"did you mean {found[0]}?" if found else f"known are: {', '.join(sorted({*known, *defined}))}"
        raise _error(layers, chain[-1], f"the agent type '{at}', the parent of '{chain[-1]}', is not known", hint)
    return chain


def _check_extension(table: Table, over: Table, layer: Layer, name: str) -> None:
    if "command__extend" in over and isinstance(over.get("command", table.get("command")), str):
        parts = ("agent_types", name, "command__extend")
        raise layer.error(parts, "a command that is a text cannot be added to", "write the command as a list of words")


def _parent(layers: list[Layer], name: str) -> str | None:
    return _own(layers, name, "parent")


def _own(layers: list[Layer], name: str, key: str) -> str | None:
    given = [_tables(layer).get(name, {}).get(key) for layer in layers]
    return next((one for one in reversed(given) if one is not None), None)


def _tables(layer: Layer) -> dict[str, Table]:
    return layer.table.get("agent_types", {})


def _error(layers: list[Layer], name: str, problem: str, hint: str) -> UsageError:
    parts = ("agent_types", name, "parent")
    layer = next(one for one in reversed(layers) if "parent" in _tables(one).get(name, {}))
    return layer.error(parts, problem, hint)
