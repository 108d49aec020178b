from __future__ import annotations

from pathlib import Path

import pytest
from program import ROOT

from mngr.cli.commands import ALIASES, SUMMARIES, TOPICS, load
from mngr.cli.help import topic_text
from mngr.cli.options import COMMON
from mngr.cli.parse import usage
from mngr.model.errors import UsageError

THERE = [name for name in SUMMARIES if Path(ROOT, "src", "mngr", "cli", f"{name}.py").exists()]


@pytest.mark.parametrize("name", THERE)
def test_the_table_says_what_the_command_says(name: str) -> None:
    command = load(name)
    assert (command.name, command.summary) == (name, SUMMARIES[name])


@pytest.mark.parametrize("name", THERE)
def test_a_command_describes_itself_well(name: str) -> None:
    command = load(name)
    names = [name for option in (*COMMON, *command.options) for name in option.names]
    keys = [option.key for option in command.options]
    assert len(set(keys)) == len(keys)
    assert len(set(names)) == len(names), "an option hides one that every command has"
    assert len(usage(command)) < 100
    assert command.examples
    assert all(line.startswith(("mngr ", "eval ")) or " | mngr " in line for line, _ in command.examples)
    for option in command.options:
        assert option.help[:1].islower(), option.names
        assert not option.help.removesuffix("...").endswith("."), option.names
        assert (option.kind == "choice") == bool(option.choices), option.names


def test_aliases_are_short_for_commands_and_hide_none() -> None:
    assert set(ALIASES.values()) <= SUMMARIES.keys()
    assert not ALIASES.keys() & SUMMARIES.keys()


def test_topics_hide_no_command_and_have_a_text() -> None:
    assert not TOPICS.keys() & {*SUMMARIES, *ALIASES}
    for name in TOPICS:
        assert topic_text(name).startswith("# ")


def test_an_unknown_command_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        load("lsit")
    assert "mngr list" in (caught.value.hint or "")
