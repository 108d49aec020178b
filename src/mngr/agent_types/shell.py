"""Agent type `shell`: the user's own shell on the host."""

from __future__ import annotations

from mngr.observe.state import derive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord
    from mngr.model.observation import Observation, Seen


class ShellType:
    """A shell: `$SHELL` of the host's user, with the arguments given."""

    name = "shell"

    def launch(self, record: AgentRecord) -> list[str]:
        """Return a command that becomes the shell which the host says is the user's."""
        return ["sh", "-c", 'exec "${SHELL:-/bin/sh}" "$@"', "sh", *record.command]

    def state(self, seen: Observation) -> Seen:
        """Derive the state of a plain program."""
        return derive(seen)


PLUGIN = ShellType()
