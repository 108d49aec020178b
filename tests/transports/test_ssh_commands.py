"""Commands on SSH hosts: whatever words they have, whichever shell reads them, whatever goes in, out and wrong."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable

import pytest
from program import Mngr
from reach import reached
from ssh_hosts import SshHost
from waiting import eventually

from mngr.hosts.user_environment import user_environment
from mngr.model.errors import CommandError, TimedOutError, UnreachableError

Hosts = Callable[..., list[SshHost]]
WORDS = (
    *("", "-n", "--", "plain", "a b", "a'b", 'a"b', "a\\b", "\\", "\\\\n", "'\\''", "tab\there", "!x", "a!b!", "!!"),
    *(
        "$HOME",
        "`id`",
        "$(id)",
        "~",
        "~root",
        "*",
        "?",
        "[a-z]",
        "{a,b}",
        "=ls",
        "#x",
        "a;b",
        "a&b|c>d<e",
        "%1",
        "^a^b",
    ),
    *(
        "two\nlines",
        "\n",
        "end\n",
        "\n\\n'!\"\n",
        "ünïcode ✓ 漢字",
        "\udcff\udc80",
        "\x01\x7f\x1b[31m",
        "x" * 5000,
        "(a)",
    ),
)


@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/dash", "/usr/bin/zsh", "/usr/bin/fish", "/bin/tcsh"])
def test_words_arrive_as_they_are_in_any_shell(ssh_hosts: Hosts, shell: str) -> None:
    (box,) = ssh_hosts(shell=shell)
    host = reached(box)
    for words in (WORDS, *[(word,) for word in WORDS if "\n" in word or "\udcff" in word]):
        said = host.run(["printf", "%s\\0", *words]).out
        assert said == b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)
    done = host.run(["sh", "-c", "cat >&2; exit 7"], b"in\n", check=False)
    assert (done.code, done.out, done.err) == (7, b"", b"in\n")
    assert host.script(["hosts/user_environment.sh"]).text.count("HOME=/root\n") == 1


def test_what_start_up_files_print_is_not_taken_for_an_answer(ssh_host: SshHost) -> None:
    (ssh_host.home / ".bashrc").write_text("echo 'noise $$ 1'; echo loud >&2; printf 'no line end'\n")
    host = reached(ssh_host)
    assert host.run(["echo", "answer"]).out == b"answer\n"
    with host.spawn(["cat"]) as cat:
        cat.write(b"hello\n")
        assert cat.read_line(30) == b"hello\n"
    assert host.home == "/root"


def test_a_slow_start_up_file_costs_its_time_alone(ssh_host: SshHost) -> None:
    (ssh_host.home / ".bashrc").write_text("while [ -e ~/slow ]; do sleep 0.1; done\n")
    host = reached(ssh_host)
    assert host.home == "/root"
    (ssh_host.home / "slow").touch()
    began = time.monotonic()
    with pytest.raises(TimedOutError, match=r"login shell of box1\.ssh"):
        host.run(["sh", "-c", "echo >~/ran"], timeout_seconds=1)
    assert time.monotonic() - began < 15
    (ssh_host.home / "slow").unlink()
    assert host.run(["echo", "answer"]).out == b"answer\n"
    eventually(lambda: "sleep" not in ssh_host.inside("ps", "-e").out)
    assert not (ssh_host.home / "ran").exists()


@pytest.mark.slow
def test_the_user_s_own_environment(ssh_host: SshHost) -> None:
    profile = ssh_host.home / ".bash_profile"
    profile.write_text("echo hello; sleep 100 & export COLOUR='deep red' LINES_2='one\ntwo'; read -r nothing\n")
    host = reached(ssh_host)
    found = user_environment(host)
    assert (found["COLOUR"], found["HOME"], found["LINES_2"]) == ("deep red", "/root", "one")
    assert "SSH_CONNECTION" not in found
    profile.write_text("export COLOUR=red; exec sleep 100\n")
    found = user_environment(host)  # that shell does not come up
    assert ("COLOUR" in found, found["HOME"]) == (False, "/root")


def test_exit_codes_signals_and_what_cannot_be_run(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    for code in (0, 1, 126, 127, 130, 254, 255):
        assert host.run(["sh", "-c", f"exit {code}"], check=False).code == code
    assert host.run(["sh", "-c", "kill -KILL $$"], check=False).code == 128 + signal.SIGKILL
    assert host.run(["no-such-program"], check=False).code == 127
    with pytest.raises(CommandError, match=r"on box1\.ssh failed .exit 3.: why"):
        host.run(["sh", "-c", "echo why >&2; exit 3"])
    apart = host.spawn(["sh", "-c", "cat; echo said >&2; exit 254"], apart=True)
    with apart:
        done = apart.result(b"in", check=False)
    assert (done.code, done.out, done.err) == (254, b"in", b"said\n")


def test_a_hundred_megabytes_both_ways(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    block = bytes(range(256)) * 4096
    large = block * 100
    with host.spawn(["cat"]) as cat:
        done = cat.result(large)
    assert done.out == large
    assert host.run(["sh", "-c", "head -c 104857600 /dev/zero >&2; wc -c"], large).text.strip() == str(len(large))


def test_a_sink_that_says_much_takes_all(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    with host.spawn(["sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' e >&2; wc -c"]) as sink:
        for _ in range(50):
            sink.write(b"x" * 100_000)
        out, err = sink.communicate(b"", 30)
    assert out == b"5000000\n"
    assert err == b"e" * 5_000_000


@pytest.mark.slow
def test_what_a_left_over_process_holds_open_is_not_waited_for(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    began = time.monotonic()
    assert host.run(["sh", "-c", "sleep 300 & echo x"]).out == b"x\n"
    assert host.run(["sh", "-c", "(sleep 0.5; echo late) & echo x"]).out == b"x\nlate\n"
    assert time.monotonic() - began < 100
    done = host.run(["sh", "-c", "exec >&- 2>&-; sleep 6; exit 3"], check=False)
    assert done.code == 3


def test_what_takes_too_long_is_ended_there(ssh_host: SshHost) -> None:
    host = reached(ssh_host)
    host.run(["true"])
    for command in ("sleep 301", "trap '' TERM; sleep 302 & wait; sleep 303", "exec >&- 2>&-; sleep 304", "yes"):
        with pytest.raises(TimedOutError, match=r"a command on box1\.ssh took too long"):
            host.run(["sh", "-c", command], timeout_seconds=1)
    left = ssh_host.inside("ps", "-eo", "args=").lines
    assert not [line for line in left if "sleep 30" in line or "yes" in line]


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_ends_mngr_ends_its_command_there(ssh_host: SshHost, mngr: Mngr, way: signal.Signals) -> None:
    options = ("--extra-provision-command", "touch ~/begun; sleep 301; touch ~/over")
    run = mngr.start("create", "a@box1.ssh", "command", "--transfer", "none", *options, "--", "sleep", "1000")
    eventually(lambda: (ssh_host.home / "begun").exists(), 30)
    os.killpg(run.pid, way)
    run.communicate(timeout=40)
    assert run.returncode == 130 if way == signal.SIGINT else run.returncode != 0
    assert "sleep 301" not in ssh_host.inside("ps", "-eo", "args=").out
    assert not (ssh_host.home / "over").exists()
    assert mngr.agents() == {}
    assert [each.name for each in ssh_host.home.glob(".mngr/*/*")] == []


def test_streams_of_exec(ssh_host: SshHost, mngr: Mngr) -> None:
    (ssh_host.home / ".bashrc").write_text("echo noise\n")
    mngr("create", "a@box1.ssh", "command", "--transfer", "none", "--", "sleep", "1000").assert_success()
    done = mngr("exec", "a", "cat; echo said >&2; exit 5", input=b"\0\xff" * 500_000)
    assert (done.code, done.stdout, done.stderr) == (5, b"\0\xff" * 500_000, b"said\n")
    # One pipe for both, which is full most of the time.
    joined = mngr.start("exec", "a", "head -c 3000000 /dev/zero; echo said >&2; head -c 3000000 /dev/zero")
    assert joined.stdin
    joined.stdin.close()
    joined.stdin = None
    out, err = joined.communicate(timeout=40)
    assert (len(out), err, joined.returncode) == (6_000_000, b"said\n", 0)
    quick = mngr("exec", "a", "sleep 301", "--timeout", "1s")
    quick.assert_failure(124)
    assert "sleep 301" not in ssh_host.inside("ps", "-eo", "args=").out


def test_a_shell_that_runs_nothing(ssh_hosts: Hosts) -> None:
    (box,) = ssh_hosts(shell="/usr/sbin/nologin")
    with pytest.raises(UnreachableError, match="runs no commands: This account is currently not available"):
        reached(box).run(["true"])


def test_words_are_quoted_whatever_they_are(ssh_hosts: Hosts) -> None:
    boxes = [ssh_hosts(shell=shell)[0] for shell in ("/usr/bin/fish", "/bin/tcsh")]
    signs = ["'", "\\", "!", "\n", "$", '"', "-", " ", "a"]
    words = ["".join(letters) for letters in itertools.product(signs, repeat=3)]
    for box in boxes:
        host = reached(box)
        assert host.run(["printf", "%s\\0", *words]).out == b"".join(word.encode() + b"\0" for word in words)
