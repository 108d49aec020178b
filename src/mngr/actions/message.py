"""Give an agent a message."""

from __future__ import annotations

from mngr.hosts.session import TmuxSession
from mngr.model.errors import UsageError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.fleet.report import Agent


@value
class Text:
    """A message fit to be typed, and how many control characters had to be left out."""

    typed: str
    removed: int = 0


def fit_to_type(text: str) -> Text:
    """Return text without what a terminal would obey: control characters and escape sequences; one last newline goes.

    Line ends become newlines. Raises UsageError when nothing is left, or when it is not text.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    if any("\ud800" <= character <= "\udfff" for character in plain):
        raise UsageError("the message is not UTF-8 text", hint="give the agent a file instead")
    if "\x1b" in plain:
        import re

        shorter = re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])", "", plain)
    else:
        shorter = plain
    kept = "".join(character for character in shorter if not _is_control(character))
    if not kept.strip():
        raise UsageError("the message is empty", hint="mngr message NAME 'text', or -m, --message-file, or stdin")
    return Text(kept, len(plain) - len(kept))


def _is_control(character: str) -> bool:
    return character not in "\n\t" and (character < " " or "\x7f" <= character <= "\x9f")


def message(agent: Agent, text: Text) -> None:
    """Type a message into an agent's terminal. Raises NotAcceptedError when it cannot be taken."""
    TmuxSession(agent.host, agent.record).paste(text.typed.encode())
