"""What a new agent is given on another host: files, variables, and what commands make of it; or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from docker_engine import BASE
from program import Mngr, Outcome

pytestmark = pytest.mark.slow
Create = Callable[..., Outcome]
LEFT = "cd ~/.mngr && ls agents worktrees names making"
COMMAND = "--extra-provision-command"


@pytest.fixture(params=["ssh", "docker"])
def create(request: pytest.FixtureRequest, mngr: Mngr, repo: Path) -> Create:
    """Return `create(*options)`, which makes agent `one` on another host, where there is a `first` already."""
    if request.param == "ssh":
        request.getfixturevalue("ssh_hosts")()
        address, options = "box1.ssh", []
    else:
        mngr.env["MNGR_PREFIX"] = f"t{request.getfixturevalue('docker_engine').mark}-"
        address, options = "box.docker", ["--new-host", "-b", f"image={BASE}", "-b", "offline"]

    def make(*options: str, name: str = "one") -> Outcome:
        return mngr("create", f"{name}@{address}", "--no-connect", *options, "--", "cat", timeout=60)

    make(*options, name="first").assert_success()
    return make


def test_files_arrive_as_they_are_here(create: Create, mngr: Mngr, home: Path) -> None:
    (home / "a b:c").write_bytes(b"\0\xff")
    (home / "tool").write_text("#!/bin/sh\necho works\n")
    (home / "tool").chmod(0o750)
    (home / "secret").write_text("x")
    (home / "secret").chmod(0o600)
    (home / "folder" / "in it").mkdir(parents=True)
    (home / "folder" / "in it" / "-f").write_text("deep")
    (home / "linked").symlink_to("secret")
    files = {
        "a b:c": "deep/er/a b",
        "tool": "bin/",
        "secret": "~/.config/app/secret",
        "folder": "~/copy of it",
        "folder/": "into/",
        "linked": "from a link",
    }
    words = [word for here, target in files.items() for word in ("--upload-file", f"{home}/{here}:{target}")]
    create(*words, COMMAND, "cp 'deep/er/a b' saw").assert_success()
    shown = mngr("exec", "one", "od -An -tx1 saw; bin/tool; stat -c %a bin/tool ~/.config/app/secret 'from a link'")
    assert [line.strip() for line in shown.lines] == ["00 ff", "works", "750", "600", "600"]
    assert mngr("exec", "one", "cat ~/'copy of it/in it/-f' 'into/folder/in it/-f' 'from a link'").out == "deepdeepx"
    assert mngr("exec", "one", "ls -A $MNGR_AGENT_STATE_DIR").assert_success().lines.count("uploads") == 0
    create("--upload-file", "nowhere:x", name="two").assert_failure(2, "'nowhere' cannot be uploaded")
    done = create("--upload-file", f"{home}/tool:/proc/nowhere/x", name="two")
    done.assert_failure(1, f"upload of {home}/tool failed", "/proc/nowhere")
    assert set(mngr.agents()) == {"first", "one"}


def test_variables_and_commands_in_their_order(create: Create, mngr: Mngr, repo: Path, home: Path) -> None:
    (home / "vars").write_text("A=from 'a' file\nB=x\n")
    (repo / ".mngr").mkdir()
    (repo / ".mngr" / "config.toml").write_text('[project]\nsetup = "echo set up >order"\n')
    mngr("config", "trust", "--yes").assert_success()
    words = ["--env-file", str(home / "vars"), "--env", "B=$(id) y", "--upload-file", f"{home}/vars:given"]
    create(*words, COMMAND, 'wc -l <given >>order; echo "$A|$B" >>order', COMMAND, "pwd >>order").assert_success()
    assert [line.strip() for line in mngr("exec", "one", "cat order").lines] == [
        "set up",
        "2",
        "from 'a' file|$(id) y",
        mngr.agent("one")["work_dir"],
    ]
    again = mngr("provision", "one", "--upload-file", f"{home}/vars:~/given", COMMAND, 'cp ~/given "again $B"')
    again.assert_success("provisioned one")
    assert mngr("exec", "one", 'cat "again $(printf %s "$B")"').out == (home / "vars").read_text()
    assert "has all it needs" in mngr("provision", "one").assert_success().out


def test_a_command_that_fails_shows_what_it_wrote_and_leaves_nothing(create: Create, mngr: Mngr) -> None:
    before = mngr("exec", "first", LEFT).assert_success().out
    told = create(COMMAND, "echo made >file", COMMAND, "echo to stdout; echo to stderr >&2; echo last; exit 9")
    told.assert_failure(1, "exit 9", "to stdout\nto stderr\nlast\n", "hint: ")
    late = create("-S", "provision.timeout_seconds=1", COMMAND, "echo $$ >~/pid; echo so far; sleep 600")
    late.assert_failure(124, "took longer than 1s", "so far", "provision.timeout_seconds")
    gone = mngr("exec", "first", 'if kill -0 "$(cat ~/pid)" 2>/dev/null; then echo runs; fi').assert_success()
    assert gone.out == ""
    assert mngr("exec", "first", LEFT).out == before
    create(COMMAND, "true").assert_success()
