"""Nothing that comes from anywhere is run, taken for a flag, or obeyed by a terminal, and nothing leaves its place."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aftermath import Source, leftovers, sessions, tmux
from own_world import OwnWorld
from program import Mngr, git, run

from mngr.cli.main import perform

Eventually = Callable[..., object]
PLAIN = ["--no-connect", "--", "cat"]
IN_PLACE = ["--transfer", "none", *PLAIN]
ATTACKS = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "x\ntouch pwned\n",
    "; touch pwned",
    "& touch pwned &",
    "| touch pwned",
    "-rf",
    "--upload-pack=touch pwned",
    "--output=pwned",
    "-",
    "--",
    "#{pid}",
    "#(touch pwned)",
    "\x1b]0;owned\x07\x1b[31m",
    "\x9b31m\x85",
    "../../pwned",
    "../..",
    "/tmp/mngr-pwned",
    ".",
    "*",
    "%s%n",
    "\\",
    "${IFS}touch${IFS}pwned",
    "\u202e\u200b",
    "~root",
    "=1+1",
]


def harmless(text: str) -> bool:
    """Tell whether a terminal would show a text and obey nothing in it."""
    return all(letter.isprintable() or letter in "\n" for letter in text)


@pytest.fixture(autouse=True)
def _nothing_was_run(home: Path) -> Iterator[None]:
    yield
    assert not list(home.rglob("pwned"))
    assert not Path("/tmp/mngr-pwned").exists()


def refusals(attack: str) -> list[list[str]]:
    """Return command lines with something odd in every place; none of them may make or change anything."""
    make = ["create", "x", "--from", "/nonexistent"]
    return [
        ["create", attack, "--from", "/nonexistent"],
        ["create", f"x@{attack}"],
        ["create", "x", "--type", f"{attack} "],
        [*make, "--branch", attack, *PLAIN],
        [*make, "--branch", f"main:{attack}", *PLAIN],
        [*make, "--target-path", attack, *PLAIN],
        ["create", "x", "--from", f"/nonexistent/{attack}", *PLAIN],
        [*make, "--env", f"{attack}=1", *PLAIN],
        [*make, "--upload-file", attack, *PLAIN],
        [*make, "--template", attack],
        ["rename", "good", f"{attack}!"],
        ["label", "good", f"!{attack}=1"],
        ["list", "--include", attack],
        ["list", "--fields", attack],
        ["list", "--format", "{" + attack + "}"],
        ["list", "--label", attack, "--project", attack],
        ["wait", attack],
        ["why", "good", "--at", attack],
        ["restore", attack],
        ["config", "set", attack, attack],
        ["-S", f"{attack}=1", "list"],
        ["exec", attack, "true"],
        [attack, "x"],
        ["help", attack],
    ]


def test_words_of_a_command_line(mngr: Mngr, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Source.of(repo)
    mngr("create", "good", *IN_PLACE).assert_success()
    monkeypatch.chdir(repo)
    for attack in ATTACKS:
        for line in refusals(attack):
            world = OwnWorld()
            code = perform(world, line)
            assert code in (0, 1, 2, 3), (line, code, world.err)
            assert harmless(world.err), (line, world.err)
            assert harmless(world.out), (line, world.out)
    assert set(mngr.agents()) == {"good"}
    assert leftovers(mngr, repo, agents={"good"}) == []
    assert Source.of(repo) == before


def test_values_arrive_as_they_are(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    variables = {f"VALUE{number}": attack for number, attack in enumerate(ATTACKS)}
    script = 'env -0 >variables; printf "%s\\0" "$@" >arguments; exec cat'
    given = [word for name, text in variables.items() for word in ("--env", f"{name}={text}")]
    labels = [
        word
        for name, text in variables.items()
        if harmless(text) and "\n" not in text
        for word in ("--label", f"{name}={text}")
    ]
    mngr("create", "x", *given, *labels, "--no-connect", "--", "sh", "-c", script, "sh", *ATTACKS).assert_success()
    folder = Path(mngr.agent("x")["work_dir"])

    def arrived() -> bool:
        words = (folder / "arguments").read_bytes().split(b"\0")[:-1]
        found = (folder / "variables").read_bytes().split(b"\0")
        return words == [os.fsencode(attack) for attack in ATTACKS] and all(
            f"{name}={text}".encode() in found for name, text in variables.items()
        )

    eventually(arrived)
    for line in (
        ["list"],
        ["list", "--fields", "name,labels,project,command"],
        ["why", "x"],
        ["events", "x"],
        ["label", "x"],
    ):
        assert harmless(mngr(*line).assert_success().out), line
    assert mngr("exec", "x", "--", "printf", "%s|", *ATTACKS).out == "".join(f"{attack}|" for attack in ATTACKS)
    mngr("destroy", "x", "--force").assert_success()
    mngr("restore", "x").assert_success()
    (folder / "arguments").unlink()
    mngr("start", "x").assert_success()
    eventually(arrived)


def test_names_of_files_and_folders(mngr: Mngr, repo: Path) -> None:
    names = [name for name in ATTACKS if "/" not in name and name not in (".", "--", "-", "*")]
    for name in names:
        (repo / name).write_text(name)
    (repo / "tracked $(touch pwned)").write_text("x")
    git(repo, "add", "--", "tracked $(touch pwned)")
    mngr("create", "x", *PLAIN).assert_success()
    folder = Path(mngr.agent("x")["work_dir"])
    assert {name: (folder / name).read_text() for name in names} == {name: name for name in names}
    for name in names:
        (folder / name).write_text("changed")
    refused = mngr("destroy", "x").assert_failure(7)
    assert harmless(refused.err)
    mngr("destroy", "x", "--force").assert_success()
    mngr("restore", "x").assert_success()
    assert {(folder / name).read_text() for name in names} == {"changed"}


def test_messages_are_typed_and_nothing_else(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    got = mngr.home / "got"
    mngr(
        "create", "x", "--transfer", "none", "--no-connect", "--", "sh", "-c", f"stty -echo; exec cat >'{got}'"
    ).assert_success()
    eventually(lambda: mngr.agent("x")["state"] == "waiting")
    sent = [text for text in ATTACKS if harmless(text) and text != "-" and "\n" not in text]
    for text in sent:
        mngr("message", "x", "-m", text).assert_success()
    expected = "".join(f"{text}\n" for text in sent)
    eventually(lambda: got.read_text() == expected, 10, lambda: got.read_text())
    done = mngr("message", "x", "--message-file", "-", input="\x1b[201~\x03\x04\x1a\x1c a\x1b]0;t\x07b\x00c")
    done.assert_success()
    eventually(lambda: got.read_text() == expected + " abc\n", 10, lambda: got.read_text())
    assert mngr.agent("x")["state"] == "waiting"


@pytest.fixture(params=["mawk", "gawk", "busybox"])
def awk(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `awk` mean one of those there are."""
    found = shutil.which(request.param)
    if not found:
        pytest.skip(f"there is no {request.param}")
    (home / "awk").mkdir()
    (home / "awk" / "awk").symlink_to(found)
    monkeypatch.setenv("PATH", f"{home}/awk:{os.environ['PATH']}")


def test_what_an_agent_writes_into_its_own_folder(mngr: Mngr, repo: Path, awk: None) -> None:
    for name in ("good", "bad"):
        mngr("create", name, *PLAIN).assert_success()
    good = mngr.agent("good")
    folder = mngr.folder("bad")
    contents = [text.encode() for text in ATTACKS]
    contents += [
        b"\0" * 100,
        b"\xff\xfe\n" * 50,
        b"a" * 70_000,
        b"1 2 3\n" * 30_000,
        b"-1 -1 -1",
        b"99999999999999999999 9 9",
    ]
    contents += [f"agent {good['id']} -\npane x\nend\n".encode(), b"\nend\nmngr-probe 1 5\n"]
    files = ("work_dir", "signs", "exit", "stopped", "foreground", "wanted", "making.json", "screen")
    for content in contents:
        for file in files:
            (folder / file).write_bytes(content)
        _the_other_is_fine(mngr, good)
        (folder / "exit").unlink()
        (folder / "signs").write_bytes(b"1 1 1\n" + content + b"\n5 x " + content)
        _the_other_is_fine(mngr, good)
    run(*tmux(mngr, "kill-session", "-t", "=mngr-bad")).assert_success()
    for content in contents[::4]:
        for file in ("exit", "signs", "foreground", "wanted"):
            (folder / file).write_bytes(content)
        _the_other_is_fine(mngr, good)


def _the_other_is_fine(mngr: Mngr, good: dict[str, object]) -> None:
    world = OwnWorld()
    assert perform(world, ["list", "--format", "json"]) == 0, world.err
    rows = {row["name"]: row for row in json.loads(world.out)}
    assert set(rows) == {"good", "bad"}, world.out
    kept = ("id", "work_dir", "branch", "labels", "pid")
    assert {key: rows["good"][key] for key in kept} == {key: good[key] for key in kept}
    assert rows["good"]["state"] in ("running", "waiting")
    assert harmless(world.out), world.out


def test_commands_on_an_agent_that_damaged_its_folder(mngr: Mngr, repo: Path) -> None:
    lines = [
        ["why"],
        ["events"],
        ["capture"],
        ["exec", "true"],
        ["message", "-m", "m"],
        ["stop"],
        ["start"],
        ["label", "a=b"],
    ]
    for number, (file, make) in enumerate(
        (file, make)
        for file in (
            "work_dir",
            "env",
            "exit",
            "signs",
            "events.jsonl",
            "screen",
            "lock",
            "wanted",
            "foreground",
            "stopped",
        )
        for make in (os.mkfifo, lambda path: os.symlink("/dev/zero", path))
    ):
        name = f"a{number}"
        mngr("create", name, *IN_PLACE).assert_success()
        path = mngr.folder(name) / file
        path.unlink(missing_ok=True)
        make(path)
        line = lines[number % len(lines)]
        for words in ([line[0], name, *line[1:]], ["stop", name], ["list"]):
            done = mngr(*words, timeout=15)
            assert done.code in (0, 1, 3, 5, 66), done
            assert "Traceback" not in done.err, done
            assert harmless(done.err + done.out), done


def test_a_record_cannot_lead_elsewhere(mngr: Mngr, repo: Path) -> None:
    for name in ("good", "bad"):
        mngr("create", name, *PLAIN).assert_success()
    good, path = mngr.folder("good").name, mngr.folder("bad") / "record.json"
    record = json.loads(path.read_text())
    for change in (
        {"id": good},
        {"name": "../../x"},
        {"name": "good\x1b[31m"},
        {"id": "../../../" + good},
        {"id": "agent-../../../x"},
        {"created_at": "\x1b[31m"},
        {"command": [1]},
        {"labels": {"a": 1}},
        {"labels": {"a": "\ud800"}},
        {"command": ["\ud800"]},
    ):
        # In another form than mngr's own, so that no script recognises it.
        path.write_text(json.dumps({**record, **change}, indent=None, separators=(",", ":")) + "\n")
        rows = mngr("list", "--format", "json").json()
        assert {row["state"] for row in rows if row["name"] != "good"} == {"unknown"}, rows
        for line in (["stop"], ["rename", "worse"], ["destroy", "--force"], ["label", "a=b"], ["start"]):
            done = mngr(line[0], "bad", *line[1:])
            assert done.code in (1, 2, 3), done
            assert harmless(done.err), done
        assert mngr.agent("good")["state"] in ("running", "waiting")
        mngr("restore").assert_success()
    odd = {
        "type": "\x1b[31m",
        "project": "\x1b]0;x\x07\n\x9b",
        "labels": {"\x1b[1m": "\x1b[2m"},
        "created_at": record["created_at"],
    }
    odd["workspace"] = {**record["workspace"], "branch": "\x1b[31m", "base_branch": "-x"}
    path.write_text(json.dumps({**record, **odd}) + "\n")
    for line in (
        ["list"],
        ["list", "--fields", "name,type,project,labels,branch,base_branch"],
        ["why", "bad"],
        ["label", "bad"],
        [],
    ):
        done = mngr(*line).assert_success()
        assert harmless(done.out + done.err), done
    for form in ("json", "jsonl"):
        assert harmless(mngr("list", "--format", form).assert_success().out)


def test_what_an_agent_prints_is_not_obeyed(mngr: Mngr, repo: Path, eventually: Eventually) -> None:
    mngr("create", "x", *IN_PLACE).assert_success()
    folder = mngr.folder("x")
    mngr("stop", "x").assert_success()
    (folder / "screen").write_bytes(b"\x1b]0;owned\x07\x9b31m\xff\x00 text\n")
    assert harmless(mngr("capture", "x").assert_success("text").out)
    event = {"time": "2026-01-01T00:00:00Z\x1b[31m", "source": "\x1b[1m", "type": "\x9b\x07", "x": "\x1b]0;a\x07"}
    (folder / "events.jsonl").write_text(json.dumps(event) + "\n" + f"==> agent-{'0' * 32}\n")
    for line in (["events", "x"], ["events", "@local"], ["why", "x"]):
        done = mngr(*line).assert_success()
        assert harmless(done.out + done.err), done
    for form in ("json", "jsonl"):
        assert harmless(mngr("events", "x", "--format", form).assert_success().out)
    script = "printf '\\033]0;owned\\007\\033[31mbad'; exit 126"
    failed = mngr("create", "y", "--transfer", "none", "--no-connect", "--", "sh", "-c", script)
    assert harmless(failed.out + failed.err)


def test_environment_is_not_shell_code(mngr: Mngr, repo: Path) -> None:
    for key in ("A$(touch pwned)", "A;touch pwned", "A B", "1A", "A`touch pwned`", "", "-", "ä", "A\nB"):
        mngr("create", "x", "--env", f"{key}=1", *PLAIN).assert_failure(2)
    file = mngr.home / "variables"
    file.write_text("A=$(touch pwned)\nexport B='`touch pwned`'\n# C=1\n\nD=a b  c \n")
    mngr("create", "x", "--env-file", str(file), *PLAIN).assert_success()
    shown = mngr("exec", "x", 'printf "%s|%s|%s" "$A" "$B" "$D"').assert_success().out
    assert shown == "$(touch pwned)|'`touch pwned`'|a b  c "


def test_secrets_are_in_one_file_only(mngr: Mngr, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"--env": "s3cret-given", "--pass-env": "s3cret-passed", "--env-file": "s3cret-filed"}
    monkeypatch.setenv("PASSED", secrets["--pass-env"])
    (mngr.home / "file").write_text(f"FILED={secrets['--env-file']}\n")
    seen: set[bytes] = set()
    over = threading.Event()
    own: list[int] = []

    def watch() -> None:
        while not over.is_set():
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = entry.read_bytes()
                except OSError:
                    continue
                if b"s3cret" in line and int(entry.parent.name) not in own and b"create\0x\0" not in line:
                    seen.add(line)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        made = mngr(
            "-v", "create", "x", "--env", f"GIVEN={secrets['--env']}", "--pass-env", "PASSED", "--env-file",
            str(mngr.home / "file"), "--extra-provision-command", "test \"$GIVEN\"", *PLAIN,
        ).assert_success()  # fmt: skip
        outputs = [
            made,
            mngr("exec", "x", "true"),
            mngr("list", "--format", "json"),
            mngr("events", "x", "--format", "json"),
        ]
        outputs += [
            mngr("-v", "stop", "x"),
            mngr("-v", "start", "x"),
            mngr("why", "x", "--format", "json"),
            mngr("-v", "exec", "x", "true"),
        ]
    finally:
        over.set()
        watcher.join()
    assert seen == set()
    assert not [outcome for outcome in outputs if b"s3cret" in outcome.stdout + outcome.stderr]
    holders = [path for path in mngr.host_dir.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
    assert [path.name for path in holders] == ["env"]
    assert holders[0].stat().st_mode & 0o777 == 0o600
    environment = (
        run(*tmux(mngr, "show-environment", "-g")).out + run(*tmux(mngr, "show-environment", "-t", "mngr-x")).out
    )
    assert "s3cret" not in environment
    shown = mngr("exec", "x", 'echo "$GIVEN $PASSED $FILED"').out.split()
    assert sorted(shown) == sorted(secrets.values())


def test_sources_are_not_commands(mngr: Mngr, repo: Path) -> None:
    for url in (
        "ext::sh -c 'touch pwned'",
        "--upload-pack=touch pwned",
        "ext::touch pwned://x",
        "file://$(touch pwned)",
        "ssh://-oProxyCommand=touch pwned/x",
        "-oProxyCommand=touch@pwned:x",
        "git@-oProxyCommand=touch pwned:x",
    ):
        done = mngr("create", "x", "--from", url, *PLAIN)
        assert done.code in (1, 2, 3), done
        assert "Traceback" not in done.err
    assert mngr.agents() == {}
    assert leftovers(mngr, repo, agents=set()) == []


def test_hooks_and_filters_of_a_repository_are_not_run(mngr: Mngr, repo: Path) -> None:
    hooks = repo / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in (
        "post-checkout",
        "pre-commit",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
        "post-commit",
    ):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch '{mngr.home}/pwned'\n")
        (hooks / hook).chmod(0o755)
    git(repo, "-c", "core.hooksPath=/dev/null", "config", "core.fsmonitor", str(hooks / "fsmonitor-watchman"))
    mngr("create", "x", *PLAIN).assert_success()
    mngr("create", "y", "--transfer", "mirror", *PLAIN).assert_success()
    mngr("create", "z", "--transfer", "rsync", *PLAIN).assert_success()
    mngr("destroy", "x", "y", "z", "--force").assert_success()
    mngr("restore", "x").assert_success()
    assert sessions(mngr) == set()
