"""Changing one setting leaves the rest of its file as it is."""

from __future__ import annotations

import os
import stat

import pytest

from mngr.config import change
from mngr.model.errors import UserError

FILE = """# My settings
default_type = "claude"   # the best

[logs]
# keep them long
keep_days = 30
[list]
fields = [
    "name",  # first
    "state",
]

[commands.create]
no-connect = true
"""


@pytest.fixture
def path(place):
    return str(place.user(FILE))


def read(path: str) -> str:
    with open(path) as file:
        return file.read()


@pytest.mark.parametrize(
    ("key", "text", "old", "new"),
    [
        ("logs.keep_days", "7", "keep_days = 30", "keep_days = 7"),
        ("default_type", "codex", 'default_type = "claude"   # the best', 'default_type = "codex"   # the best'),
        ("commands.create.no_connect", "false", "no-connect = true", "no-connect = false"),
        ("commands.create.no-connect", "false", "no-connect = true", "no-connect = false"),
    ],
)
def test_only_the_value_changes(path, key, text, old, new):
    change.set_value(path, key, text)
    assert read(path) == FILE.replace(old, new)


def test_new_settings_find_their_sections(place, path):
    change.set_value(path, "stop.grace_seconds", "2.5")
    change.set_value(path, "list.sort", "state")
    change.set_value(path, "agent_types.aider.command", '["aider", "--yes"]')
    change.set_value(path, 'agent_types.aider.env."A.B"', "3")
    change.set_value(path, "project.setup", "make 'it' \"so\" \\ \n now")
    change.set_value(path, "list.fields__extend", '["url"]')
    settings = place.load()
    assert settings.get("stop.grace_seconds") == 2.5
    assert settings.get("list.sort") == "state"
    assert settings.agent_type("aider").command == ["aider", "--yes"]
    assert settings.get("agent_types.aider.env") == {"A.B": "3"}
    assert settings.get("project.setup") == "make 'it' \"so\" \\ \n now"
    assert settings.get("list.fields") == ["name", "state", "url"]
    assert settings.get("default_type") == "claude"
    assert "# the best" in read(path)
    assert '"name",  # first' in read(path)


@pytest.mark.parametrize(
    "text", ["", "[logs]\nkeep_days = 1\n", "logs.keep_days = 1\n", "[logs]", "logs = { keep_days = 1 }\n"]
)
@pytest.mark.parametrize("key", ["default_type", "logs.keep_days", "stop.grace_seconds", "commands.create.label"])
def test_every_layout_of_a_file(place, text, key):
    path = str(place.user(text))
    change.set_value(path, key, "7")
    assert place.load().get(key) == ("7" if key == "default_type" else 7)
    if "keep_days" in text and key != "logs.keep_days":
        assert place.load().get("logs.keep_days") == 1
    change.unset_value(path, key)
    assert place.load().origin(key).layer == "default"


def test_setting_a_list_takes_what_was_added_to_it(place):
    path = str(place.user('[list]\nfields__extend = ["url"]\n'))
    change.set_value(path, "list.fields", '["name"]')
    assert place.load().get("list.fields") == ["name"]


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("logs.keep_days", "many", "must be a number, not 'many'"),
        ("logs.keepdays", "3", "unknown setting 'logs.keepdays'"),
        ("logs", "3", "is a section"),
        ("agent_types.x", "{}", "is a section"),
        ("agent_types.Big.command", "x", "is not a valid name"),
        ("..", "3", "is not the key of a setting"),
        ("", "3", "is not the key of a setting"),
        ("default_type", "x\0", "must be a name"),
        ("project.name", "\udcff", "must be a text"),
    ],
)
def test_what_is_wrong_is_not_written(path, key, text, message):
    with pytest.raises(UserError) as caught:
        change.set_value(path, key, text)
    assert message in caught.value.message
    assert read(path) == FILE


def test_a_setting_that_is_not_there_cannot_be_unset(path):
    for key in ("stop.grace_seconds", "logs.keep_days.x", "nope"):
        with pytest.raises(UserError, match="is not set in"):
            change.unset_value(path, key)
    change.unset_value(path, "commands.create.no_connect")
    assert read(path) == FILE.replace("no-connect = true\n", "")


def test_a_broken_file_is_not_touched(place):
    path = str(place.user("[broken\n"))
    with pytest.raises(UserError, match="not valid TOML"):
        change.set_value(path, "logs.keep_days", "3")
    assert read(path) == "[broken\n"


def test_other_wrong_settings_do_not_hinder(place):
    path = str(place.user("[logs]\nkeepdays = 1\n[stop]\ngrace_seconds = 'x'\n"))
    change.set_value(path, "stop.grace_seconds", "3")
    change.unset_value(path, "logs.keepdays")
    assert place.load().get("stop.grace_seconds") == 3


def test_mode_and_links_are_kept(place, home):
    real = home / "dotfiles.toml"
    real.write_text(FILE)
    real.chmod(0o640)
    link = place.home / ".mngr/config.toml"
    link.symlink_to(real)
    change.set_value(str(link), "logs.keep_days", "7")
    assert link.is_symlink()
    assert "keep_days = 7" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_is_private_and_in_a_new_folder(home):
    path = str(home / "new/config.toml")
    change.set_value(path, "logs.keep_days", "7")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(home / "new").st_mode) == 0o700
    assert os.listdir(home / "new") == ["config.toml"]


def test_a_place_that_cannot_be_written(home):
    (home / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be (written|read)"):
        change.set_value(str(home / "file/config.toml"), "logs.keep_days", "7")
