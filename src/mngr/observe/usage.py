"""What agents' models were asked and answered, in tokens: read once, then only what is new."""

from __future__ import annotations

import os

from mngr.config import atomic
from mngr.model.conversation import Usage
from mngr.model.recorded import ROWS
from mngr.model.value import value
from mngr.observe.record import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.agent import AgentRecord
    from mngr.model.protocols import Converses, Reading
    from mngr.model.recorded import Part
    from mngr.transports.host import Host

    Memory = dict[str, Any]

VERSION = 1
MOST_REMEMBERED_BYTES = 65536  # of lines that may say something about the answer that comes next


@value
class Answer:
    """One answer of a model, and what it took. `time` is ISO 8601 UTC, `id` the program's own."""

    id: str | None
    time: str | None
    model: str | None
    usage: Usage


def answers(host: Host, agents: list[tuple[AgentRecord, Converses]], cache: str) -> dict[str, list[Answer]]:
    """Return the answers that agents of a host got, by the agents' ids, each answer once; one round trip.

    `cache` is a folder for what was read already. A type's `usage_words` are texts of which each line that matters to
    usage holds one: other lines do not leave the host.
    """
    known = {record.id: _recall(_file(cache, record.id)) for record, _ in agents}
    said = ask(host, {record.id: (_offsets(known[record.id]), _words(kind)) for record, kind in agents})
    found: dict[str, list[Answer]] = {}
    for record, kind in agents:
        memory, news = known[record.id], said[record.id]
        if news.parts:
            reading = kind.reading(list(news.conversations))
            for part in news.parts:
                memory[part.path] = _grown(memory.get(part.path), part, reading)
            _remember(_file(cache, record.id), memory)
        found[record.id] = _each_once(memory)
    return found


def _grown(before: Memory | None, part: Part, reading: Reading) -> Memory:
    """Return what is known of a file after one more part of it: where it ends, answers by id, lines kept for later."""
    if before is None or part.offset < before["end"]:
        before = {"answers": {}, "kept": ""}
    lines: list[bytes] = [part.content]
    if part.path != ROWS:
        lines = (before["kept"].encode("utf-8", "surrogateescape") + part.content).splitlines(keepends=True)
    got: dict[str, list[Any]] = dict(before["answers"])
    model: str | None = next((row[1] for row in reversed(got.values()) if row[1]), None)
    kept: list[bytes] = []
    for line in lines:
        kept.append(line)
        for entry in reading.read(part.path, line):
            model = entry.model or model
            if entry.usage is not None:
                key = entry.id or f"#{len(got)}"
                got[key] = [entry.time, entry.model or model, *_numbers(entry.usage)]
                kept = []
    rest = b"".join(kept if part.path != ROWS else [])[-MOST_REMEMBERED_BYTES:]
    return {"end": part.end, "answers": got, "kept": rest.decode("utf-8", "surrogateescape")}


def _each_once(memory: Memory) -> list[Answer]:
    rows: dict[str, list[Any]] = {}
    for number, file in enumerate(memory.values()):
        for key, row in file["answers"].items():
            rows.setdefault(f"#{number}{key}" if key.startswith("#") else key, row)
    return [Answer(None if key.startswith("#") else key, row[0], row[1], Usage(*row[2:])) for key, row in rows.items()]


def _numbers(usage: Usage) -> list[Any]:
    return [
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cost_usd,
    ]


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
    return isinstance(file["end"], int) and isinstance(file["kept"], str) and all(len(row) == 7 for row in rows)


def _remember(file: str, memory: Memory) -> None:
    import json

    try:
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        atomic.write(file, json.dumps({"version": VERSION, "files": memory}).encode(), lasting=False)
    except OSError:
        pass  # it is read again the next time
