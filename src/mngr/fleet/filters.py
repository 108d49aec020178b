"""Which agents are meant: conditions on the fields that `list` shows."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.names import nearest, shown
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Row = dict[str, Any]

STATES = ("starting", "running", "waiting", "blocked", "done", "failed", "stopped", "unknown")

# An example of each field, so that an expression can be checked before any agent is looked at.
# None: of any kind. {}: keys of the user's choice.
FIELDS: Row = {
    "id": "",
    "name": "",
    "type": "",
    "state": "",
    "reason": "",
    "question": "",
    "state_since": "",
    "exit_code": 0,
    "host": {"id": "", "name": "", "provider": "", "state": "", "address": ""},
    "work_dir": "",
    "branch": "",
    "base_branch": "",
    "project": "",
    "labels": {},
    "created_at": "",
    "started_at": "",
    "last_activity_at": "",
    "archived_at": "",
    "pid": 0,
    "command": None,
    "url": "",
    "usage": {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0},
    "plugin": {},
}


@value
class Filter:
    """Conditions that all must hold; of several values for one condition, any. What is empty says nothing.

    `include` and `exclude` are CEL expressions; of several includes all must hold, of excludes none. A label is
    `(key, value)`, with None as the value where the key alone is asked for.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    labels: tuple[tuple[str, str | None], ...] = ()
    providers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    states: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether every agent is meant."""
        return self == Filter()

    def test(self) -> Callable[[Row], bool]:
        """Return the test of a row (an agent's fields as a plain dict), expressions read once. Raises UsageError."""
        for state in self.states:
            _check_state(state)
        wanted = [self._plain]
        for texts, option, holds in ((self.include, "--include", True), (self.exclude, "--exclude", False)):
            wanted.extend(_expression(text, option, holds=holds) for text in texts)
        return lambda row: all(one(row) for one in wanted)

    def matches(self, row: Row) -> bool:
        """Tell whether one row is meant. For many rows, `test` is read once."""
        return self.test()(row)

    def _plain(self, row: Row) -> bool:
        host: Row = row.get("host") or {}
        labels: Row = row.get("labels") or {}
        return (
            _among(row.get("project"), self.projects)
            and _among(host.get("provider"), self.providers)
            and (not self.hosts or _among(host.get("name"), self.hosts) or _among(host.get("id"), self.hosts))
            and _among(row.get("type"), self.types)
            and _among(row.get("state"), self.states)
            and all(key in labels and text in (None, labels[key]) for key, text in self.labels)
        )


def parse_label(text: str) -> tuple[str, str | None]:
    """Parse the label of a filter: `K=V`, or `K` for any value. Raises UsageError."""
    key, sign, wanted = text.partition("=")
    if not key:
        raise UsageError(f"--label {shown(text)} names no label", hint="write it as --label KEY=VALUE or --label KEY")
    return key, wanted if sign else None


def _among(given: Any, wanted: tuple[str, ...]) -> bool:
    return not wanted or given in wanted


def _check_state(state: str) -> None:
    if state not in STATES:
        found = nearest(state, STATES, 1)
        hint = f"did you mean {found[0]}?" if found else f"states are: {', '.join(STATES)}"
        raise UsageError(f"no state {shown(state)}", hint)


def _expression(text: str, option: str, *, holds: bool) -> Callable[[Row], bool]:
    from mngr.fleet.cel import condition

    test = condition(text, FIELDS, option)
    return lambda row: test(row) == holds
