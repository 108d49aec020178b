"""What agents' models were asked and answered, in tokens: read once, then only what is new."""

from __future__ import annotations

import os
from collections import namedtuple

from mngr.config import atomic
from mngr.model.conversation import Usage
from mngr.model.value import as_dict
from mngr.observe.record import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.model.protocols import Converses, Reading
    from mngr.model.recorded import Part
    from mngr.transports.host import Host

    Memory = dict[str, Any]

VERSION = 1


if TYPE_CHECKING:
    from typing import NamedTuple

    class Answer(NamedTuple):
        """One answer of a model, and what it took. `time` is ISO 8601 UTC, `id` the program's own."""

        id: str | None
        time: str | None
        model: str | None
        input_tokens: int
        output_tokens: int
        cache_read_tokens: int
        cache_write_tokens: int
        cost_usd: float | None

else:
    # There are hundreds of these for each agent: a tuple is made much faster than a value.
    Answer = namedtuple("Answer", ("id", "time", "model", *Usage._fields))


def answers(host: Host, agents: list[tuple[AgentRecord, Converses]], cache: str) -> dict[str, list[Answer]]:
    """Return the answers that agents of a host got, by the agents' ids, each answer once; one round trip.

    `cache` is a folder for what was read already. Two attributes that a type may have make it cheaper: `usage_words`
    are texts of which each line that matters to usage holds one (others do not leave the host), `usage_context` are
    those of them whose last line says something about answers that come later.
    """
    known = {record.id: _recall(_file(cache, record.id)) for record, _ in agents}
    said = ask(host, {record.id: (_offsets(known[record.id]), _words(kind)) for record, kind in agents})
    found: dict[str, list[Answer]] = {}
    for record, kind in agents:
        before, news = known[record.id], said[record.id]
        after = dict(before)
        reading = kind.reading(list(news.conversations)) if news.parts else None
        for part in news.parts if reading else ():
            after[part.path] = _grown(before.get(part.path), part, reading, getattr(kind, "usage_context", ()))
        if after != before:
            _remember(_file(cache, record.id), after)
        found[record.id] = _each_once(after)
    return found


def _grown(before: Memory | None, part: Part, reading: Reading | None, words: Sequence[str]) -> Memory:
    """Return what is known of a file after one more part: where it ends, answers by id, what is told of later ones."""
    if before is None or part.offset < before["end"]:
        before = {"answers": {}, "context": {}}
    got: dict[str, list[Any]] = dict(before["answers"])
    context: dict[str, str] = dict(before["context"])
    model: str | None = next((row[1] for row in reversed(got.values()) if row[1]), None)
    earlier = "".join(context.values()).encode("utf-8", "surrogateescape")
    for entry in reading.read(part.path, earlier + part.content) if reading else ():
        model = entry.model or model
        if entry.usage is not None:
            got[entry.id or f"#{len(got)}"] = [entry.time, entry.model or model, *as_dict(entry.usage).values()]
    for word in words:
        line = _last_line_with(word, part.content)
        context.update({word: line} if line else {})
    return {"end": part.end, "answers": got, "context": context}


def _last_line_with(word: str, content: bytes) -> str | None:
    at = content.rfind(word.encode())
    if at < 0:
        return None
    line = content[content.rfind(b"\n", 0, at) + 1 : content.find(b"\n", at) + 1]
    return line.decode("utf-8", "surrogateescape")


def _each_once(memory: Memory) -> list[Answer]:
    rows: dict[str, list[Any]] = {}
    for number, file in enumerate(memory.values()):
        for key, row in file["answers"].items():
            rows.setdefault(f"#{number}{key}" if key[0] == "#" else key, row)
    return [Answer(None if key[0] == "#" else key, *row) for key, row in rows.items()]


def _offsets(memory: Memory) -> dict[str, int]:
    return {path: file["end"] for path, file in memory.items()}


def _words(kind: Converses) -> tuple[str, ...]:
    return tuple(getattr(kind, "usage_words", ()))


def _file(cache: str, agent_id: str) -> str:
    return f"{cache}/usage/{agent_id}.json"


def _recall(file: str) -> Memory:
    import json

    try:
        with open(file, "rb") as kept:
            known = json.load(kept)
        if known["version"] == VERSION and all(_is_sound(each) for each in known["files"].values()):
            return known["files"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return {}


def _is_sound(file: Any) -> bool:
    rows = file["answers"].values()
    return isinstance(file["end"], int) and isinstance(file["context"], dict) and all(len(row) == 7 for row in rows)


def _remember(file: str, memory: Memory) -> None:
    import json

    try:
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        atomic.write(file, json.dumps({"version": VERSION, "files": memory}).encode(), lasting=False)
    except OSError:
        pass  # it is read again the next time
