"""Strange homes, paths, locales, terminals, shells, users and limits: everything works as ever."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from aftermath import Source, leftovers, sessions
from program import Mngr, Outcome, git, run
from terminal import Terminal

Eventually = Callable[..., object]
PLAIN = ["--no-connect", "--", "cat"]
ODD_NAMES = [
    "with space",
    'it\'s "quoted" $(touch pwned) `touch pwned`;&|',
    "ünï-日本語-🎉",
    "#{pid} #(touch pwned) %n",
    "-rf",
]


def lives_and_dies(mngr: Mngr, repo: Path, **options: dict[str, str]) -> None:
    """Check that an agent can be made, spoken to, looked at, stopped, started, destroyed and restored."""
    before = Source.of(repo)
    (name,) = ("x",)
    mngr("create", name, *PLAIN, **options).assert_success()
    mngr("message", name, "hé there", **options).assert_success()
    mngr("wait", name, "--state", "waiting", "--timeout", "10s", **options).assert_success()
    assert "hé there" in mngr("capture", name, **options).out
    mngr("exec", name, "echo kept >made; test -f README.md", **options).assert_success()
    mngr("list", **options).assert_success(name)
    mngr("stop", name, **options).assert_success()
    mngr("start", name, **options).assert_success()
    mngr("rename", name, "y", **options).assert_success()
    mngr("destroy", "y", **options).assert_failure(7, "made")
    mngr("destroy", "y", "--force", **options).assert_success()
    mngr("restore", "y", **options).assert_success()
    mngr("exec", "y", "cat made", **options).assert_success("kept")
    mngr("destroy", "y", "--force", "--remove-branch", **options).assert_success()
    assert leftovers(mngr, repo, agents=set()) == []
    assert Source.of(repo) == before
    assert not list(mngr.home.rglob("pwned"))


@pytest.mark.parametrize(
    "env", [{"LANG": "C"}, {"LC_ALL": "C", "LANG": ""}, {"TERM": "dumb"}, {"TERM": ""}, {"SHELL": ""}]
)
def test_with_another_environment(mngr: Mngr, repo: Path, env: dict[str, str]) -> None:
    lives_and_dies(mngr, repo, env=env)


def test_without_home(mngr: Mngr, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    for name in ("TERM", "SHELL", "LANG"):
        monkeypatch.delenv(name)
    lives_and_dies(mngr, repo)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_in_a_path_of_an_odd_name(mngr: Mngr, repo: Path, name: str) -> None:
    home = mngr.home / name / "home"
    home.mkdir(parents=True)
    moved = home / name
    shutil.copytree(repo, moved, symlinks=True)
    mngr.host_dir = home / ".mngr"
    mngr.cwd = moved
    mngr.env.update(HOME=str(home), MNGR_HOST_DIR=str(mngr.host_dir))
    lives_and_dies(mngr, moved)


def test_in_a_path_with_a_line_break(mngr: Mngr, repo: Path) -> None:
    moved = mngr.home / "line\nbreak"
    shutil.copytree(repo, moved)
    refused = mngr("create", "x", *PLAIN, cwd=moved)
    assert refused.code in (1, 2), refused
    refused.assert_failure(refused.code, "line break")
    assert len(refused.err.splitlines()) <= 3
    odd = {"MNGR_HOST_DIR": str(mngr.home / "host\ndir")}
    done = mngr("create", "x", *PLAIN, env=odd)
    assert done.code in (0, 1, 2), done
    assert "Traceback" not in done.err
    mngr("list", env=odd)
    mngr.host_dir = mngr.home / "host\ndir"


def test_in_a_path_that_is_not_utf8(mngr: Mngr, repo: Path) -> None:
    moved = os.fsencode(mngr.home) + b"/\xff\xfe"
    shutil.copytree(os.fsencode(repo), moved)
    mngr.cwd = Path(os.fsdecode(moved))
    lives_and_dies(mngr, mngr.cwd)
    made = mngr("list", "--format", "json")
    made.assert_success()


def test_with_a_strange_tmux_configuration(mngr: Mngr, repo: Path, terminal: Callable[..., Terminal]) -> None:
    strange = (
        "set -g base-index 5\nset -g pane-base-index 3\nset -g prefix C-a\n"
        "set -g remain-on-exit off\nset -g status off\n"
        "set -g default-command 'echo junk; exec sh'\nset -g default-shell /bin/false\nset -g renumber-windows on\n"
        f"set-hook -g session-created 'run-shell \"touch {mngr.home}/hooked\"'\nnonsense\n"
    )
    (mngr.home / ".tmux.conf").write_text(strange)
    (mngr.home / ".config" / "tmux").mkdir(parents=True)
    (mngr.home / ".config" / "tmux" / "tmux.conf").write_text(strange)
    lives_and_dies(mngr, repo)
    mngr("create", "x", "-w", "side=sleep 1000", *PLAIN).assert_success()
    with terminal([*mngr.program, "connect", "x"], cwd=repo) as screen:
        screen.wait_for("mngr-x")
        screen.press("C-b")
        screen.press("d")
        assert screen.wait_for_end() == 0
    assert not (mngr.home / "hooked").exists()


def test_with_a_shell_that_prints_junk(mngr: Mngr, repo: Path) -> None:
    for file in (".bashrc", ".bash_profile", ".profile", ".zshrc", ".zshenv", ".shrc"):
        (mngr.home / file).write_text("echo junk; echo junk >&2; cd /; alias cat=false; set -u\nfalse\n")
    for shell in ("/bin/bash", "/bin/sh"):
        env = {"SHELL": shell, "BASH_ENV": str(mngr.home / ".bashrc"), "ENV": str(mngr.home / ".shrc")}
        lives_and_dies(mngr, repo, env=env)


def test_as_an_ordinary_user(ordinary_user: Mngr) -> None:
    mngr = ordinary_user
    script = "git init -qb main p && cd p && echo a >README.md && git add -A && git commit -qm a"
    made = subprocess.run(
        ["sh", "-c", script],
        cwd=mngr.home,
        env={**os.environ, **mngr.env},
        user=mngr.user,
        group=mngr.user,
        check=False,
    )
    assert made.returncode == 0
    mngr.cwd = mngr.home / "p"
    mngr("create", "x", *PLAIN).assert_success()
    mngr("message", "x", "hello").assert_success()
    assert mngr.agent("x")["state"] in ("running", "waiting")
    mngr("exec", "x", "id -u").assert_success(str(mngr.user or os.getuid()))
    mngr("stop", "x").assert_success()
    mngr("start", "x").assert_success()
    mngr("destroy", "x").assert_success()
    mngr("restore", "x").assert_success()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_with_closed_streams(mngr: Mngr, repo: Path, closed: str) -> None:
    program = " ".join(f"'{word}'" for word in mngr.program)
    made = run("sh", "-c", f"{program} create x {' '.join(PLAIN)} {closed}", cwd=repo)
    assert "Traceback" not in made.err
    assert list(mngr.agents()) == ["x"], made
    for line in ("list", "list --format json", "message x hi", "exec x true", "stop x", "destroy x --force"):
        done = run("sh", "-c", f"{program} {line} {closed}", cwd=repo)
        assert done.code in (0, 1), done
        assert "Traceback" not in done.err
    assert mngr.agents() == {}
    assert leftovers(mngr, repo, agents=set()) == []
    record = next((mngr.host_dir / "destroyed").glob("*/record.json"))
    assert record.read_text().startswith('{"version"')


def test_with_full_streams(mngr: Mngr, repo: Path) -> None:
    program = " ".join(f"'{word}'" for word in mngr.program)
    mngr("create", "x", *PLAIN).assert_success()
    done = run("sh", "-c", f"{program} list >/dev/full", cwd=repo)
    done.assert_failure(1, "standard output")
    assert run("sh", "-c", f"{program} nonsense 2>/dev/full", cwd=repo).code == 2


def test_inside_tmux(mngr: Mngr, repo: Path, terminal: Callable[..., Terminal]) -> None:
    words = " ".join(f"'{word}'" for word in [*mngr.program, "create", "x", *PLAIN])
    with terminal(
        ["sh", "-c", f"TMUX=/tmp/nosuch,1,0 TMUX_PANE=%9 {words}; echo code $?; exec cat"], cwd=repo
    ) as screen:
        screen.wait_for("code 0")
    assert sessions(mngr) == {"mngr-x"}
    mngr("exec", "x", 'test -z "$TMUX_PANE"').assert_success()
    mngr("list", env={"TMUX": "/tmp/nosuch,1,0"}).assert_success("x")


def test_in_a_folder_that_is_gone(mngr: Mngr, repo: Path) -> None:
    mngr("create", "x", *PLAIN).assert_success()
    program = " ".join(f"'{word}'" for word in mngr.program)
    gone = mngr.home / "gone"

    def in_it(line: str) -> Outcome:
        gone.mkdir()
        return run("sh", "-c", f"cd '{gone}'; rmdir '{gone}'; {program} {line}")

    in_it("list").assert_success("x")
    in_it("exec x true").assert_success()
    in_it("stop x").assert_success()
    in_it("start x").assert_success()
    refused = in_it("create y -- cat")
    refused.assert_failure(2, "the current folder is gone", "hint:")
    in_it("create y --transfer none -- cat").assert_failure(2, "the current folder is gone")
    in_it("destroy x --force").assert_success()


@pytest.mark.parametrize("mask", ["000", "077"])
def test_with_another_umask(mngr: Mngr, repo: Path, mask: str, eventually: Eventually) -> None:
    program = " ".join(f"'{word}'" for word in mngr.program)
    made = f"umask {mask}; {program} create x --env SECRET=s3cret --no-connect -- sh -c 'umask >m; echo >made; cat'"
    run("sh", "-c", made, cwd=repo).assert_success()
    folder = mngr.folder("x")
    for path in (mngr.host_dir, *(each for each in mngr.host_dir.rglob("*") if each.name in ("agents", "env", "logs"))):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in (folder, *(each for each in folder.iterdir() if not each.is_symlink())):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    work_dir = Path(mngr.agent("x")["work_dir"])
    eventually(lambda: (work_dir / "made").exists())
    assert int((work_dir / "m").read_text(), 8) == int(mask, 8)
    assert git(work_dir, "status", "--porcelain", "--", "src", "README.md") == ""
    run("sh", "-c", f"umask {mask}; {program} destroy x --force", cwd=repo).assert_success()
    assert (mngr.host_dir / "destroyed").stat().st_mode & 0o077 == 0


def test_with_few_open_files(mngr: Mngr, repo: Path) -> None:
    program = " ".join(f"'{word}'" for word in mngr.program)
    for number in range(20):
        run(
            "sh", "-c", f"ulimit -n 64; {program} create a{number} --transfer none {' '.join(PLAIN)}", cwd=repo
        ).assert_success()
    run("sh", "-c", f"ulimit -n 64; {program} list", cwd=repo).assert_success("a19")
    for line in ("exec --all true", "stop --all", "start a1 a2 a3 a4 a5 a6 a7 a8 a9", "destroy --all --force"):
        done = run("sh", "-c", f"ulimit -n 64; {program} {line}", cwd=repo, timeout=50)
        done.assert_success()
    assert mngr.agents() == {}
