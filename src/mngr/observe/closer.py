"""A closer look at a few agents: their screens, and the ends of their conversations' records."""

from __future__ import annotations

from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.observation import Observation
    from mngr.transports.host import Host


def look_closer(host: Host, observed: list[Observation]) -> list[Observation]:
    """Return the observations with what the screen shows and how the record ends, as far as there are such."""
    ids = [each.agent_id for each in observed if each.agent_id is not None]
    if not ids:
        return observed
    answer = host.script(["observe/closer.sh", host.paths.folder, host.tmux_socket, *ids], check=False).out
    parts = _parts(answer)
    return [
        replace(
            each,
            screen=_text(parts.get(("screen", each.agent_id))),
            record_end=parts.get(("record", each.agent_id)),
        )
        for each in observed
    ]


def _parts(answer: bytes) -> dict[tuple[str, str | None], bytes]:
    found: dict[tuple[str, str | None], bytes] = {}
    while answer:
        heading, _, answer = answer.partition(b"\n")
        words = heading.decode("ascii", "replace").split(" ")
        if len(words) != 3 or not words[2].isdigit():
            return found
        size = int(words[2])
        found[words[0], words[1]] = answer[:size]
        answer = answer[size + 1 :]
    return found


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "replace")
