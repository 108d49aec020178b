from __future__ import annotations

from typing import Any

import pytest

from mngr.cli.options import COMMON
from mngr.cli.parse import Parsed, parse, usage
from mngr.cli.spec import Argument, Command, Option
from mngr.model.errors import UsageError


def command(*arguments: Argument, **more: Any) -> Command:
    options = (
        Option(("--message", "-m"), "text", metavar="TEXT"),
        Option(("--limit",), "number", metavar="N", kind="int"),
        Option(("--older-than",), "duration", metavar="TIME", kind="duration"),
        Option(("--env",), "variable", metavar="K=V", kind="pair", many=True, secret=True),
        Option(("--token",), "secret", metavar="TOKEN", secret=True),
        Option(("--state",), "state", metavar="STATE", kind="choice", choices=("running", "waiting"), many=True),
        Option(("--connect",), "flag", negatable=True),
        Option(("-a", "--all"), "flag"),
    )
    return Command(
        name="do", summary="Do", run=lambda _world, _arguments: 0, arguments=arguments, options=options, **more
    )


NAMES = Argument("AGENT", "agents", many=True)


def parsed(*words: str, of: Command | None = None) -> Parsed:
    return parse(of or command(NAMES), list(words), COMMON)


def refused(*words: str, of: Command | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parsed(*words, of=of)
    return caught.value


@pytest.mark.parametrize(
    ("words", "key", "wanted"),
    [
        (["--message", "hello"], "message", "hello"),
        (["--message=hello=x"], "message", "hello=x"),
        (["--message="], "message", ""),
        (["-m", "-text"], "message", "-text"),
        (["-m--"], "message", "--"),
        (["-mhello"], "message", "hello"),
        (["-am", "hello"], "message", "hello"),
        (["-amhello"], "message", "hello"),
        (["-m", "one", "-m", "two"], "message", "two"),
        (["--limit", "10"], "limit", 10),
        (["--older-than", "1h30m"], "older_than", 5400.0),
        (["--env", "A=1", "--env=B=x=y", "--env", "C="], "env", [("A", "1"), ("B", "x=y"), ("C", "")]),
        (["--state", "running", "--state=waiting"], "state", ["running", "waiting"]),
        (["--connect"], "connect", True),
        (["--no-connect"], "connect", False),
        (["--connect", "--no-connect"], "connect", False),
        ([], "connect", None),
        ([], "all", False),
        ([], "message", None),
        ([], "env", []),
        (["-qv", "-a"], "all", True),
    ],
)
def test_options(words: list[str], key: str, wanted: object) -> None:
    assert parsed(*words).arguments[key] == wanted


def test_options_and_names_mix_freely() -> None:
    found = parsed("one", "-a", "two", "--limit", "3", "-")
    assert found.arguments["agent"] == ["one", "two", "-"]
    assert found.given == {"all", "limit", "agent"}


def test_two_dashes_end_options() -> None:
    assert parsed("one", "--", "--all", "-x").arguments["agent"] == ["one", "--all", "-x"]


def test_what_follows_two_dashes_goes_to_the_rest() -> None:
    found = parsed("one", "--", "-x", "--", "y", of=command(NAMES, rest="agent_args"))
    assert (found.arguments["agent"], found.arguments["agent_args"]) == (["one"], ["-x", "--", "y"])


def test_a_command_can_end_its_options_at_the_first_other_word() -> None:
    shell = command(Argument("AGENT", "", required=True), Argument("WORDS", "", many=True), stops_at_first=True)
    found = parsed("-a", "one", "--limit", "3", "ls", "-la", "--", "--all", of=shell).arguments
    assert (found["agent"], found["limit"], found["words"]) == ("one", 3, ["ls", "-la", "--", "--all"])


def test_words_after_several_names() -> None:
    both = command(Argument("AGENT", "", many=True, required=True), Argument("TEXT", "", required=True))
    assert parsed("a", "b", "hello", of=both).arguments["agent"] == ["a", "b"]
    assert parsed("a", "b", "hello", of=both).arguments["text"] == "hello"
    assert "needs an AGENT" in refused("hello", of=both).message
    optional = command(Argument("AGENT", "", many=True, required=True), Argument("TEXT", ""))
    assert parsed("a", of=optional).arguments["text"] is None
    assert parsed("a", "b", of=optional).arguments["text"] == "b"


def test_common_options_are_kept_apart() -> None:
    found = parsed("-v", "--format=json", "-S", "a.b=c", "one")
    assert found.common == {"verbose": True, "format": "json", "set": [("a.b", "c")]}


def test_help_asks_for_nothing_else() -> None:
    assert parsed("--limit", "3", "-h", "--nonsense", of=command(Argument("AGENT", "", required=True))).help


def test_secrets_are_masked() -> None:
    found = parsed("--env", "A=s3cret", "--env=B=more", "--token", "t0ken", "--token=again", "-S", "x.y=z")
    assert found.masked == ["--env", "A=***", "--env=B=***", "--token", "***", "--token=***", "-S", "x.y=***"]
    assert found.secrets == ["s3cret", "more", "t0ken", "again", "z"]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--mesage", "x"], "mngr do has no option '--mesage'", "--message"),
        (["--mess", "x"], "has no option '--mess'", "--message"),
        (["-z"], "has no option '-z'", "mngr help do"),
        (["-az"], "has no option '-az'", "mngr help do"),
        (["--limit"], "--limit needs a value", "--limit N"),
        (["-m"], "-m needs a value", "-m TEXT"),
        (["--all=yes"], "--all takes no value", "--all"),
        (["--limit", "-1"], "--limit must be a whole number, not '-1'", "--limit 10"),
        (["--limit", "٣"], "must be a whole number", ""),
        (["--limit", "9" * 5000], "must be a whole number", ""),
        (["--older-than", "soon"], "--older-than: 'soon' is not a duration", "90s"),
        (["--env", "=x"], "--env must be K=V", "--env KEY=VALUE"),
        (["--state", "runing"], "--state cannot be 'runing'", "running"),
        (["--state", "zzz"], "--state cannot be 'zzz'", "one of: running, waiting"),
        (["--no-all"], "has no option '--no-all'", ""),
        (["--format"], "--format needs a value", ""),
        (["--\udcff\x1b"], "has no option", ""),
        (["--" + "x" * 1_000_000], "1000002 characters", ""),
    ],
)
def test_what_is_refused(words: list[str], message: str, hint: str) -> None:
    error = refused(*words)
    assert message in error.message
    assert hint in (error.hint or "")
    assert len(error.message) < 200
    assert error.message.isprintable()


def test_a_secret_is_not_shown_in_an_error() -> None:
    assert "hunter2" not in refused("--env", "hunter2").message


def test_missing_and_superfluous_words() -> None:
    one = command(Argument("AGENT", "", required=True))
    assert refused(of=one).message == "mngr do needs an AGENT"
    assert refused("a", "b", of=one).message == "mngr do does not take 'b'"
    assert refused("a", "b", of=one).hint == "usage: mngr do AGENT [options]"


def test_choices_of_words() -> None:
    shell = command(Argument("SHELL", "", required=True, choices=("bash", "zsh")))
    assert refused("bsh", of=shell).hint == "did you mean bash or zsh?"


def test_usage() -> None:
    text = usage(command(Argument("ADDRESS", ""), Argument("AGENT", "", many=True, required=True), rest="agent_args"))
    assert text == "mngr do [ADDRESS] AGENT... [options] [-- AGENT_ARGS...]"
