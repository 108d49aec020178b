"""What is written down about an agent, on its own host."""

from __future__ import annotations

from mngr.model.data import is_list
from mngr.model.errors import UserError
from mngr.model.names import is_name
from mngr.model.times import is_iso
from mngr.model.value import as_dict, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

VERSION = 1
WORKSPACE_MODES = ("worktree", "mirror", "rsync", "none")


class RecordError(UserError):
    """A record that cannot be read: damaged, or written by a newer mngr."""


@value
class Workspace:
    """An agent's own copy of the project. `made` is True when mngr made the folder, and so may take it away."""

    mode: str
    folder: str
    made: bool = False
    source: str | None = None  # the folder or URL it was made from
    repository: str | None = None  # git's common folder of the repository that a worktree belongs to
    branch: str | None = None
    branch_made: bool = False
    base_branch: str | None = None
    base_commit: str | None = None
    copied_from: str | None = None  # the folder on another host (`@HOST:PATH`) that it is a copy of


@value
class AgentRecord:
    """One agent, as written down in `agents/<id>/record.json`. Times are ISO 8601 UTC."""

    id: str
    name: str
    type: str
    command: list[str]
    workspace: Workspace
    project: str
    created_at: str
    started_at: str | None = None
    archived_at: str | None = None
    parent: str | None = None  # the id of the agent that created this one
    labels: dict[str, str] = {}
    windows: list[list[str]] = []  # extra windows: [name, shell command]
    options: dict[str, Any] = {}  # what its agent type wants to remember
    rest: dict[str, Any] = {}  # fields of the file that this version does not know, kept as they are


def to_json(record: AgentRecord) -> bytes:
    """Return a record as one line of JSON."""
    import json

    fields = as_dict(record)
    rest = fields.pop("rest")
    fields["workspace"] = as_dict(record.workspace)
    return json.dumps({"version": VERSION, **fields, **rest}).encode() + b"\n"


def from_json(line: bytes) -> AgentRecord:
    """Read a record. Raises RecordError when it is damaged or of a newer version."""
    import json

    try:
        fields: dict[str, Any] = json.loads(line)
        version: int = fields.pop("version")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RecordError("the record is damaged") from None
    if version != VERSION:
        raise RecordError(f"the record is of version {str(version)[:20]}, made by a newer mngr", hint="update mngr")
    return _checked(fields)


def _checked(fields: dict[str, Any]) -> AgentRecord:
    """Return the record that fields make; whoever runs as the agent may have written them."""
    known: dict[str, Any] = {}
    wrong: list[str] = []
    for name, kinds in _KINDS.items():
        if name not in fields:
            if name in _REQUIRED:
                wrong.append(name)
            continue
        given = known[name] = fields.pop(name)
        if type(given) not in kinds or (name in _SOUND and not _SOUND[name](given)):
            wrong.append(name)
    if wrong:
        raise RecordError(f"the record is damaged: {', '.join(sorted(wrong))}")
    known["workspace"] = _workspace(known["workspace"])
    return AgentRecord(**known, rest=fields)


def _are_texts(many: Iterable[Any]) -> bool:
    return all(type(each) is str and "\0" not in each and _has_bytes(each) for each in many)


def _are_windows(given: list[Any]) -> bool:
    return all(is_list(window) and len(window) == 2 and _are_texts(window) for window in given)


def _is_time(given: str | None) -> bool:
    return given is None or is_iso(given)


def _has_bytes(text: str) -> bool:
    """Tell whether text stands for bytes; JSON can name halves of characters, which do not."""
    return text.isascii() or not any(
        "\ud800" <= character < "\udc80" or "\udcff" < character <= "\udfff" for character in text
    )


def _workspace(fields: dict[str, Any]) -> Workspace:
    kept = {name: given for name, given in fields.items() if name in Workspace.__annotations__}
    if type(kept.get("mode")) is not str or type(kept.get("folder")) is not str:
        raise RecordError("the record is damaged: workspace")
    for name, given in kept.items():
        if type(given) not in (_TRUTHS if name in ("made", "branch_made") else _TEXTS):
            raise RecordError("the record is damaged: workspace")
    return Workspace(**kept)


_TEXTS = (str, type(None))
_TRUTHS = (bool,)
_KINDS: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "name": (str,),
    "type": (str,),
    "command": (list,),
    "workspace": (dict,),
    "project": (str,),
    "created_at": (str,),
    "started_at": _TEXTS,
    "archived_at": _TEXTS,
    "parent": _TEXTS,
    "labels": (dict,),
    "windows": (list,),
    "options": (dict,),
}
_SOUND: dict[str, Callable[[Any], bool]] = {
    "name": is_name,
    "command": _are_texts,
    "labels": lambda labels: _are_texts(labels.values()),
    "windows": _are_windows,
    "created_at": _is_time,
    "started_at": _is_time,
    "archived_at": _is_time,
}
_REQUIRED = ("id", "name", "type", "command", "workspace", "project", "created_at")
