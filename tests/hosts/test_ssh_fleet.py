"""Agents on several SSH hosts, of which some do not answer: what is listed, found, and said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from program import Mngr
from ssh_hosts import SshHost, refuse_key
from waiting import eventually, within

Hosts = Callable[..., list[SshHost]]


def make(mngr: Mngr, *addresses: str) -> None:
    for address in addresses:
        mngr("create", address, "command", "--no-connect", "--", "sleep", "1000").assert_success()


@pytest.fixture
def three(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> list[SshHost]:
    """Return three hosts with an agent each; there are agents of the same name on this machine and on the first."""
    hosts = ssh_hosts(3)
    make(mngr, "one@box1.ssh", "two@box2.ssh", "three@box3.ssh", "here@local", "both@local", "both@box2.ssh")
    return hosts


@pytest.mark.slow
def test_a_list_of_hosts_of_which_most_are_silent(three: list[SshHost], mngr: Mngr) -> None:
    before = mngr("list", "--format", "json").json()
    assert [row["name"] for row in before] == ["both", "both", "here", "one", "three", "two"]
    three[0].cut()
    three[1].freeze()
    refuse_key(three[2])
    mngr("exec", "three", "--", "true").assert_success()  # the connection that there is goes on
    for _ in range(2):
        with within(10):
            shown = mngr("list", "--format", "json")
        after = shown.json()
        assert [row["id"] for row in after] == [row["id"] for row in before]
        states = {row["host"]["name"]: row["state"] for row in after}
        assert states == {"box1": "unknown", "box2": "unknown", "box3": "running", "local": "running"}
        assert [row["host"]["state"] for row in after if row["name"] == "one"] == ["unreachable"]
        (one,) = [row for row in after if row["name"] == "one"]
        assert one["reason"].startswith("running ")
        assert one["reason"].endswith(" ago")
        assert shown.err.count("warning: box1.ssh did not answer within") == 1
        assert shown.err.count("warning: box2.ssh did not answer within") == 1
        assert "ssh box1 true" in shown.err
    human = mngr("list").assert_success("unknown (running ")
    assert "box3" not in human.err
    hosts = {row["name"]: row["state"] for row in mngr("list", "--hosts", "--format", "json").json()}
    assert hosts == {"local": "running", "box1": "unreachable", "box2": "unreachable", "box3": "running"}
    three[0].restore()
    three[1].thaw()
    # Known to be silent, they have little time at first.
    eventually(lambda: {row["state"] for row in mngr("list", "--format", "json").json()} == {"running"}, 60)


def test_only_hosts_that_are_meant_are_looked_at(three: list[SshHost], mngr: Mngr) -> None:
    for host in three[1:]:
        host.cut()
    for words, names in (
        (("--host", "box1"), ["one"]),
        (("--host", "box1.ssh"), ["one"]),
        (("--host", "box1", "--host", "local"), ["both", "here", "one"]),
        (("--provider", "local"), ["both", "here"]),
        (("one@box1.ssh", "here@local"), ["here", "one"]),
    ):
        with within(5):  # one that is cut is waited for longer
            listed = mngr("list", *words, "--names").assert_success()
        assert listed.out.split() == names
        assert listed.err == ""
    with within(5):
        hosts = mngr("list", "--hosts", "--host", "box1", "--format", "{name} {agents}").assert_success()
    assert (hosts.out, hosts.err) == ("box1 1\n", "")


@pytest.mark.slow
def test_what_was_destroyed_on_a_host_that_is_silent(three: list[SshHost], mngr: Mngr) -> None:
    mngr("destroy", "two@box2.ssh").assert_success()
    three[1].cut()
    listed = mngr("restore", timeout=60).assert_success()
    assert "box2.ssh does not answer: what was destroyed there is not shown" in listed.err
    mngr("restore", "two").assert_failure(4, "on a host that answers", "not asked: box2.ssh")
    row = mngr("why", "@box2.ssh", "--format", "json")
    assert row.json()["state"] == "unreachable"
    assert "box2.ssh did not answer" in row.err


def test_a_host_may_have_dots_in_its_name(ssh_hosts: Hosts, mngr: Mngr, repo: Path) -> None:
    ssh_hosts(1)
    names = ("my.box.example", "box.docker")
    mngr.host_dir.mkdir()
    (mngr.host_dir / "config.toml").write_text(
        "".join(f'[providers.ssh.hosts."{name}"]\naddress = "box1"\n' for name in names)
    )
    make(mngr, "one@my.box.example.ssh", "here@local")
    for words in (["my.box.example"], ["my.box.example.ssh"]):
        assert mngr("list", "--host", *words, "--names").assert_success().out == "one\n"
        shown = mngr("list", "--hosts", "--host", *words, "--format", "{name} {agents}")
        assert shown.assert_success().out == "my.box.example 1\n"
    assert mngr("list", "--host", "box.docker.ssh", "--names").assert_success().out == "one\n"


@pytest.mark.slow
def test_names_where_a_host_is_silent(three: list[SshHost], mngr: Mngr) -> None:
    mngr("exec", "both", "--", "true").assert_failure(2, "both@local", "both@box2.ssh")
    mngr("list").assert_success()
    three[1].cut()
    with within(10):
        mngr("exec", "one", "--", "true").assert_success()
    with within(2):  # it is known to be silent by now
        mngr("exec", "one", "--", "echo", "found").assert_success("found")
        mngr("exec", "both", "--", "true").assert_failure(2, "both@local", "both@box2.ssh (not reached now)")
        mngr("exec", "two", "--", "true").assert_failure(4, "'two' is on box2.ssh: box2.ssh did not answer")
        mngr("stop", "nobody").assert_failure(4, "no agent 'nobody' that can be reached: box2.ssh did not answer")
        mngr("exec", "both@local", "--", "echo", "found").assert_success("found")
    with within(10):
        mngr("exec", "both@box2.ssh", "--", "true").assert_failure(4, "box2.ssh")
    with within(10):
        make(mngr, "new@local")
        mngr("create", "--type", "command", "--no-connect", "--", "sleep", "1000").assert_success()
    three[1].restore()
    mngr("exec", "both@box2.ssh", "--", "echo", "found").assert_success("found")
    mngr("exec", "two", "--", "echo", "found").assert_success("found")


@pytest.mark.slow
def test_several_targets_of_which_one_is_not_reached(three: list[SshHost], mngr: Mngr) -> None:
    three[0].down()
    with within(12):
        done = mngr("stop", "one@box1.ssh", "two", "three")
    done.assert_failure(4, "box1.ssh")
    assert {name: mngr.agents()[name]["state"] for name in ("two", "three")} == {"two": "stopped", "three": "stopped"}
