"""Config files that are not as they should be, and the cache of those that are."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest

from mngr.config import files


def age(path: Path) -> Path:
    """Let a file look settled: only such files are remembered."""
    then = time.time() - 60
    os.utime(path, (then, then))
    return path


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("\n[logs]\nkeepdays = 3", 3, "unknown setting 'logs.keepdays'", "did you mean logs.keep_days?"),
        ("keep_days = 3", 1, "unknown setting 'keep_days'", "did you mean logs.keep_days?"),
        ("[log]\nkeep_days = 3", 1, "unknown setting 'log'", "did you mean logs?"),
        ('[logs]\n\n"keep_days" = "x"', 3, "logs.keep_days must be a number, not 'x'", "for example: keep_days = 30"),
        ("logs.keep_days = true", 1, "logs.keep_days must be a number, not true", "for example: keep_days = 30"),
        (
            "\nlogs = { keep_days = [] }",
            2,
            "logs.keep_days must be a number, not a list",
            "for example: keep_days = 30",
        ),
        ("[logs]\nkeep_days = -1", 2, "logs.keep_days must be 0 or more, not -1", "for example: keep_days = 30"),
        ("[logs]\nkeep_days = nan", 2, "logs.keep_days must be a number", "for example"),
        ("[logs]\nkeep_days = inf", 2, "logs.keep_days is too large", "for example"),
        ("[watch]\ninterval_seconds = 0", 2, "must be 0.1 or more", "for example"),
        ("[tmux]\nhistory_limit = 1.5", 2, "must be a whole number, not 1.5", "for example"),
        ("logs = 3", 1, "logs is a section, not a setting", "write logs.keep_days"),
        ("\n\n[agent_types.'A B']\ncommand = 'x'", 3, "'A B' is not a valid name", "try: a-b"),
        ("[agent_types.a]\ncommand = []", 2, "must be a list of words, or a text", "for example"),
        ("[agent_types.a]\ncommand = ''", 2, "must be a list of words, or a text", "for example"),
        ("[agent_types.a]\n# x\ncommand = ['a', 3]", 3, "must be a list of words", "for example"),
        ("[agent_types.a]\nenv = { A = 1 }", 2, "must be a table of texts", "for example"),
        ('[agent_types.a]\nenv = { "A=B" = "1" }', 2, "must be a table of texts", "for example"),
        ("[agent_types.a]\ncomand = 'x'", 2, "unknown setting 'agent_types.a.comand'", "agent_types.a.command"),
        ('default_type = "a\\u0000b"', 1, "must be a name", "for example"),
        ("[providers.x]\nsince = 2026-01-01", 2, "not a date or time", "for example"),
        ("[providers.x]\nmany = [[1]]", 2, "must be a text, a number", "for example"),
        ("[providers.x]\nbig = 99999999999999999999", 2, "must be a text, a number", "for example"),
        ("[logs]\nkeep_days__extend = [1]", 2, "only a list can be added to", "it must be a number"),
        ("[list]\nfields__extend = 'x'", 2, "list.fields__extend must be a list", "for example"),
        ("[list]\nfields__extend = [1]", 2, "must be a list of texts", "for example"),
        ("[commands.create]\na-b = 1\na_b = 2", 3, "commands.create.a_b is set twice", "write it once"),
        ("[logs]\nkeep_days = 1\nkeep_days = 2", 3, "not valid TOML", "mngr config edit"),
        ("[logs]\n[logs]", 2, "not valid TOML", "mngr config edit"),
        ("a = 1\n\nb = ", 3, "not valid TOML", "mngr config edit"),
        ("x = 'not closed\n", 1, "not valid TOML", "mngr config edit"),
        ("[[logs]]\nkeep_days = 1", 1, "logs is a section", "write logs.keep_days"),
    ],
)
def test_what_is_wrong_names_file_line_and_nearest_key(place, text, line, message, hint):
    place.user(text)
    error = place.error()
    assert error.message.startswith(f"~/.mngr/config.toml:{line}: ") or f"/.mngr/config.toml:{line}: " in error.message
    assert message in error.message
    assert hint in (error.hint or "")
    assert error.exit_code == 2
    assert "\n" not in error.message


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("logs.keepdays=3", "-S logs.keepdays: unknown setting 'logs.keepdays'"),
        ("logs.keep_days=x", "-S logs.keep_days: logs.keep_days must be a number, not 'x'"),
        ("nonsense", "-S 'nonsense' is not KEY=VALUE"),
        ("=x", "-S '=x' is not KEY=VALUE"),
        ("a..b=x", "is not KEY=VALUE"),
        ("logs=3", "-S logs: logs is a section"),
        ("default_type=No Name", "must be a name"),
        ("default_type=\udcff", "must be a name"),
        ("project.name=\udcff", "must be a text"),
    ],
)
def test_wrong_options_name_themselves(place, setting, message):
    error = place.error(setting)
    assert message in error.message
    assert error.exit_code == 2


def test_wrong_variables_name_themselves(place):
    error = place.error(MNGR__LOGS__KEEPDAYS="3")
    assert error.message == "MNGR__LOGS__KEEPDAYS: unknown setting 'logs.keepdays'"
    assert error.hint == "did you mean logs.keep_days?"
    assert "MNGR____X: unknown setting" in place.error(MNGR____X="1").message
    assert "MNGR__: unknown setting" in place.error(MNGR__="1").message


def test_not_utf_8(place):
    place.user("").write_bytes(b"[logs]\n# \xff\n")
    assert ":2: not UTF-8 text" in place.error().message


def test_a_byte_order_mark_and_windows_lines_are_fine(place):
    place.user("").write_bytes("\ufeff[logs]\r\nkeep_days = 3\r\n".encode())
    assert place.load().get("logs.keep_days") == 3
    assert place.load().origin("logs.keep_days").line == 2


def test_a_folder_in_its_place(place):
    (place.home / ".mngr/config.toml").mkdir()
    assert "it is a folder" in place.error().message


def test_a_pipe_in_its_place_does_not_hang(place):
    os.mkfifo(place.home / ".mngr/config.toml")
    assert "it is not a file" in place.error().message


def test_a_huge_file_in_its_place(place):
    with place.user("").open("wb") as file:
        file.truncate(100_000_000)
    assert "too large for a config file" in place.error().message


def test_a_device_in_its_place(place):
    (place.home / ".mngr/config.toml").symlink_to("/dev/zero")
    assert "it is not a file" in place.error().message


def test_a_link_that_leads_nowhere_or_in_a_circle(place):
    path = place.home / ".mngr/config.toml"
    path.symlink_to("nowhere.toml")
    assert place.load().get("logs.keep_days") == 14
    path.unlink()
    path.symlink_to("config.toml")
    assert "cannot be read" in place.error().message


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_an_unreadable_file(place):
    place.user("").chmod(0)
    assert "cannot be read" in place.error().message


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 50_000,
        "providers.x." + "a." * 20_000 + "b = 1",
        "[providers.x]\nv = " + "{a = " * 2_000 + "1" + "}" * 2_000,
        "[providers.x]\nv = 0x" + "f" * 100_000,
        "[providers.x]\nv = " + "9" * 10_000,
        "[providers.x.a.b.c.d.e.f.g.h.i.j.k]\nv = 1",
    ],
)
def test_nested_deeply_or_overlong(place, text):
    place.user(text)
    assert place.error().exit_code == 2


def test_one_bad_value_leaves_the_rest(place):
    place.user('default_type = "claude"\n[logs]\nkeep_days = "x"\nkeepdays = 1\n[stop]\ngrace_seconds = 2')
    place.shared("[broken")
    settings, problems = place.lenient("nonsense", "tmux.history_limit=9", MNGR__STOP="3")
    assert settings.get("default_type") == "claude"
    assert settings.get("stop.grace_seconds") == 2
    assert settings.get("logs.keep_days") == 14
    assert settings.get("tmux.history_limit") == 9
    assert len(problems) == 5


# -- the cache


def _cached(place) -> list[Path]:
    return sorted((place.home / ".mngr/cache").glob("config-*.json"))


def test_settled_files_are_remembered(place):
    path = age(place.user("[logs]\nkeep_days = 3"))
    assert place.load().get("logs.keep_days") == 3
    (cached,) = _cached(place)
    assert stat.S_IMODE(cached.stat().st_mode) == 0o600
    assert stat.S_IMODE(cached.parent.stat().st_mode) == 0o700
    known = json.loads(cached.read_text())
    known["table"]["logs"]["keep_days"] = 8
    cached.write_text(json.dumps(known))
    assert place.load().get("logs.keep_days") == 8, "the cache is not used"
    age(path).write_text("[logs]\nkeep_days = 4")
    assert place.load().get("logs.keep_days") == 4


def test_a_file_replaced_with_the_same_size_and_time_is_read_anew(place):
    path = age(place.user("[logs]\nkeep_days = 3"))
    place.load()
    other = path.with_suffix(".new")
    other.write_text("[logs]\nkeep_days = 4")
    os.utime(other, ns=(path.stat().st_mtime_ns, path.stat().st_mtime_ns))
    other.rename(path)
    assert place.load().get("logs.keep_days") == 4


def test_fresh_files_are_not_remembered(place):
    place.user("[logs]\nkeep_days = 3")
    assert place.load().get("logs.keep_days") == 3
    assert _cached(place) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"stamp": 1}', b"\xff", b"[" * 100_000, None])
def test_a_damaged_cache_loses_nothing(place, content):
    age(place.user("[logs]\nkeep_days = 3"))
    place.load()
    (cached,) = _cached(place)
    cached.unlink()
    if content is None:
        cached.mkdir()
    else:
        cached.write_bytes(content)
    assert place.load().get("logs.keep_days") == 3


def test_no_cache_where_it_cannot_be_written(place):
    age(place.user("[logs]\nkeep_days = 3"))
    (place.home / ".mngr/cache").write_text("not a folder")
    assert place.load().get("logs.keep_days") == 3


def test_reading_makes_no_host_folder(place):
    age(place.shared('[project]\nname = "x"'))
    (place.home / ".mngr").rmdir()
    assert place.load().get("project.name") == "x"
    assert not (place.home / ".mngr").exists()


def test_what_is_wrong_stays_wrong_when_remembered(place):
    age(place.user("\n[logs]\nkeepdays = 3"))
    first = place.error().message
    assert len(_cached(place)) == 1
    assert place.error().message == first


def test_dates_are_not_remembered(place):
    path = age(place.user("[providers.x]\nd = 2026-01-01"))
    assert files.read(str(path), str(place.home / ".mngr/cache"))
    assert _cached(place) == []
