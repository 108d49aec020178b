"""Containers saved as images, and hosts that are made from those."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from containers import Containers, say
from docker_engine import BASE

from mngr.model.errors import NotFoundError, UsageError, UserError

AGENT = f"agent-{'0' * 32}"
HOST_KEY = "cat /etc/mngr/host_key.pub"


def test_a_host_is_saved_and_another_is_made_from_it(containers: Containers) -> None:
    host = containers.make("one")
    say(host, f"echo kept >~/file; mkdir -p ~/.mngr/agents/{AGENT}; touch ~/.mngr/agents/{AGENT}/wanted")
    saved = containers.provider.snapshot(host, 'my "own" $HOME 100% \\ näme')
    assert (saved.host, saved.name, saved.provider) == ("one", 'my "own" $HOME 100% \\ näme', "docker")
    assert saved.size_bytes is not None
    assert list(containers.provider.snapshots()) == [saved]
    assert say(host, "echo goes on") == "goes on"

    again = containers.make("two", snapshot=saved.id[:20])
    assert again.id != host.id
    assert say(again, "cat ~/file ~/.mngr/host.json; hostname") == f'kept\n{{"id": "{again.id}"}}\ntwo'
    assert say(again, HOST_KEY) != say(host, HOST_KEY)
    assert say(again, f"ls ~/.mngr/agents/{AGENT}") == "stopped"  # what ran there does not come back by itself
    assert say(host, f"ls ~/.mngr/agents/{AGENT}") == "wanted"
    assert {each.name for each in containers.provider.hosts()} == {"one", "two"}


def test_keys_of_another_machine_do_not_open_what_is_made_from_a_snapshot(
    containers: Containers, tmp_path: Path
) -> None:
    elsewhere = Containers(containers.engine, tmp_path / "elsewhere")
    host = elsewhere.make("one")
    saved = elsewhere.provider.snapshot(host, None)
    host.transport.close()
    made = containers.make("two", snapshot=saved.id)
    assert say(made, "wc -l </etc/mngr/authorized_keys") == "1"


def test_what_is_run_from_a_snapshot_by_hand_is_no_host(containers: Containers) -> None:
    saved = containers.provider.snapshot(containers.make("one"), None)
    tag = f"mngr-snapshot:{saved.id.removeprefix('snapshot-')}"
    containers.docker("run", "--detach", "--name", f"by-hand-{containers.engine.mark}", tag)
    assert [each.name for each in containers.provider.hosts()] == ["one"]
    assert [each.id for each in containers.provider.snapshots()] == [saved.id]


def test_a_stopped_host_is_saved_too(containers: Containers) -> None:
    host = containers.make("one")
    say(host, "echo kept >~/file")
    containers.provider.stop(host)
    saved = containers.provider.snapshot(host, None)
    assert say(containers.make("two", snapshot=saved.id), "cat ~/file") == "kept"


def test_a_snapshot_is_forgotten_when_nothing_needs_it(containers: Containers) -> None:
    first = containers.make("one")
    saved = containers.provider.snapshot(first, None)
    again = containers.make("two", snapshot=saved.id)
    with pytest.raises(UserError, match="is in use"):
        containers.provider.forget(saved)
    assert say(again, "echo unharmed") == "unharmed"
    containers.provider.destroy(again)
    containers.provider.forget(saved)
    containers.provider.forget(saved)
    assert list(containers.provider.snapshots()) == []
    with pytest.raises(NotFoundError, match="has no snapshot"):
        containers.make("three", snapshot=saved.id)
    assert containers.engine.left("image") == []


def test_only_so_many_are_kept(containers: Containers, tmp_path: Path) -> None:
    few = Containers(containers.engine, tmp_path / "elsewhere", keep_snapshots=2)
    host = few.make("one")
    ids = [few.provider.snapshot(host, None).id for _ in range(3)]
    assert [each.id for each in few.provider.snapshots()] == ids[1:]
    host.transport.close()


def test_a_snapshot_is_not_built(containers: Containers) -> None:
    saved = containers.provider.snapshot(containers.make("one"), None)
    with pytest.raises(UsageError, match="not both"):
        containers.make("two", f"image={BASE}", snapshot=saved.id)


def test_no_secret_of_mngrs_is_seen_by_who_uses_the_engine(containers: Containers) -> None:
    host = containers.make("one", "cidr-allowlist=192.0.2.0/24")
    saved = containers.provider.snapshot(host, None)
    tag = f"mngr-snapshot:{saved.id.removeprefix('snapshot-')}"
    private = say(host, "cat /etc/mngr/host_key").splitlines()[1:-1]
    told = containers.docker("inspect", containers.name(), f"{containers.name()}.rules", tag)
    told += containers.docker("history", "--no-trunc", tag) + containers.docker("logs", containers.name())
    told += say(host, "ps -eo args")
    assert not any(line in told for line in private)
    assert "PRIVATE KEY" not in told
    shown = json.loads(containers.docker("inspect", "--format", "{{json .Config.Env}}", containers.name()))
    assert [pair for pair in shown if not pair.startswith("PATH=")] == []
