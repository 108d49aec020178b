"""`mngr config`, as typed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

EVIL = '[project]\nname = "shop"\nsetup = "touch ../evil"\n'


@pytest.fixture
def config(mngr, repo):
    """Return `config(*words)`, run in a repository."""
    return lambda *words, **more: mngr("config", *words, **more)


@pytest.fixture
def evil(repo):
    """Return the config file of a repository that wants to run something."""
    (repo / ".mngr").mkdir()
    path = repo / ".mngr/config.toml"
    path.write_text(EVIL)
    return path


def test_list_shows_values_and_where_they_come_from(config, host_dir):
    config("set", "logs.keep_days", "3").assert_success("logs.keep_days = 3 in ~/.mngr/config.toml")
    shown = config("list", env={"MNGR__STOP__GRACE_SECONDS": "1"})
    shown.assert_success("~/.mngr/config.toml:2", "MNGR__STOP__GRACE_SECONDS", "default")
    rows = {row["key"]: row for row in config("list", "--format", "json").json()}
    assert rows["logs.keep_days"] == {
        "key": "logs.keep_days",
        "value": 3,
        "layer": "user",
        "where": str(host_dir / "config.toml"),
        "line": 2,
        "from": "~/.mngr/config.toml:2",
    }
    assert rows["list.sort"]["layer"] == "default"
    lines = config("list", "logs", "--format", "{key}={value} {layer}").assert_success().lines
    assert lines == ["logs.keep_days=3 user"]
    assert config().assert_success().out == config("list").out


def test_get_prints_one_value(config):
    assert config("get", "logs.keep_days").assert_success().out == "14\n"
    assert json.loads(config("get", "list.fields").assert_success().out)[0] == "name"
    assert config("get", "logs.keep_days", "--format", "json").json()["value"] == 14
    assert config("get", "logs.keep_days", "-S", "logs.keep_days=1").out == "1\n"
    config("get", "default_type").assert_failure(1, "default_type is not set", "mngr config set default_type VALUE")
    config("get", "logs.keep_day").assert_failure(2, "did you mean logs.keep_days?")


def test_set_and_unset(config, repo, host_dir):
    config("set", "commands.create.label", '["a=b"]', "--scope", "project").assert_success()
    path = repo / ".mngr/config.toml"
    assert path.read_text() == '[commands.create]\nlabel = ["a=b"]\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    config("set", "default_type", "shell", "--scope", "local").assert_success()
    assert stat.S_IMODE((repo / ".mngr/config.local.toml").stat().st_mode) == 0o600
    config("unset", "commands.create.label", "--scope", "project").assert_success()
    config("unset", "commands.create.label", "--scope", "project").assert_failure(1, "is not set in")
    assert not (host_dir / "config.toml").exists()


@pytest.mark.parametrize(
    ("words", "fragments"),
    [
        (["set", "logs.keep_days", "x"], ["logs.keep_days must be a number, not 'x'", "for example: keep_days = 30"]),
        (["set", "logs.keepdays", "3"], ["unknown setting 'logs.keepdays'", "did you mean logs.keep_days?"]),
        (["set", "logs.keep_days"], ["mngr config set takes KEY VALUE"]),
        (["get"], ["mngr config get takes KEY"]),
        (["path", "x"], ["mngr config path takes nothing more"]),
        (["sett", "a", "b"], ["'sett'", "set"]),
        (["schema", "nothing-like-it"], ["no setting has 'nothing-like-it' in its key"]),
        (["set", "logs.keep_days", "3", "--scope", "usr"], ["usr", "user"]),
        (["edit"], ["there is no terminal to edit on"]),
    ],
)
def test_wrong_words(config, host_dir, words, fragments):
    config(*words).assert_failure(2, *fragments)
    assert not (host_dir / "config.toml").exists()


def test_a_note_says_when_another_layer_wins(config):
    shown = config("set", "logs.keep_days", "3", env={"MNGR__LOGS__KEEP_DAYS": "5"}).assert_success()
    assert "MNGR__LOGS__KEEP_DAYS goes before it" in shown.err


def test_wrong_files_do_not_hinder(config, mngr, host_dir):
    host_dir.mkdir()
    path = host_dir / "config.toml"
    path.write_text('default_type = "shell"\n[logs]\nkeep_days = "x"\n')
    mngr("list").assert_failure(2, "config.toml:3: logs.keep_days must be a number")
    shown = config("list").assert_success("default_type", "shell")
    assert "config.toml:3: logs.keep_days must be a number" in shown.err
    config("set", "logs.keep_days", "5").assert_success()
    assert path.read_text() == 'default_type = "shell"\n[logs]\nkeep_days = 5\n'
    mngr("list").assert_success()
    path.write_text("[broken")
    for words in (["list"], ["get", "logs.keep_days"], ["path"], ["schema"]):
        config(*words).assert_success()
    config("set", "logs.keep_days", "5").assert_failure(2, "config.toml:1: not valid TOML", "mngr config edit")
    assert path.read_text() == "[broken"


def test_path(config, evil, host_dir):
    rows = config("path", "--format", "json").json()
    assert [(row["scope"], row["exists"], row["trusted"]) for row in rows] == [
        ("user", False, True),
        ("project", True, False),
        ("local", False, False),
    ]
    assert rows[0]["path"] == str(host_dir / "config.toml")
    assert config("path", "--scope", "project", "--format", "{path}").lines == [str(evil)]


def test_no_project_has_no_project_scope(mngr, home):
    mngr("config", "set", "project.name", "x", "--scope", "project", cwd=home).assert_failure(2, "--scope user")
    mngr("config", "trust", "--yes", cwd=home).assert_failure(2, "there is no project here")


@pytest.mark.usefixtures("evil")
def test_trust_shows_and_asks(config, host_dir):
    refused = config("trust").assert_failure(2, "project.setup = touch ../evil", "config.toml:3", "--yes")
    assert not (host_dir / "trusted.json").exists(), refused
    assert "1 setting of this repository is not used" in config("list").err
    config("trust", "--yes").assert_success("is trusted")
    assert config("get", "project.setup").assert_success().out == "touch ../evil\n"
    config("trust").assert_success("is trusted already")
    config("untrust").assert_success("is no longer trusted")
    config("untrust").assert_success("was not trusted")
    config("get", "project.setup").assert_failure(1, "is not set")


@pytest.mark.usefixtures("evil")
def test_a_repository_that_is_not_trusted_makes_no_agent(mngr, home):
    mngr("create", "x", "command", "--no-connect", "--", "true").assert_failure(1, "project.setup", "mngr config trust")
    assert not (home / "evil").exists()
    mngr("list").assert_success()


@pytest.mark.usefixtures("evil")
def test_trust_is_asked_on_a_terminal(terminal, mngr, repo, host_dir, eventually):
    screen = terminal([*mngr.program, "config", "trust"], cwd=repo)
    screen.wait_for("[y/N]")
    screen.enter("y")
    eventually(lambda: (host_dir / "trusted.json").exists())


def test_schema_lists_every_setting(config):
    rows = config("schema", "--format", "json").json()
    keys = [row["key"] for row in rows]
    assert "logs.keep_days" in keys
    assert "agent_types.*.parent" in keys
    assert all(row["type"] and row["description"] and row["example"] for row in rows)
    assert config("schema", "keep_days", "--format", "{key}").lines == ["logs.keep_days", "destroyed.keep_days"]


def test_edit_puts_only_what_is_right_in_place(config, terminal, mngr, repo, home, host_dir):
    editor = home / "my editor"
    editor.write_text('#!/bin/sh\nprintf "[logs]\\nkeep_days = \'x\'\\n" >"$2"\n')
    editor.chmod(0o755)
    host_dir.mkdir()
    (host_dir / "config.toml").write_text("# mine\n")
    words = ["env", f"EDITOR='{editor}' --wait", *mngr.program, "config", "edit"]
    screen = terminal(words, cwd=repo)
    screen.wait_for("config.toml:2: logs.keep_days must be a number, not 'x'")
    screen.wait_for("edit again")
    editor.write_text('#!/bin/sh\necho "keep_days = 3" >"$2"\n')
    screen.enter("y")
    screen.wait_for("unknown setting")
    screen.enter("n")
    assert screen.wait_for_end() == 1
    failed = config("edit", env={"EDITOR": f"'{editor}' --wait"}).assert_failure(1, "unknown setting")
    assert "~/.mngr/config.toml was left as it was" in failed.err
    assert (host_dir / "config.toml").read_text() == "# mine\n"
    editor.write_text('#!/bin/sh\necho "logs.keep_days = 3" >"$2"\n')
    assert terminal(words, cwd=repo).wait_for_end() == 0
    assert (host_dir / "config.toml").read_text() == "logs.keep_days = 3\n"
    assert [file.name for file in host_dir.iterdir() if "edit" in file.name] == []


def test_edit_leaves_no_file_when_nothing_was_written(terminal, mngr, repo, host_dir):
    assert terminal(["env", "EDITOR=true", *mngr.program, "config", "edit"], cwd=repo).wait_for_end() == 0
    assert not (host_dir / "config.toml").exists()


def test_a_type_that_is_not_there_is_no_default(config, mngr, host_dir):
    config("set", "default_type", "shel").assert_failure(2, "there is no agent type 'shel'", "did you mean shell?")
    config("set", "default_type", "gemini").assert_failure(2, "there is no agent type 'gemini'", "hint: ")
    assert not (host_dir / "config.toml").exists()
    config("set", "agent_types.mine.command", "cat").assert_success()
    config("set", "default_type", "mine").assert_success()
    config("unset", "agent_types.mine.command").assert_success()
    (host_dir / "config.toml").write_text('default_type = "mine"\n')
    failed = mngr("create", "one").assert_failure(2, "default_type (~/.mngr/config.toml:1): there is no agent type")
    assert "hint: mngr config unset default_type\n" in failed.err
    mngr("create", "one", "cat").assert_failure(2, "no agent type 'cat'", "hint: for a program: mngr create one -- cat")


def test_an_untrusted_repository_s_faults_hinder_only_what_uses_it(mngr, repo, evil):
    evil.write_text("[project]\nnaem = 1\n")
    for words in (["list"], []):
        done = mngr(*words).assert_success()
        assert "mngr: warning: ~/project/.mngr/config.toml:2: unknown setting 'project.naem'\n" in done.err
    mngr("create", "one", "--", "cat").assert_failure(2, "unknown setting 'project.naem'", "hint: ")
    mngr("create", "one", "--ignore-project-config", "--", "cat").assert_success()
    mngr("message", "one", "hi").assert_success("typed to one")
    mngr("stop", "one").assert_success()
    mngr("start", "one").assert_failure(2, "unknown setting 'project.naem'")
    mngr("config", "trust", "--yes").assert_success()
    mngr("list").assert_failure(2, "unknown setting 'project.naem'")


def test_create_asks_whether_to_trust(terminal, mngr, repo, evil):
    evil.write_text('[project]\nsetup = "touch was-set-up"\n')
    mngr("create", "no", "--", "cat").assert_failure(1, "project.setup", "mngr config trust", "--ignore-project-config")
    mngr("create", "without", "--ignore-project-config", "--", "cat").assert_success()
    for answer, name in (("", "later"), ("y", "with")):
        screen = terminal([*mngr.program, "create", name, "--no-connect", "--", "cat"], cwd=repo)
        screen.wait_for("project.setup .*touch was-set-up")
        screen.enter(answer)
        assert screen.wait_for_end() == 0
    made = {name: mngr.agent(name)["work_dir"] for name in ("without", "later", "with")}
    assert [name for name, folder in made.items() if Path(folder, "was-set-up").exists()] == ["with"]
