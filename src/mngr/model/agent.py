"""What is written down about an agent, on its own host."""

from __future__ import annotations

from mngr.model.data import is_list
from mngr.model.errors import UserError
from mngr.model.names import is_name
from mngr.model.times import is_iso
from mngr.model.value import as_dict, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
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
    known: dict[str, Any] = {name: fields.pop(name) for name in _TYPES if name in fields}
    wrong = [name for name, given in known.items() if not isinstance(given, _TYPES[name]) or not _is_sound(name, given)]
    missing = [name for name in _REQUIRED if name not in known]
    if wrong or missing:
        raise RecordError(f"the record is damaged: {', '.join(sorted(wrong + missing))}")
    given: dict[str, Any] = {**known, "workspace": _workspace(known["workspace"]), "rest": fields}
    return AgentRecord(**given)


def _is_sound(name: str, given: Any) -> bool:
    """Tell whether what a field holds is of the right kind; whoever runs as the agent may have written it."""
    if name == "name":
        return is_name(given)
    if name == "command":
        return _are_texts(given)
    if name == "labels":
        return _are_texts(given.values())
    if name == "windows":
        return all(is_list(window) and len(window) == 2 and _are_texts(window) for window in given)
    return name not in ("created_at", "started_at", "archived_at") or given is None or is_iso(given)


def _are_texts(many: Iterable[Any]) -> bool:
    return all(isinstance(each, str) and "\0" not in each and _has_bytes(each) for each in many)


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
_TYPES: dict[str, Any] = {
    "id": str,
    "name": str,
    "type": str,
    "command": list,
    "workspace": dict,
    "project": str,
    "created_at": str,
    "started_at": _TEXTS,
    "archived_at": _TEXTS,
    "parent": _TEXTS,
    "labels": dict,
    "windows": list,
    "options": dict,
}
_REQUIRED = ("id", "name", "type", "command", "workspace", "project", "created_at")
