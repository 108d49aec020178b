"""Loads a plugin by name, when asked. Built-ins come through the same door as strangers."""

from __future__ import annotations

from importlib import import_module

from mngr.model.errors import UsageError
from mngr.model.names import nearest, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# Built-in plugins: a module each, whose `PLUGIN` is what is registered.
BUILT_IN = {
    "agent_types": {
        "command": "mngr.agent_types.command",
        "shell": "mngr.agent_types.shell",
        "claude": "mngr.agent_types.claude",
        "codex": "mngr.agent_types.codex",
        "opencode": "mngr.agent_types.opencode",
    },
    "providers": {"local": "mngr.providers.local", "ssh": "mngr.providers.ssh", "docker": "mngr.providers.docker"},
}
# Providers that are asked without being named, once they were used from here: what is below the host folder then.
IF_USED = {"docker": "containers/docker"}


def load(kind: str, name: str, also: Iterable[str] = ()) -> Any:
    """Return the plugin of that kind and name. Raises UsageError when there is none, or when it is broken.

    `also` are names that exist by other means: they are proposed too when there is none of that name.
    """
    module = BUILT_IN[kind].get(name)
    if module is not None:
        return import_module(module).PLUGIN
    return _load_stranger(kind, name, also)


def names(kind: str) -> list[str]:
    """Return the names of all plugins of that kind."""
    return sorted({*BUILT_IN[kind], *_entry_points(kind)})


def _load_stranger(kind: str, name: str, also: Iterable[str]) -> Any:
    found = _entry_points(kind)
    what = kind.removesuffix("s").replace("_", " ")
    if name not in found:
        known = sorted({*BUILT_IN[kind], *found, *also})
        close = nearest(name, known)
        raise UsageError(
            f"there is no {what} {shown(name)}",
            hint=f"did you mean {' or '.join(close)}?" if close else f"there are: {', '.join(known)}",
        )
    try:
        return found[name].load()
    except Exception as error:
        raise UsageError(f"the plugin for {what} '{name}' is broken: {error}", hint="update or remove it") from error


def _entry_points(kind: str) -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=f"mngr.{kind}")}
