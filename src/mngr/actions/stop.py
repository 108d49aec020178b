"""End an agent's session and keep everything."""

from __future__ import annotations

from mngr.hosts.session import TmuxSession

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.report import Agent


def stop(agent: Agent, grace_seconds: float) -> bool:
    """End the program, all it started, and the session; tell whether there was anything to end."""
    return TmuxSession(agent.host, agent.record).stop(grace_seconds).text.strip() != "idle"
