"""Agent type `command`: any program, run exactly as given."""

from __future__ import annotations

from mngr.observe.state import derive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord
    from mngr.model.observation import Observation, Seen


class CommandType:
    """A plain program: its state is what its process and its terminal show."""

    name = "command"

    def launch(self, record: AgentRecord) -> list[str]:
        """Return the program and its arguments."""
        return record.command

    def state(self, seen: Observation) -> Seen:
        """Derive the state of a plain program."""
        return derive(seen)


PLUGIN = CommandType()
