"""Agent types that the configuration defines, on top of those that plugins bring."""

from __future__ import annotations

from mngr.model.value import replace
from mngr.plugins import registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.config.agent_types import AgentTypeSettings
    from mngr.config.load import Settings
    from mngr.model.agent import AgentRecord
    from mngr.model.conversation import Program
    from mngr.model.observation import Observation, Seen
    from mngr.model.protocols import AgentType


class ConfiguredType:
    """A type of the configuration: another type, with a command, arguments and environment of its own."""

    def __init__(self, found: AgentTypeSettings, base: AgentType, command: list[str]) -> None:
        self.name = found.name
        self.base = base
        self.command = command
        self.environment = found.env
        program = getattr(base, "program", None)
        if program is not None:
            self.program = _chosen(program, found)

    def __getattr__(self, name: str) -> Any:
        """Be in all else what the type below is."""
        return getattr(self.base, name)

    def launch(self, record: AgentRecord) -> list[str]:
        """Return the command of the type below; the record holds the whole of it."""
        return self.base.launch(record)

    def state(self, seen: Observation) -> Seen:
        """Derive the state as the type below does."""
        return self.base.state(seen)


def _chosen(program: Program, found: AgentTypeSettings) -> Program:
    """Return a program as settings want it: of what version, from what package."""
    if found.version is None and found.package is None:
        return program
    version, package = found.version or program.version, found.package or program.package
    return replace(program, version=version, package=package, pinned=True)


def configured_type(settings: Settings, name: str) -> AgentType:
    """Return an agent type by name. Raises UsageError when neither configuration nor plugins have it."""
    configured = settings.names("agent_types")
    found = settings.agent_type(name, registry.names("agent_types")) if name in configured else None
    if found is None:
        return registry.load("agent_types", name, also=configured)
    words = ["sh", "-c", found.command, name] if isinstance(found.command, str) else [*(found.command or ())]
    base = "command" if words else found.base  # a command of its own takes the place of the program below
    return ConfiguredType(found, registry.load("agent_types", base), [*words, *found.args])
