"""Show what an agent's terminal shows."""

from __future__ import annotations

from mngr.hosts.session import TmuxSession

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.report import Agent


def capture(agent: Agent, history: bool = False) -> str:
    """Return the screen, or the whole history, as text without empty lines at the end."""
    screen = TmuxSession(agent.host, agent.record).screen(history)
    return screen.decode("utf-8", "replace").rstrip("\n ")
