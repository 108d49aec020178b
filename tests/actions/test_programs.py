"""Agents that are talked to: which program they get, where it comes from, and what it takes from the user."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from program import Mngr
from sessions import alive, pid_in
from terminal import Terminal

Eventually = Callable[..., object]
HostHas = Callable[..., AbstractContextManager[None]]
OpenTerminal = Callable[..., Terminal]
# Says what it got, and stays.
STAYS = 'env >"$HOME/got"; echo "$$" >"$HOME/pid"; exec sleep 1000'
SECRET = "sk-very-secret"


@pytest.fixture
def bin(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on PATH."""
    folder = home / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def program(folder: Path, name: str, script: str = STAYS) -> Path:
    """Write a program."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def log_in(home: Path) -> None:
    """Log in to Codex."""
    (home / ".codex").mkdir()
    (home / ".codex/auth.json").write_text(f'{{"OPENAI_API_KEY": "{SECRET}"}}')


def got(home: Path, eventually: Eventually) -> dict[str, str]:
    """Return the environment that the program of `STAYS` got."""
    pid_in(home / "pid")
    return dict(line.split("=", 1) for line in (home / "got").read_text().splitlines() if "=" in line)


def test_a_lone_word_that_names_a_program_is_its_type(mngr: Mngr, repo: Path, bin: Path) -> None:
    program(bin, "claude")
    program(bin, "codex")
    assert "(codex)" in mngr("create", "codex", "--no-connect").assert_success().out
    assert {row["type"] for row in mngr.agents().values()} == {"codex"}


def test_nobody_who_could_be_told_anything_is_no_shell(mngr: Mngr, repo: Path) -> None:
    mngr("create", "one", "-m", "rm -rf everything").assert_failure(2, "no agent program is logged in", "hint: ")
    assert mngr.agents() == {}


def test_the_first_program_that_is_logged_in_is_the_default(mngr: Mngr, repo: Path, home: Path, bin: Path) -> None:
    done = mngr("create", "one", "--no-connect").assert_success("(shell)")
    assert "no agent program is logged in" in done.err
    program(bin, "codex")
    mngr("create", "two").assert_success("(shell)")
    log_in(home)
    assert "shell" not in mngr("create", "three").assert_success("(codex)").err
    mngr("create", "four", "--", "sleep", "1000").assert_success("(command)")
    mngr("create", "five", "shell").assert_success("(shell)")
    mngr("create", "six", "-S", "default_type=shell").assert_success("(shell)")


def test_the_default_is_not_started_to_find_it_out(mngr: Mngr, repo: Path, home: Path, bin: Path) -> None:
    for name in ("claude", "codex", "opencode"):
        program(bin, name, f'echo {name} "$@" >>"{home}/started"')
    mngr("create", "one").assert_success("(shell)")
    assert not (home / "started").exists()


def test_keys_and_folders_of_the_user_reach_the_program(
    mngr: Mngr, repo: Path, home: Path, bin: Path, eventually: Eventually, host_has: HostHas
) -> None:
    program(bin, "codex")
    here = {"OPENAI_API_KEY": SECRET, "HTTPS_PROXY": "http://proxy", "MY_KEY": SECRET, "UNRELATED": "no"}
    (home / ".codex").mkdir()
    (home / ".codex/config.toml").write_text('model_provider = "x"\n[model_providers.x]\nenv_key = "MY_KEY"\n')
    with host_has(**here):
        mngr("create", "one", "codex", "-v", env=here).assert_success()
    environment = got(home, eventually)
    assert [environment.get(name) for name in here] == [SECRET, "http://proxy", SECRET, None]
    folder = mngr.folder("one")
    assert (folder / "env").stat().st_mode & 0o777 == 0o600
    others = [path for path in mngr.host_dir.rglob("*") if path.is_file() and path != folder / "env"]
    assert [path for path in others if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in mngr("create", "two", "codex", "-v", env=here).assert_success().err


def test_what_was_said_goes_before_what_the_user_has(
    mngr: Mngr, repo: Path, home: Path, bin: Path, eventually: Eventually
) -> None:
    program(bin, "codex")
    env = {"OPENAI_API_KEY": SECRET}
    mngr("create", "one", "codex", "--env", "OPENAI_API_KEY=other", env=env).assert_success()
    assert got(home, eventually)["OPENAI_API_KEY"] == "other"


def test_an_agent_made_by_an_agent_gets_what_is_the_users_own(
    mngr: Mngr, repo: Path, home: Path, bin: Path, eventually: Eventually
) -> None:
    program(bin, "codex")
    mngr("create", "one", "codex", env={"CODEX_HOME": f"{home}/mine"}).assert_success()
    parents = got(home, eventually)
    assert parents["CODEX_HOME"] == f"{mngr.folder('one')}/codex"
    assert parents["MNGR_USER_CODEX_HOME"] == f"{home}/mine"
    (home / "pid").unlink()
    mngr("create", "two", "codex", env=parents).assert_success()
    childs = got(home, eventually)
    assert childs["CODEX_HOME"] == f"{mngr.folder('two')}/codex"
    assert childs["MNGR_USER_CODEX_HOME"] == f"{home}/mine"
    assert mngr.agent("two")["id"] == childs["MNGR_AGENT_ID"]


def package(home: Path, script: str = "true") -> str:
    """Write an npm package of a program `codex`, and return it as settings name it."""
    folder = home / "package"
    folder.mkdir(exist_ok=True)
    program(folder, "run", STAYS)
    (folder / "package.json").write_text(
        f'{{"name": "codex", "version": "1.2.3", "bin": {{"codex": "run"}}, "scripts": {{"install": "{script}"}}}}'
    )
    return f"agent_types.codex.package=file:{folder}"


def test_a_missing_program_is_installed_after_a_yes(mngr: Mngr, repo: Path, home: Path, eventually: Eventually) -> None:
    setting = package(home)
    done = mngr("create", "one", "codex", "-S", setting)
    done.assert_failure(2, "is not installed", "--yes", "file:")
    assert mngr.agents() == {}
    assert not (mngr.host_dir / "programs").exists()
    mngr("create", "one", "codex", "-S", setting, "--yes").assert_success("(codex)")
    assert "programs/codex@" in got(home, eventually)["PATH"].split(":")[0]
    mngr("create", "two", "codex", "-S", setting).assert_success("(codex)")


def test_a_person_is_asked(mngr: Mngr, repo: Path, home: Path, terminal: OpenTerminal) -> None:
    words = [*mngr.program, "create", "one", "codex", "--no-connect", "-S", package(home)]
    screen = terminal(words, cwd=repo, columns=200)
    screen.wait_for(r"is not installed. Install .* with npm.*\[y/N\]")
    screen.enter("n")
    screen.wait_for("hint: ")
    assert mngr.agents() == {}
    screen = terminal(words, cwd=repo, columns=200)
    screen.wait_for(r"\[y/N\]")
    screen.enter("y")
    screen.wait_for(r"created one \(codex\)")


def test_an_installation_that_fails_leaves_no_agent(mngr: Mngr, repo: Path, home: Path) -> None:
    setting = package(home, "echo made of cheese >&2; exit 3")
    mngr("create", "one", "codex", "-S", setting, "--yes").assert_failure(1, "made of cheese", "hint")
    assert mngr.agents() == {}
    assert not list((mngr.host_dir / "programs").glob(".*"))
    assert not (mngr.host_dir / "worktrees").exists()


def test_without_npm(mngr: Mngr, repo: Path, tmp_path: Path, host_has: HostHas) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for name in ("sh", "env", "git", "tmux", "sed", "awk", "flock", "mkdir", "date", "ssh"):
        (few / name).symlink_to(next(path for path in (Path("/bin") / name, Path("/usr/bin") / name) if path.exists()))
    with host_has(PATH=str(few)):
        done = mngr("create", "one", "codex", "--yes", env={"PATH": str(few)})
    done.assert_failure(1, "codex is not installed", "npm", "Node.js")


def test_creates_at_the_same_time_install_once(mngr: Mngr, repo: Path, home: Path) -> None:
    setting = package(home, f"echo x >>{home}/installs")
    started = [mngr.start("create", f"a{number}", "codex", "-S", setting, "--yes") for number in range(3)]
    for process in started:
        _, err = process.communicate(timeout=50)
        assert process.returncode == 0, err
    assert (home / "installs").read_text() == "x\n"
    assert len(mngr.agents()) == 3


def test_provision_installs_what_went_missing(mngr: Mngr, repo: Path, home: Path, bin: Path) -> None:
    program(bin, "codex")
    mngr("create", "one", "codex").assert_success()
    assert "has all it needs" in mngr("provision", "one").assert_success().out
    (bin / "codex").unlink()
    settings = mngr.host_dir / "config.toml"
    settings.write_text(f'[agent_types.codex]\npackage = "{package(home).partition("=")[2]}"\n')
    mngr("provision", "one").assert_failure(2, "--yes")
    mngr("provision", "one", "--yes").assert_success("provisioned one")
    mngr("provision", "one", "--extra-provision-command", "echo x >made").assert_success("provisioned one")
    assert (Path(mngr.agent("one")["work_dir"]) / "made").exists()


def test_only_the_user_says_that_what_is_made_from_is_trusted(mngr: Mngr, repo: Path, home: Path, bin: Path) -> None:
    program(bin, "codex")
    (repo / ".mngr").mkdir()
    (repo / ".mngr/config.toml").write_text("trust = true\n")
    mngr("config", "trust", "--yes").assert_success()
    mngr("create", "one", "codex").assert_failure(2, "trust", "config.toml:1", "never taken")
    (repo / ".mngr/config.toml").unlink()
    mngr("create", "one", "codex").assert_success()
    mngr("config", "set", "trust", "true").assert_success()
    mngr("create", "two", "codex").assert_success()
    mngr("create", "three", "codex", "-S", "trust=false", "--yes").assert_success()
    assert [(mngr.folder(name) / "trusted").exists() for name in ("one", "two", "three")] == [False, True, True]


def test_doctor_says_what_there_is(mngr: Mngr, home: Path, bin: Path) -> None:
    def said() -> dict[str, str]:
        rows = {row["about"]: row for row in mngr("doctor", "--format", "json").json()}
        return {name: f"{rows[name]['result']}: {rows[name]['says']}" for name in ("codex",)}

    assert said()["codex"].startswith("note: is not installed")
    program(bin, "codex", "echo codex-cli 0.169.0")
    assert said()["codex"] == f"note: codex-cli 0.169.0 at {bin}/codex, not logged in"
    log_in(home)
    done = mngr("doctor")
    assert SECRET not in done.out + done.err
    assert said()["codex"] == f"ok: codex-cli 0.169.0 at {bin}/codex, logged in: auth file"
    program(bin, "codex", "echo broken >&2; exit 1")
    rows = mngr("doctor", "--format", "json")
    assert (rows.code, b"does not run: broken" in rows.stdout) == (1, True)


ANSWERS = """
[ "$*" = "${*#*exec}" ] || { read -r said; cat >/dev/null
printf '{"type":"item.completed","item":{"type":"agent_message","text":"you said %s"}}\\n' "$said"
echo progress >&2
exit 7; }
"""


def test_headless_tells_the_answer_and_how_it_ended(mngr: Mngr, repo: Path, bin: Path) -> None:
    program(bin, "codex", ANSWERS)
    words = ["create", "--foreground", "--type", "codex"]
    done = mngr(*words, "-m", "-hello")
    assert (done.code, done.out, "progress" in done.err) == (7, "you said -hello\n", True)
    done = mngr(*words, "--format", "jsonl", input="by input\n")
    assert (done.code, done.out) == (
        7,
        '{"type":"item.completed","item":{"type":"agent_message","text":"you said by input"}}\n',
    )
    assert mngr.agents() == {}
    mngr(*words).assert_failure(2, "empty")
    mngr(*words, "-m", "x", "--format", "{name}").assert_failure(2)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_headless_run(
    mngr: Mngr, repo: Path, home: Path, bin: Path, eventually: Eventually, sent: int
) -> None:
    program(bin, "codex", f'echo "$$" >{home}/pid; sleep 1000 & wait')
    process = mngr.start("create", "one", "--foreground", "--type", "codex", "-m", "hello")
    pid = pid_in(home / "pid")
    os.killpg(process.pid, sent)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    eventually(lambda: not alive(pid))
    assert mngr.agents() == {}
