"""What `-v` shows of commands on other hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import ROOT, Mngr
from ssh_hosts import SshHost

from mngr.transports.brief import brief

PROBE = (ROOT / "src/mngr/observe/probe.sh").read_text()


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["sh", "-c", PROBE, "observe/probe.sh", "/f", "s"], ["sh", "observe/probe.sh", "/f", "s"]),
        (
            ["nice", "sh", "-c", PROBE, "observe/probe.sh", "sh", "-c", PROBE, "observe/probe.sh", "a b"],
            ["nice", "sh", "observe/probe.sh", "sh", "observe/probe.sh", "a b"],
        ),
        (["sh", "-c", PROBE + "#", "observe/probe.sh"], None),
        (["sh", "-c", "true", "observe/probe.sh"], None),
        (["sh", "-c", "true", "nosuch/x.sh"], None),
        (["sh", "-c", PROBE, "../mngr/observe/probe.sh"], None),
        (["sh", "-c", PROBE], None),
        (["git", "-C", "/x", "status"], None),
    ],
)
def test_only_what_is_the_text_of_a_script_is_shown_as_its_name(argv: list[str], shown: list[str] | None) -> None:
    assert brief(argv) == (argv if shown is None else shown)


def test_every_command_on_another_host_is_one_line(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    made = mngr("create", f"one@{ssh_host.name}.ssh", "-v", "--transfer", "none", "--", "cat").assert_success()
    copied = mngr("create", f"two@{ssh_host.name}.ssh", "-v", "--transfer", "rsync", "--", "cat").assert_success()
    assert "sh sync/carry.sh in " in copied.err
    for done in (made, copied, *(mngr(*words, "-v").assert_success() for words in (["list"], ["stop", "one", "two"]))):
        far = [line for line in done.err.splitlines() if line.startswith("+ ssh ")]
        assert far
        assert all(len(line) < 1000 for line in far)
    assert "sh observe/probe.sh " in mngr("list", "-v").assert_success().err
    shown = mngr("exec", "one", "-v", "echo hello").assert_success("hello").err
    assert "echo hello" in shown
