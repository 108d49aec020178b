"""Show what an agent's terminal shows."""

from __future__ import annotations

from mngr.hosts.session import TmuxSession

# What tmux writes below the screen of a program that ended: `remain-on-exit-format` of tmux.conf.
ENDED, NOTICE = "[the program ended", "mngr start brings it back]"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.report import Agent


def capture(agent: Agent, history: bool = False) -> str:
    """Return the screen, or the whole history, as text without empty lines at the end."""
    screen = TmuxSession(agent.host, agent.record).screen(history)
    text = screen.decode("utf-8", "replace").rstrip("\n ")
    before, _, last = text.rpartition("\n")
    return before.rstrip("\n ") if last.startswith(ENDED) and last.endswith(NOTICE) else text
