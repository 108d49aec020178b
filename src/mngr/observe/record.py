"""Asking a host for agents' own records of what was said: many agents in one round trip."""

from __future__ import annotations

from mngr.model.recorded import Recorded, Whole
from mngr.transports.quoting import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.transports.host import Host

    Offsets = dict[str, int]


def ask(host: Host, agents: dict[str, tuple[Offsets, tuple[str, ...]]]) -> dict[str, Recorded]:
    """Return what the records of agents hold beyond offsets; with words, only the whole lines that hold one of them.

    `agents` are (offsets by path, words) by id. No lock is taken: what is written meanwhile comes the next time.
    """
    orders = "".join(f"record {join([host.paths.folder, each, *_order(*agents[each])])}\n" for each in agents)
    script = b"record() (\n" + host.resource("observe/record.sh") + b"\n)\n" + orders.encode("utf-8", "surrogateescape")
    answers = Whole(host.run(["sh"], script + b"exit 0\n").out)
    return {each: answers.read() for each in agents}


def _order(offsets: Offsets, words: tuple[str, ...]) -> list[str]:
    mode = ["only", "\n".join(words)] if words else ["from"]
    return [*mode, *(word for path, offset in offsets.items() for word in (str(offset), path))]
