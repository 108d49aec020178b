"""Agent types that config defines, and their parents."""

from __future__ import annotations

import pytest

from mngr.config.trust import trust
from mngr.model.errors import UsageError


def test_a_type_without_parent_is_a_command(place):
    place.user('[agent_types.aider]\ncommand = ["aider"]\ndescription = "Aider"')
    found = place.load().agent_type("aider")
    assert (found.base, found.parent, found.command, found.description) == ("command", None, ["aider"], "Aider")
    assert (found.args, found.env) == ([], {})
    assert place.load().agent_type("shell") is None
    assert place.load().names("agent_types") == ["aider"]


def test_settings_of_a_plugins_type_are_based_on_it(place):
    place.user('[agent_types.shell]\nargs = ["--model", "x"]\n[agent_types.mine]\nparent = "shell"')
    settings = place.load()
    assert settings.agent_type("shell").base == "shell"
    assert settings.agent_type("mine").base == "shell"
    assert settings.agent_type("mine").args == ["--model", "x"]


def test_children_inherit_key_by_key_through_all_layers(place):
    trust(str(place.home / ".mngr"), str(place.project))
    place.user(
        '[agent_types.one]\ncommand = ["a"]\nargs = ["-1"]\nenv = { A = "1", B = "1" }\ndescription = "One"\n'
        '[agent_types.two]\nparent = "one"\nargs__extend = ["-2"]\nenv = { B = "2" }\n'
    )
    place.shared('[agent_types.three]\nparent = "two"\nargs__extend = ["-3"]')
    place.local('[agent_types.one]\nargs__extend = ["-1b"]\n[agent_types.three]\nargs__extend = ["-3b"]')
    three = place.load("agent_types.two.env.C=3").agent_type("three")
    assert three.args == ["-1", "-1b", "-2", "-3", "-3b"]
    assert three.env == {"A": "1", "B": "2", "C": "3"}
    assert (three.base, three.parent, three.command, three.description) == ("command", "two", ["a"], "")
    assert place.load('agent_types.three.args=["-x"]').agent_type("three").args == ["-x"]


def test_a_later_layer_changes_the_parent(place):
    place.user('[agent_types.a]\nparent = "shell"')
    assert place.load("agent_types.a.parent=command").agent_type("a").base == "command"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[agent_types.a]\nparent = "a"', 2, "a -> a"),
        ('[agent_types.a]\nparent = "b"\n[agent_types.b]\n\nparent = "a"', 2, "a -> b -> a"),
        ('[agent_types.a]\nparent = "shel"', 2, "the agent type 'shel', the parent of 'a', is not known"),
    ],
)
def test_parents_that_cannot_be(place, text, line, message):
    place.user(text)
    with pytest.raises(UsageError) as caught:
        place.load().agent_type("a")
    assert f"config.toml:{line}: " in caught.value.message
    assert message in caught.value.message
    assert caught.value.hint


def test_an_unknown_parent_names_the_nearest(place):
    place.user('[agent_types.a]\nparent = "shel"')
    with pytest.raises(UsageError) as caught:
        place.load().agent_type("a")
    assert caught.value.hint == "did you mean shell?"
    assert place.load().agent_type("a", known=["shel"]).base == "shel"


def test_a_text_is_not_added_to(place):
    place.user('[agent_types.a]\ncommand = "sleep 1; true"')
    place.load()
    with pytest.raises(UsageError, match="a command that is a text cannot be added to"):
        place.load('agent_types.a.command__extend=["x"]').agent_type("a")


def test_names_are_checked(place):
    place.user("[agent_types.Big]\ncommand = 'x'")
    error = place.error()
    assert "'Big' is not a valid name" in error.message
    assert error.hint == "try: big"
