from __future__ import annotations

import pytest
from own_world import OwnWorld

from mngr.cli.commands import ALIASES, GROUPS, SUMMARIES, TOPICS
from mngr.cli.docs import page as document
from mngr.cli.docs import pages
from mngr.cli.help import page
from mngr.cli.main import perform
from mngr.cli.spec import Argument, Command, Option

COMMAND = Command(
    name="do",
    summary="Do something",
    run=lambda _world, _arguments: 0,
    arguments=(Argument("AGENT", "the agent", required=True),),
    options=(
        Option(("--message", "-m"), "what to say", metavar="TEXT", group="What"),
        Option(("--connect",), "attach to it", negatable=True),
        Option(("--mode",), "how", metavar="MODE", kind="choice", choices=("one", "two"), many=True),
    ),
    examples=(("mngr do fix", "do it"),),
    about="A paragraph that is long enough to be wrapped on a page of eighty columns, as this one is.\n\nAnother.",
    rest="words",
    rest_help="more words",
    fields=("name", "host.name"),
)


def shown(*words: str, terminal: bool = False) -> str:
    world = OwnWorld(terminal=terminal)
    assert perform(world, list(words)) == 0, world.err
    return world.out


def test_a_page_has_examples_first() -> None:
    text = page(OwnWorld(), COMMAND)
    places = [
        text.index(heading) for heading in ("Examples", "Usage", "Arguments", "\nWhat\n", "\nOptions\n", "Common")
    ]
    assert places == sorted(places)
    assert "  mngr do AGENT [options] [-- WORDS...]\n" in text
    assert "  -m, --message TEXT        what to say\n" in text
    assert "      --[no-]connect        attach to it\n" in text
    assert "      --mode MODE           how (one, two) (can be repeated)\n" in text
    assert "  -- WORDS...               more words\n" in text
    assert "name host.name" in text


@pytest.mark.parametrize("words", [["help"], ["-h"], ["--help"], *(["help", name] for name in TOPICS), ["help", "-h"]])
def test_pages_fit_eighty_columns(words: list[str]) -> None:
    assert max(len(line) for line in shown(*words).splitlines()) <= 80


def test_the_first_page_names_all_there_is() -> None:
    text = shown("help")
    for name in (*SUMMARIES, *ALIASES, *TOPICS, *(heading for heading, _ in GROUPS)):
        assert name in text
    assert shown("-h") == shown("--help") == text


def test_a_command_has_one_page() -> None:
    text = shown("help", "completion")
    assert text == shown("completion", "-h") == shown("-h", "completion")[: len(text)] or "mngr completion" in text
    assert shown("help", "rm") == shown("destroy", "--help")


def test_colour_on_a_terminal_only() -> None:
    assert "\x1b[" in shown("help", terminal=True)
    assert "\x1b[" not in shown("help")


def test_mngr_alone_says_where_to_begin() -> None:
    world = OwnWorld()
    assert perform(world, []) == 0
    assert "mngr create" in world.out + world.err


def test_documents_are_made_of_the_commands() -> None:
    text = document(COMMAND)
    assert text.startswith("# mngr do\n\nDo something.\n\n## Examples\n")
    assert "- `--mode MODE`: how (one, two) (can be repeated)" in text
    found = pages()
    assert found["completion"].startswith("# mngr completion")
    assert found["topic-states"].startswith("# States")
    assert "[completion](completion.md)" in found["README"]
