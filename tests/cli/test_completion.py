from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import ROOT, run
from terminal import Terminal

from mngr.cli.complete import candidates


@pytest.fixture(autouse=True)
def program(tmp_path: Path, host_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `mngr` on PATH, and two agents' names into the host folder."""
    folder = tmp_path / "bin of mine"
    folder.mkdir()
    command = shlex.join([sys.executable, str(ROOT / "scripts" / "mngr")])
    (folder / "mngr").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT}/src exec {command} "$@"\n')
    (folder / "mngr").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    (host_dir / "names").mkdir(parents=True)
    for name in ("fix-login", "fix-tests"):
        (host_dir / "names" / name).touch()
    (host_dir / "destroyed" / "agent-1").mkdir(parents=True)
    (host_dir / "destroyed" / "agent-1" / "record.json").write_text('{"name": "old-agent"}')
    (host_dir / "destroyed" / "agent-2").mkdir()
    (host_dir / "ssh" / "hosts" / "ssh").mkdir(parents=True)
    (host_dir / "ssh" / "hosts" / "ssh" / "big").touch()
    (host_dir / "names" / "both").touch()
    for kind, names in (("hosts", ("far-off", "both")), ("new", ("far-new", "far-off"))):
        (host_dir / "cache" / kind / "ssh").mkdir(parents=True)
        lines = "".join(f'running\n{{"version": 1, "name": "{name}"}}\n' for name in names)
        (host_dir / "cache" / kind / "ssh" / "big").write_text(f"-\n{lines}")
    for name, lines in (("host-1", "here\nmngr-\nid\nmngr-fox\n"), ("host-2", "here\nother-\nid\nother-ox\n")):
        (host_dir / "containers" / "docker" / name).mkdir(parents=True)
        (host_dir / "containers" / "docker" / name / "known").write_text(lines)


CASES = [
    ("mngr des", ["destroy"]),
    ("mngr -v --format json des", ["destroy"]),
    ("mngr rm fix-", ["fix-login", "fix-tests"]),
    ("mngr destroy --all fix-l", ["fix-login"]),
    ("mngr destroy --remove", ["--remove-branch"]),
    ("mngr destroy --state bl", ["blocked"]),
    ("mngr destroy -v --state=bl", ["--state=blocked"]),
    ("mngr completion ", ["bash", "fish", "zsh"]),
    ("mngr help exit", ["exit-codes"]),
    ("mngr --format js", ["json", "jsonl"]),
    ("mngr destroy -- fix-l", ["fix-login"]),
    ("mngr nosuch ", []),
    ("mngr config un", ["unset", "untrust"]),
    ("mngr create x --type ", ["claude", "codex", "command", "opencode", "shell"]),
    ("mngr restore old", ["old-agent"]),
    ("mngr stop @b", ["@big.ssh"]),
    ("mngr create new@f", ["new@fox.docker"]),
    ("mngr list --host bi", ["big.ssh"]),
    ("mngr exec far", ["far-new", "far-off"]),
    ("mngr exec bo", ["both@big.ssh", "both@local"]),
    ("mngr why @b", ["@big.ssh"]),
    ("mngr stop fix-l", ["fix-login"]),
    ("mngr message @b", []),
]


def complete(line: str) -> list[str]:
    words = line.split(" ")[1:]
    return sorted(text for text, _ in candidates(words[:-1], words[-1]) if text.startswith(words[-1]))


@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_candidates(line: str, wanted: list[str]) -> None:
    assert complete(line) == wanted


def test_branches(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    assert complete("mngr create x --branch ") == ["main"]
    assert complete("mngr create x --branch main:") == []
    monkeypatch.chdir("/")
    assert complete("mngr create x --branch ") == []


def test_types_and_templates_come_from_the_configuration(host_dir: Path, home: Path) -> None:
    (host_dir / "config.toml").write_text('[templates.review]\n[agent_types."my-type".env]\n[templates.a.b]\n')
    project = home / "p" / ".mngr"
    project.mkdir(parents=True)
    (project / "config.toml").write_bytes(b"[templates.own]\n\xff\n")
    os.chdir(home / "p")
    assert complete("mngr create --template ") == ["a", "own", "review"]
    assert "my-type" in complete("mngr create --type ")


def test_files_are_left_to_the_shell() -> None:
    found = list(candidates(["create", "--message-file"], ""))
    assert found == [(":files", "")]


def test_names_where_there_is_no_host_folder(host_dir: Path) -> None:
    shutil.rmtree(host_dir)
    assert complete("mngr destroy fi") == []


def test_strange_words_do_no_harm() -> None:
    for word in ("\udcff", "x" * 100_000, "-", "--=", "=", "@", "\x1b"):
        run("mngr", "__complete", "destroy", word).assert_success()
    run("mngr", "__complete").assert_success("create")


@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_bash(line: str, wanted: list[str]) -> None:
    own = line.rpartition(" ")[2]
    name, at, _ = own.partition("@")  # where bash splits a word at an @, it keeps that
    cut = name if at and name else own[: own.rfind("=") + 1]
    script = f"""
        eval "$(mngr completion bash)"
        COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)}
        _mngr_complete mngr {shlex.quote(own.removeprefix(cut))} ''
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    found = run("bash", "--norc", "-c", script).assert_success()
    assert sorted(word for word in found.lines if word) == [word.removeprefix(cut) for word in wanted]


def test_bash_on_a_terminal(terminal: Callable[..., Terminal]) -> None:
    screen = terminal(["bash", "--norc", "--noprofile", "-i"])
    screen.enter("PS1='ready '; eval \"$(mngr completion bash)\"; clear")
    screen.wait_for("^ready *$")
    for typed, completed in (("create new@f", "create new@fox.docker"), ("stop @b", "stop @big.ssh")):
        screen.press("-l", f"mngr {typed}")
        screen.press("Tab")
        screen.wait_for(f"mngr {completed}")
        screen.press("C-u")


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish")
@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_fish(line: str, wanted: list[str]) -> None:
    found = run("fish", "-c", f"mngr completion fish | source; complete -C {shlex.quote(line)}").assert_success()
    assert sorted(text.partition("\t")[0] for text in found.lines) == wanted


SHELLS = {
    "bash": (["bash", "--norc", "-i"], 'eval "$(mngr completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -Uz compinit && compinit -u -D; eval "$(mngr completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "mngr completion fish | source"),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_in_a_terminal(shell: str, home: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell}")
    (home / "a message.txt").touch()
    argv, load = SHELLS[shell]
    with Terminal(f"completion-{shell}-{os.getpid()}", argv, home) as terminal:
        terminal.enter(f"{load}; echo loa''ded")
        terminal.wait_for("loaded")
        terminal.type("mngr destroy --all fix-l")
        terminal.press("Tab")
        terminal.wait_for("mngr destroy --all fix-login")
        terminal.press("C-u")
        terminal.type("mngr destroy --state=bl")
        terminal.press("Tab")
        terminal.wait_for("mngr destroy --state=blocked")
        terminal.press("C-u")
        terminal.type("mngr create --message-file a")
        terminal.press("Tab")
        terminal.wait_for(r"--message-file a\\ message.txt")
        terminal.press("C-u")
        terminal.type("mngr help exit-c")
        terminal.press("Tab")
        terminal.wait_for("mngr help exit-codes")
