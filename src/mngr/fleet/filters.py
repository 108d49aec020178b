"""Which agents are meant: conditions on the fields that `list` shows."""

from __future__ import annotations

from mngr.model.errors import UsageError
from mngr.model.names import nearest, shown
from mngr.model.observation import STATES
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Row = dict[str, Any]

USAGE = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd")
NUMBERS = frozenset(("exit_code", "pid", *(f"usage.{name}" for name in USAGE)))
TABLES = frozenset(("labels", "plugin"))  # their keys are of the user's choice
LISTS = frozenset(("usage.unpriced",))
MOST_REMEMBERED = 100
_tests: dict[tuple[str, str], Callable[[Row], bool]] = {}


@value
class Filter:
    """Conditions that all must hold; of several values for one condition, any. What is empty says nothing.

    `include` and `exclude` are CEL expressions; of several includes all must hold, of excludes none. Labels are
    `KEY=VALUE`, or `KEY` where any value will do; all of them must be there.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    projects: Sequence[str] = ()
    labels: Sequence[str] = ()
    providers: Sequence[str] = ()
    hosts: Sequence[str] = ()
    types: Sequence[str] = ()
    states: Sequence[str] = ()

    def test(self) -> Callable[[Row], bool]:
        """Return the test of a row (an agent's fields as a plain dict). Raises UsageError, before any row is seen."""
        for state in self.states:
            _check_state(state)
        labels = [_label(text) for text in self.labels]
        include = [_condition(text, "--include") for text in self.include]
        exclude = [_condition(text, "--exclude") for text in self.exclude]

        def is_meant(row: Row) -> bool:
            return (
                self._plain(row, labels) and all(one(row) for one in include) and not any(one(row) for one in exclude)
            )

        return is_meant

    def matches(self, row: Row) -> bool:
        """Tell whether a row is meant. Raises UsageError."""
        return self.test()(row)

    def _plain(self, row: Row, wanted: list[tuple[str, str | None]]) -> bool:
        host: Row = row.get("host") or {}
        labels: Row = row.get("labels") or {}
        return (
            _among(row.get("project"), self.projects)
            and _among(host.get("provider"), self.providers)
            and (
                not self.hosts
                or _among(host.get("name"), self.hosts)
                or _among(host.get("id"), self.hosts)
                or _among(host.get("address"), self.hosts)
            )
            and _among(row.get("type"), self.types)
            and _among(row.get("state"), self.states)
            and all(key in labels and text in (None, labels[key]) for key, text in wanted)
        )


def fields() -> Row:
    """Return an example of each field of `list`, so that expressions can be checked before any agent is looked at."""
    from mngr.fleet.report import FIELDS

    examples: Row = {}
    for field in FIELDS:
        *tables, name = field.split(".")
        table = examples
        for one in tables:
            table = table.setdefault(one, {})
        table[name] = {} if field in TABLES else [] if field in LISTS else 0 if field in NUMBERS else ""
    return examples


def _label(text: str) -> tuple[str, str | None]:
    key, sign, wanted = text.partition("=")
    if not key:
        raise UsageError(f"--label {shown(text)} names no label", hint="write it as --label KEY=VALUE or --label KEY")
    return key, wanted if sign else None


def _among(given: Any, wanted: Sequence[str]) -> bool:
    return not wanted or given in wanted


def _check_state(state: str) -> None:
    if state not in STATES:
        found = nearest(state, STATES, 1)
        hint = f"did you mean {found[0]}?" if found else f"states are: {', '.join(STATES)}"
        raise UsageError(f"no state {shown(state)}", hint)


def _condition(text: str, option: str) -> Callable[[Row], bool]:
    known = _tests.get((text, option))
    if known is None:
        from mngr.fleet.cel import condition

        if len(_tests) > MOST_REMEMBERED:
            _tests.clear()
        known = _tests[text, option] = condition(text, fields(), option)
    return known
