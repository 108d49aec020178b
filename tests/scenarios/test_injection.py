"""Nothing that comes from anywhere is run, taken for a flag, or obeyed by a terminal, and nothing leaves its place."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aftermath import Source, leftovers, sessions, tmux
from attacks import ATTACKS, harmless
from own_world import OwnWorld
from program import Mngr, git, run

from mngr.cli.main import perform

Eventually = Callable[..., object]
PLAIN = ["--no-connect", "--", "cat"]
IN_PLACE = ["--transfer", "none", *PLAIN]


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


def test_environment_is_not_shell_code(mngr: Mngr, repo: Path) -> None:
    for key in ("A$(touch pwned)", "A;touch pwned", "A B", "1A", "A`touch pwned`", "", "-", "ä", "A\nB"):
        mngr("create", "x", "--env", f"{key}=1", *PLAIN).assert_failure(2)
    file = mngr.home / "variables"
    file.write_text("A=$(touch pwned)\nexport B='`touch pwned`'\n# C=1\n\nD=a b  c \n")
    mngr("create", "x", "--env-file", str(file), *PLAIN).assert_success()
    shown = mngr("exec", "x", 'printf "%s|%s|%s" "$A" "$B" "$D"').assert_success().out
    assert shown == "$(touch pwned)|'`touch pwned`'|a b  c "


class Watch:
    """Looks at the command lines of all processes, over and over, for the secrets of the test below."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.is_set():
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = entry.read_bytes()
                except OSError:
                    continue
                if b"s3cret" in line and b"create\0x\0" not in line:  # but for what the user typed
                    self.seen.add(line)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def test_secrets_are_in_one_file_only(mngr: Mngr, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"--env": "s3cret-given", "--pass-env": "s3cret-passed", "--env-file": "s3cret-filed"}
    monkeypatch.setenv("PASSED", secrets["--pass-env"])
    (mngr.home / "file").write_text(f"FILED={secrets['--env-file']}\n")
    with Watch() as watch:
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
    assert watch.seen == set()
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
    urls = (
        "ext::sh -c 'touch pwned'",
        "--upload-pack=touch pwned",
        "ext::touch pwned://x",
        "file://$(touch pwned)",
        "ssh://-oProxyCommand=touch pwned/x",
        "-oProxyCommand=touch@pwned:x",
        "git@-oProxyCommand=touch pwned:x",
    )
    for url in urls:
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
