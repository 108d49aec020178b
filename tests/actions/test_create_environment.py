"""What a new agent finds around it: variables, files, what was set up for it."""

from __future__ import annotations

import os
import select
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr, git
from sessions import alive, pid_in
from watched import put_first

Eventually = Callable[..., object]

HARD = {
    "QUOTES": b'it\'s "quoted" $HOME `id` \\ \\n',
    "LINES": b"one\ntwo\n\nthree\n\n",
    "BYTES": b"\xff\xfe not UTF-8 \x80",
    "CONTROLS": b"\x01\t\x1b[31m\x7f",
    "EMPTY": b"",
    "SPACES": b"  both ends  ",
    "UNICODE": "größe \u2028 \U0001f600".encode(),
    "LONG": b"x" * 100_000,
    "EQUALS": b"=a=b=",
}


def seen_by(file: Path, eventually: Eventually) -> dict[bytes, bytes]:
    """Return the environment that a program wrote into a file."""
    eventually(lambda: file.exists() and file.read_bytes().endswith(b"\0"))
    return dict(item.split(b"=", 1) for item in file.read_bytes().split(b"\0") if item)


def dump(home: Path) -> list[str]:
    return ["--", "sh", "-c", f"env -0 >'{home}/new' && mv '{home}/new' '{home}/seen'; exec sleep 600"]


def test_values_arrive_byte_for_byte(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    half = len(HARD) // 2
    given = [word for name in list(HARD)[:half] for word in ("--env", name.encode() + b"=" + HARD[name])]
    passed = [word for name in list(HARD)[half:] for word in ("--pass-env", name)]
    here = {name: os.fsdecode(HARD[name]) for name in list(HARD)[half:]}
    mngr("create", "one", *given, *passed, *dump(home), env=here).assert_success()
    found = seen_by(home / "seen", eventually)
    assert {name: found[name.encode()] for name in HARD} == HARD


def test_a_file_is_taken_literally(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    (home / "vars").write_bytes(b"# a comment\n\nA=$HOME 'x'\nexport B=\"y\" \r\nC=\xff\nA2=one\n")
    mngr("create", "one", "--env-file", "~/vars", "--env", "A2=two", *dump(home)).assert_success()
    found = seen_by(home / "seen", eventually)
    assert (found[b"A"], found[b"B"], found[b"C"], found[b"A2"]) == (b"$HOME 'x'", b'"y" ', b"\xff", b"two")


def test_only_what_is_named_comes_along(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    here = {"SECRET_OF_MINE": "x", "PYTHONSTARTUP": "x", "TMUX": "", "LC_TIME": "C"}
    mngr("create", "one", *dump(home), env=here).assert_success()
    found = seen_by(home / "seen", eventually)
    assert not {b"SECRET_OF_MINE", b"PYTHONSTARTUP"} & set(found)
    assert found[b"LC_TIME"] == b"C"
    assert found[b"HOME"] == str(home).encode()
    own = mngr.agent("one")
    assert found[b"MNGR_AGENT_ID"].decode() == own["id"]
    assert found[b"MNGR_AGENT_NAME"] == b"one"
    assert found[b"MNGR_AGENT_WORK_DIR"].decode() == own["work_dir"]
    assert found[b"MNGR_AGENT_STATE_DIR"].decode() == str(mngr.folder("one"))
    assert found[b"MNGR_HOST_DIR"].decode() == str(mngr.host_dir)
    assert found[b"MNGR_GIT_BASE_BRANCH"] == b"main"


def test_exec_and_start_have_the_same_environment(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    mngr("create", "one", b"--env", b"X=\xff'\n", *dump(home)).assert_success()
    assert mngr("exec", "one", 'printf "%s|" "$X"').assert_success().stdout == b"\xff'\n|"
    seen_by(home / "seen", eventually)
    (home / "seen").unlink()
    mngr("stop", "one").assert_success()
    mngr("start", "one", env={"LC_TIME": "C"}).assert_success()
    found = seen_by(home / "seen", eventually)
    assert found[b"X"] == b"\xff'\n"
    assert b"LC_TIME" not in found


def test_files_are_uploaded_before_the_set_up(mngr: Mngr, repo: Path, home: Path) -> None:
    (home / "a:b").write_bytes(b"\0\xff")
    (home / "tool").write_text("#!/bin/sh\n")
    (home / "tool").chmod(0o755)
    (home / "folder").mkdir()
    (home / "folder" / "in it").write_text("x")
    words = ["--upload-file", f"{home}/a:b:deep/er/a", "--upload-file", "~/tool:bin/", "--upload-file", "~/folder:copy"]
    words += ["--upload-file", f"~/tool:{home}/absolute/-x"]
    words += ["--extra-provision-command", "cp deep/er/a saw; echo $X >>order", "--env", "X=y"]
    words += ["--extra-provision-command", "echo second >>order"]
    mngr("create", "one", *words, "--", "cat").assert_success()
    folder = Path(mngr.agent("one")["work_dir"])
    assert (folder / "saw").read_bytes() == b"\0\xff"
    assert (folder / "order").read_text() == "y\nsecond\n"
    assert (folder / "bin" / "tool").stat().st_mode & 0o777 == 0o755
    assert (folder / "copy" / "in it").read_text() == "x"
    assert (home / "absolute" / "-x").exists()


def test_a_set_up_that_fails_leaves_nothing(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    words = ["--extra-provision-command", "echo made >file; echo what went wrong >&2; exit 9"]
    done = mngr("create", "one", *words, "--", "cat")
    done.assert_failure(1, "exit 9", "what went wrong", "hint: ")
    assert mngr.agents() == {}
    assert list((host_dir / "agents").iterdir()) == []
    assert list((host_dir / "worktrees").iterdir()) == []
    assert list((host_dir / "names").iterdir()) == []
    assert git(repo, "branch", "--format", "%(refname:short)") == "main"
    assert git(repo, "worktree", "list").count("\n") == 0
    mngr("create", "one", "--", "cat").assert_success()


def test_the_user_s_own_folder_is_left_when_it_fails(mngr: Mngr, repo: Path) -> None:
    words = ["--transfer", "none", "--extra-provision-command", "exit 1"]
    mngr("create", "one", *words, "--", "cat").assert_failure(1, "exit 1")
    assert (repo / "README.md").read_text() == "# A project\n"


def test_the_project_s_set_up_runs_once_it_is_trusted(mngr: Mngr, repo: Path) -> None:
    (repo / ".mngr").mkdir()
    (repo / ".mngr" / "config.toml").write_text('[project]\nsetup = "echo set up >marker"\n')
    done = mngr("create", "one", "--", "cat")
    done.assert_failure(done.code, "trust")
    assert done.code in (1, 2)
    assert mngr.agents() == {}
    assert not (repo / "marker").exists()
    mngr("config", "trust", "--yes").assert_success()
    mngr("create", "one", "--", "cat").assert_success()
    assert (Path(mngr.agent("one")["work_dir"]) / "marker").read_text() == "set up\n"
    assert not (repo / "marker").exists()


def test_an_untrusted_repository_runs_nothing(mngr: Mngr, repo: Path, home: Path) -> None:
    (repo / ".mngr").mkdir()
    for text in (
        '[agent_types.shell]\ncommand = ["touch", "/HOME/ran"]\n',
        '[commands.create]\nextra_provision_command = ["touch /HOME/ran"]\n',
        '[commands.connect]\nconnect_command = "touch /HOME/ran"\n',
        '[commands.create]\nconnect_command = "touch /HOME/ran"\nconnect = true\n',
        '[templates.x]\nextra_window = ["touch /HOME/ran"]\n',
    ):
        (repo / ".mngr" / "config.toml").write_text(text.replace("/HOME", str(home)))
        assert mngr("create", "one", "shell").code in (1, 2), text
        assert mngr("create", "one", "-t", "x", "--", "cat").code in (1, 2), text
        mngr("list").assert_success()
    assert not (home / "ran").exists()
    assert mngr.agents() == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(
    mngr: Mngr, repo: Path, home: Path, host_dir: Path, eventually: Eventually, number: int
) -> None:
    shell = f"echo $$ >{home}/pid; sleep 600"
    process = mngr.start("create", "one", "--extra-provision-command", shell, "--", "cat")
    pid = pid_in(home / "pid")
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"mngr: interrupted\n")
    eventually(lambda: not alive(pid))
    assert mngr.agents() == {}
    for name in ("agents", "worktrees", "names"):
        assert list((host_dir / name).iterdir()) == []
    assert git(repo, "branch", "--format", "%(refname:short)") == "main"
    mngr("create", "one", "--", "cat").assert_success()


@pytest.mark.slow
def test_an_interrupt_at_any_moment_leaves_all_or_nothing(mngr: Mngr, repo: Path, host_dir: Path) -> None:
    for number in range(12):
        process = mngr.start("create", "one", "--", "cat")
        assert process.stdout
        select.select([process.stdout], [], [], 0.04 * (number + 1))  # a moment, or less if it is done by then
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode in (0, 130), err
        if mngr.agents():
            assert mngr.agent("one")["state"] in ("starting", "running", "waiting")
            mngr("destroy", "one").assert_success()
        assert list((host_dir / "agents").iterdir() if (host_dir / "agents").exists() else []) == []
        assert git(repo, "branch", "--format", "%(refname:short)") == "main"
        assert "nothing" in mngr("gc").assert_success().err


def test_a_session_that_comes_late_is_taken_back_too(
    mngr: Mngr, repo: Path, home: Path, host_dir: Path, eventually: Eventually
) -> None:
    real = shutil.which("tmux")
    held = f': >"{home}/begun"; sleep 0.5'
    put_first(home, "tmux", f"trap '' INT\ncase $* in *new-session*) {held} ;; esac\nexec {real} \"$@\"")
    process = mngr.start("create", "one", "--", "cat")
    eventually((home / "begun").exists)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, mngr.agents()) == (130, {}), err
    assert list((host_dir / "agents").iterdir()) == []
    mngr("create", "one", "--", "cat").assert_success()
