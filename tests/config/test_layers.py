"""Which layer wins, and how tables and lists of several layers become one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from program import ROOT

from mngr.config.schema import LIST_FIELDS
from mngr.config.trust import trust
from mngr.model.errors import UsageError


@pytest.fixture
def trusted(place):
    """Return the place with its project trusted."""
    trust(str(place.home / ".mngr"), str(place.project))
    return place


def test_defaults_are_there_without_any_file(place):
    settings = place.load()
    assert settings.get("logs.keep_days") == 14
    assert settings.get("list.fields") == list(LIST_FIELDS)
    assert settings.get("default_type") is None
    assert settings.get("providers.docker.enabled") is True
    assert str(settings.origin("logs.keep_days")) == "default"


def test_each_layer_goes_before_the_one_below(trusted):
    seen = [trusted.load().get("stop.grace_seconds")]
    trusted.user("[stop]\ngrace_seconds = 1")
    seen.append(trusted.load().get("stop.grace_seconds"))
    trusted.shared("[stop]\ngrace_seconds = 2")
    seen.append(trusted.load().get("stop.grace_seconds"))
    trusted.local("[stop]\ngrace_seconds = 3")
    seen.append(trusted.load().get("stop.grace_seconds"))
    seen.append(trusted.load(MNGR__STOP__GRACE_SECONDS="4").get("stop.grace_seconds"))
    seen.append(trusted.load("stop.grace_seconds=5.5", MNGR__STOP__GRACE_SECONDS="4").get("stop.grace_seconds"))
    assert seen == [5, 1, 2, 3, 4, 5.5]


def test_origins_name_layer_file_and_line(trusted):
    user = trusted.user("# mine\n\n[stop]\ngrace_seconds = 1\n")
    trusted.local('[list]\nfields__extend = ["url"]\n')
    settings = trusted.load("logs.keep_days=3", MNGR__TMUX__HISTORY_LIMIT="7")
    origin = settings.origin("stop.grace_seconds")
    assert (origin.layer, origin.where, origin.line) == ("user", str(user), 4)
    assert settings.origin("list.fields").layer == "local"
    assert str(settings.origin("logs.keep_days")) == "-S logs.keep_days"
    assert str(settings.origin("tmux.history_limit")) == "MNGR__TMUX__HISTORY_LIMIT"


def test_a_partial_table_keeps_its_siblings(trusted):
    trusted.user(
        '[agent_types.a]\ncommand = ["a"]\nenv = { ONE = "1", TWO = "2" }\n[providers.d.net]\ncidr = "x"\nmtu = 3'
    )
    trusted.shared('[agent_types.a.env]\nTWO = "zwei"\n[providers.d]\nnet = { mtu = 4 }')
    settings = trusted.load()
    assert settings.get("agent_types.a") == {"command": ["a"], "env": {"ONE": "1", "TWO": "zwei"}}
    assert settings.get("providers.d.net") == {"cidr": "x", "mtu": 4}


def test_lists_are_replaced_and_extended(trusted):
    trusted.user('[list]\nfields = ["name"]\n[commands.create]\nlabel = ["a=1"]')
    trusted.shared(
        '[list]\nfields__extend = ["url"]\n[commands.create]\nlabel__extend = ["b=2"]\nenv__extend = ["C=3"]'
    )
    trusted.local('[list]\nfields__extend = ["pid"]')
    settings = trusted.load('list.fields__extend=["id"]', MNGR__LIST__FIELDS__EXTEND='["type"]')
    assert settings.get("list.fields") == ["name", "url", "pid", "type", "id"]
    assert settings.command_defaults("create") == {"label": ["a=1", "b=2"], "env": ["C=3"]}
    assert "__extend" not in repr(settings.table)
    trusted.local('[list]\nfields = ["state"]')
    assert trusted.load().get("list.fields") == ["state"]


def test_extending_adds_to_the_default_and_within_one_file(place):
    place.user('[list]\nfields__extend = ["url"]')
    assert place.load().get("list.fields") == [*LIST_FIELDS, "url"]
    place.user('[list]\nfields__extend = ["url"]\nfields = ["name"]')
    assert place.load().get("list.fields") == ["name", "url"]
    assert place.load().get("list.fields") == ["name", "url"], "the default was changed"


def test_two_options_for_one_list_add_up(place):
    settings = place.load('list.fields=["name"]', 'list.fields__extend=["pid"]', 'list.fields__extend=["url"]')
    assert settings.get("list.fields") == ["name", "pid", "url"]


def test_option_keys_may_have_hyphens(trusted):
    trusted.user('[commands.create]\nno-connect = true\nextra-window = ["top"]\n[templates.t]\nadd-this = 1')
    trusted.shared("[commands.create]\nno_connect = false")
    settings = trusted.load('commands.create.extra-window__extend=["sh"]')
    assert settings.command_defaults("create") == {"no_connect": False, "extra_window": ["top", "sh"]}
    assert settings.template("t") == {"add_this": 1}
    assert settings.command_defaults("list") == {}


def test_values_given_as_text(place):
    settings = place.load(
        "default_type=claude",
        "project.name=007",
        'list.sort="state"',
        'agent_types.x.command=["a", "b c"]',
        "agent_types.y.command=sleep 5; echo 'done'",
        "commands.create.branch=main",
        "commands.create.connect=false",
        "commands.create.limit=12",
        "commands.create.since=2026-01-01",
        'commands.create.label=["a=b"]',
        "commands.create.env={ A = 1 }",
        "commands.create.empty=",
    )
    assert settings.get("default_type") == "claude"
    assert settings.get("project.name") == "007"
    assert settings.get("list.sort") == "state"
    assert settings.get("agent_types.x.command") == ["a", "b c"]
    assert settings.get("agent_types.y.command") == "sleep 5; echo 'done'"
    assert settings.command_defaults("create") == {
        "branch": "main",
        "connect": False,
        "limit": 12,
        "since": "2026-01-01",
        "label": ["a=b"],
        "env": {"A": 1},
        "empty": "",
    }


def test_variables_are_split_at_double_underscores_in_any_case(place):
    settings = place.load(
        MNGR__Logs__Keep_Days="2",
        mngr__default_type="claude",
        MNGR__AGENT_TYPES__MY_TYPE__ENV__MixedCase="x",
        MNGR__AGENT_TYPES__MY_TYPE__COMMAND="run it",
        MNGR__COMMANDS__CREATE__NO_CONNECT="true",
    )
    assert settings.get("logs.keep_days") == 2
    assert settings.get("default_type") == "claude"
    assert settings.get("agent_types.my-type") == {"env": {"MixedCase": "x"}, "command": "run it"}
    assert settings.command_defaults("create") == {"no_connect": True}


def test_other_variables_are_no_settings(place):
    assert place.load(MNGR_PREFIX="x-", MNGR_HEADLESS="1", MNGR_="1").layers == []


def test_quoted_keys_in_options(place):
    settings = place.load('agent_types.x.env."A.B"=1.5 hours', "agent_types.x.env.'C D'=2")
    assert settings.get("agent_types.x.env") == {"A.B": "1.5 hours", "C D": "2"}
    assert settings.get('agent_types.x.env."A.B"') == "1.5 hours"


def test_values_inject_no_other_keys(place):
    settings = place.load("commands.create.branch=1\n[logs]\nkeep_days = 0", "commands.create.x=1\ny = 2")
    assert settings.get("logs.keep_days") == 14
    assert settings.command_defaults("create") == {"branch": "1\n[logs]\nkeep_days = 0", "x": "1\ny = 2"}


def test_providers_have_a_backend(place):
    place.user('[providers.big]\nbackend = "docker"\ncontext = "big"\n[providers.modal]\nenabled = false')
    assert place.load().providers == {
        "big": {"backend": "docker", "enabled": True, "context": "big"},
        "modal": {"backend": "modal", "enabled": False},
    }


def test_an_unknown_key_that_is_asked_for(place):
    with pytest.raises(UsageError) as caught:
        place.load().get("logs.keep_day")
    assert caught.value.hint == "did you mean logs.keep_days?"
    with pytest.raises(UsageError):
        place.load().get("..")


def test_an_unknown_template_names_the_nearest(place):
    place.user('[templates.big]\nhost = "x"')
    with pytest.raises(UsageError) as caught:
        place.load().template("bigg")
    assert caught.value.hint == "did you mean big?"


# -- which project


def test_the_project_is_the_nearest_folder_upwards(place):
    inner = place.project / "a" / "b"
    inner.mkdir(parents=True)
    assert place.load(cwd=inner).root == str(place.project)
    (place.project / "a" / ".mngr").mkdir()
    (place.project / "a" / ".mngr" / "config.toml").write_text('[project]\nname = "inner"')
    settings = place.load(cwd=inner)
    assert (settings.root, settings.get("project.name")) == (str(place.project / "a"), "inner")


def test_a_git_file_marks_a_project(place):
    linked = place.home / "linked"
    linked.mkdir()
    (linked / ".git").write_text("gitdir: /nowhere\n")
    assert place.load(cwd=linked).root == str(linked)


def test_the_home_is_no_project_because_of_its_host_folder(place):
    place.user("[logs]\nkeep_days = 1")
    below = place.home / "elsewhere"
    below.mkdir()
    assert place.load(cwd=below).root is None
    other = place.home / "other-host-dir"
    settings = place.load(cwd=below, MNGR_HOST_DIR=str(other))
    assert settings.root is None
    assert settings.get("logs.keep_days") == 14


def test_the_users_config_is_read_once_when_the_home_is_a_repository(place):
    (place.home / ".git").mkdir()
    place.user('[project]\nsetup = "make"')
    below = place.home / "elsewhere"
    below.mkdir()
    settings = place.load(cwd=below)
    assert [layer.name for layer in settings.layers] == ["user"]
    assert settings.withheld == []


@pytest.mark.parametrize("cwd", ["/nowhere/at/all", "/", "relative", "", "/a\0b", "/" + "x" * 5000, "/\udcff"])
def test_strange_folders_are_no_project(place, cwd):
    from mngr.config.load import load

    assert load(place.environ, cwd, []).root is None


# -- what it costs


def test_nothing_heavy_is_imported_without_files(place):
    program = f"""
import sys
before = set(sys.modules)
from mngr.config.load import load
settings = load({place.environ!r}, {str(place.project)!r}, [])
assert settings.get("logs.keep_days") == 14
print(*sorted(set(sys.modules) - before))
"""
    loaded = _loaded(program)
    assert not loaded & {"tomllib", "json", "re", "tomlkit", "typing", "dataclasses", "pathlib", "difflib", "enum"}
    assert not {name for name in loaded if name.startswith("mngr.config")} & {
        "mngr.config.layers",
        "mngr.config.files",
        "mngr.config.trust",
    }


def test_files_that_were_read_before_need_no_toml(place):
    os.utime(place.user("[logs]\nkeep_days = 3"), (1, 1))
    program = f"""
import sys
from mngr.config.load import load
assert load({place.environ!r}, {str(place.project)!r}, ["stop.grace_seconds=2"]).get("logs.keep_days") == 3
print(*sys.modules)
"""
    assert "tomllib" in _loaded(program)
    assert "tomllib" not in _loaded(program)


def _loaded(program: str) -> set[str]:
    argv = [sys.executable, "-c", program]
    done = subprocess.run(argv, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=True)
    return set(done.stdout.split())
