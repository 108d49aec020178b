"""The life of agents on SSH hosts: nothing but their address differs from those of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from program import Mngr
from ssh_hosts import SshHost, add_user
from terminal import Terminal
from waiting import eventually

Hosts = Callable[..., list[SshHost]]
THERE = "/root"  # where the home is on the host
COUNTER = 'i=0; while read -r line; do i=$((i+1)); echo "$i: $line"; done'


def test_a_life_there(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    made = mngr("create", "a@box1.ssh", "command", "--no-connect", "-m", "hello", "--", "sh", "-c", COUNTER)
    made.assert_success()
    row = mngr.agent("a")
    assert (row["host"]["name"], row["host"]["provider"], row["state"]) == ("box1", "ssh", "waiting")
    assert row["work_dir"].startswith(f"{THERE}/.mngr/worktrees/a-")
    assert row["branch"] == "mngr/a"
    eventually(lambda: "1: hello" in mngr("capture", "a").out)
    mngr("message", "a", "two words").assert_success()
    eventually(lambda: "2: two words" in mngr("capture", "a").out)
    assert mngr("exec", "a", "pwd; git branch --show-current; echo $MNGR_AGENT_NAME").lines == [
        row["work_dir"],
        "mngr/a",
        "a",
    ]
    mngr("why", "a").assert_success("waits for")
    assert mngr("events", "a", "--format", "jsonl").json_lines()
    mngr("label", "a", "k=v").assert_success()
    mngr("rename", "a", "b").assert_success()
    mngr("stop", "b").assert_success()
    assert mngr.agent("b")["state"] == "stopped"
    assert ssh_host.run("tmux -L mngr list-sessions").code == 1
    mngr("start", "b").assert_success()
    mngr("message", "b", "again").assert_success()
    eventually(lambda: "1: again" in mngr("capture", "b").out)
    mngr("exec", "b", "echo work >new").assert_success()
    mngr("clone", "b", "c@box1.ssh", "--no-connect").assert_success()
    assert mngr("exec", "c", "cat new; git branch --show-current").lines == ["work", "mngr/c"]
    mngr("destroy", "b").assert_failure(7, "new")
    mngr("destroy", "b", "--force").assert_success()
    assert not Path(f"{ssh_host.folder}{row['work_dir']}").exists()
    mngr("restore", "b").assert_success()
    assert mngr("exec", "b", "cat new").out == "work\n"
    mngr("destroy", "b", "c", "--force").assert_success()
    assert mngr.agents() == {}
    assert "nothing" in mngr("gc").assert_success().out + mngr("gc").err
    assert json.loads(mngr("doctor", "@box1.ssh", "--format", "json").out)


def test_agents_come_back_after_a_reboot(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    for name in ("a", "b", "c"):
        mngr("create", f"{name}@box1.ssh", "command", "--no-connect", "--", "sleep", "1000").assert_success()
    mngr("stop", "c").assert_success()
    ssh_host.reboot()
    states = {name: row["state"] for name, row in mngr.agents().items()}
    assert states == {"a": "stopped", "b": "stopped", "c": "stopped"}
    mngr("start", "--all").assert_success()
    states = {name: row["state"] for name, row in mngr.agents().items()}
    assert (states["a"], states["b"]) == ("running", "running")


def test_ten_at_once(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    runs = [
        mngr.start("create", f"a{number}@box1.ssh", "command", "--no-connect", "--", "sleep", "1000")
        for number in range(10)
    ]
    same = [mngr.start("create", "same@box1.ssh", "command", "--no-connect", "--", "sleep", "1000") for _ in range(3)]
    said = [each.communicate(timeout=55) for each in runs + same]
    assert [each.returncode for each in runs] == [0] * 10, said
    assert sorted(each.returncode for each in same) == [0, 1, 1], said
    agents = mngr.agents()
    assert sorted(agents) == [*(f"a{number}" for number in range(10)), "same"]
    assert {row["state"] for row in agents.values()} == {"running"}
    stores = list((ssh_host.home / ".mngr/repositories").glob("*.git"))
    assert len(stores) == 1
    mngr("destroy", "--all", "--force", "--yes").assert_success()
    assert mngr.agents() == {}


def test_two_of_us_on_one_host(ssh_host: SshHost, mngr: Mngr, tmp_path: Path, repo: Path) -> None:
    other_home = tmp_path / "other"
    other_home.mkdir()
    (other_home / ".ssh").symlink_to(ssh_host.client)
    (other_home / ".gitconfig").write_text((mngr.home / ".gitconfig").read_text())
    other = Mngr(other_home, other_home / ".mngr")
    other.cwd = repo
    other.env = {"HOME": str(other_home), "MNGR_HOST_DIR": str(other_home / ".mngr")}
    sleep = ("command", "--no-connect", "--", "sleep", "1000")
    mngr("create", "a@box1.ssh", *sleep).assert_success()
    other("create", "a@box1.ssh", *sleep).assert_failure(1, "there is an agent 'a' already")
    other("create", "b@box1.ssh", *sleep).assert_success()
    assert sorted(mngr.agents()) == sorted(other.agents()) == ["a", "b"]
    runs = [who.start("exec", "--all", "sleep 1; echo ok", "--host", "box1") for who in (mngr, other)]
    assert [each.communicate(timeout=50)[0].count(b"ok") for each in runs] == [2, 2]
    mngr("message", "b", "hello").assert_success()
    other("stop", "a").assert_success()
    assert mngr.agent("a")["state"] == "stopped"
    racing = [who.start("start", "a") for who in (mngr, other)]
    said = [each.communicate(timeout=50) for each in racing]
    assert [each.returncode for each in racing] == [0, 0], said
    assert mngr("exec", "a", "tmux -L mngr list-sessions -F '#S' | grep -c mngr-a").out == "1\n"


def test_two_users_on_one_host(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    add_user(ssh_host, "other", 12345)
    (mngr.host_dir).mkdir(exist_ok=True)
    (mngr.host_dir / "config.toml").write_text(
        '[providers.ssh.hosts.box1]\n[providers.ssh.hosts.guest]\naddress = "box1"\nuser = "other"\n'
    )
    sleep = ("command", "--no-connect", "--", "sleep", "1000")
    mngr("create", "a@box1.ssh", *sleep).assert_success()
    mngr("create", "a@guest.ssh", *sleep).assert_success()
    assert mngr("exec", "a@box1", "--", "id", "-un").out == "root\n"
    shown = mngr("exec", "a@guest", "id -un; pwd; git status --short; git log -1 --format=%s").assert_success()
    assert shown.lines[0] == "other"
    assert shown.lines[1].startswith("/tmp/other/.mngr/worktrees/a-")
    assert shown.lines[2:] == ["Start"]
    mngr("stop", "a@guest").assert_success()
    rows = {row["host"]["name"]: row["state"] for row in mngr("list", "--format", "json").json()}
    assert rows == {"box1": "running", "guest": "stopped"}
    mngr("destroy", "a@guest", "--force").assert_success()
    assert ssh_host.run("stat -c %a /tmp/other/.mngr").out == "700\n"


def test_settings_of_hosts(ssh_host: SshHost, mngr: Mngr, repo: Path) -> None:
    (mngr.host_dir).mkdir(exist_ok=True)
    config = mngr.host_dir / "config.toml"
    key = ssh_host.client / "id_ed25519"
    config.write_text(
        f'[providers.work]\nbackend = "ssh"\nuser = "root"\n'
        f'[providers.work.hosts.build]\naddress = "{ssh_host.address}"\nport = 22\n'
        f'key = "{key}"\nfolder = "~/elsewhere"\n'
    )
    (ssh_host.client / "config").write_text(f"UserKnownHostsFile {ssh_host.client}/known_hosts\n")
    assert "build" in mngr("list", "--hosts").assert_success().out
    mngr("create", "a@build", "command", "--no-connect", "--", "sleep", "1000").assert_success()
    assert mngr.agent("a")["work_dir"].startswith(f"{THERE}/elsewhere/worktrees/")
    settings = config.read_text()
    config.write_text(settings.replace("port = 22\n", "port = 23\n").replace("build", "shut"))
    way = f"ssh -l root -p 23 -i {key} {ssh_host.address} true"
    assert way in mngr("list", "--hosts").assert_success("shut").err
    for wrong, word in (
        ('port = "22x"', "port"),
        ('user = "-x"', "user"),
        ("port = 70000", "port"),
        ('adress = "x"', "adress"),
    ):
        config.write_text(f'[providers.work]\nbackend = "ssh"\n[providers.work.hosts.build]\n{wrong}\n')
        shown = mngr("list")
        assert shown.code == 0
        assert word in shown.err, shown.err
        mngr("exec", "a@build.work", "--", "true").assert_failure(2, word)


def test_connecting_there(ssh_host: SshHost, mngr: Mngr, repo: Path, terminal: Callable[..., Terminal]) -> None:
    mngr("create", "a@box1.ssh", "command", "--no-connect", "--", "sh", "-c", COUNTER).assert_success()
    screen = terminal([*mngr.program, "connect", "a"])
    screen.enter("typed by hand")
    screen.wait_for("1: typed by hand")
    again = terminal([*mngr.program, "exec", "a", "--tty", "stty size; test -t 0 && test -t 1 && echo on a terminal"])
    again.wait_for("on a terminal")
