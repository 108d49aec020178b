"""The states of containers, whoever brought them about, and what is known of those that do not run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from containers import Containers, say
from docker_engine import BASE
from waiting import eventually

from mngr.hosts import watchdog
from mngr.model.errors import NotFoundError, UnreachableError
from mngr.providers.docker import PLUGIN
from mngr.providers.docker.containers import Container
from mngr.transports import piped

AGENT = "agent-0000000000000000000000000000000"


def seen(containers: Containers, name: str = "one") -> tuple[str, str]:
    """Return a host's state, and the reason of it."""
    host = containers.find(name)
    return host.state, host.reason


def test_stopped_and_started(containers: Containers) -> None:
    host = containers.make("one")
    say(host, "echo kept >~/file; git config --global user.name me")
    containers.provider.stop(host)
    assert seen(containers) == ("stopped", "")
    containers.provider.stop(host)
    with pytest.raises(UnreachableError) as refused:
        containers.find().run(["true"])
    assert "one.docker is stopped" in refused.value.message
    assert refused.value.hint == "mngr start @one.docker"
    host = containers.provider.start(host)
    assert (host.state, say(host, "cat ~/file")) == ("running", "kept")
    assert containers.provider.start(host).state == "running"


def test_a_host_stops_itself(containers: Containers) -> None:
    for name, user in (("one", []), ("two", ["user=agent"])):
        host = containers.make(name, *user)
        containers.engine("exec", "--user", host.container.user, containers.name(name), "sh", "-c", host.self_stop)
        containers.wait_for("paused", name)
        assert seen(containers, name) == ("paused", "it stopped itself")
        assert say(containers.provider.start(host), "echo back") == "back"


def test_crashed(containers: Containers) -> None:
    host = containers.make("one")
    containers.docker("kill", containers.name())
    assert seen(containers)[0] == "crashed"
    host = containers.provider.start(host)
    containers.docker("stop", "-t", "5", containers.name())
    assert seen(containers) == ("crashed", "ended by the engine: its `stop`, or the engine's own end")
    host = containers.provider.start(host)
    containers.docker("exec", containers.name(), "sh", "-c", "kill -KILL $(pgrep -P 1 -f main.sh)")
    containers.wait_for("crashed")
    assert say(containers.provider.start(host), "echo back") == "back"


def test_frozen_by_hand(containers: Containers) -> None:
    host = containers.make("one")
    containers.docker("pause", containers.name())
    assert seen(containers) == ("paused", "frozen by the engine's `pause`")
    assert say(containers.provider.start(containers.find()), "echo thawed") == "thawed"
    containers.docker("pause", containers.name())
    containers.provider.stop(host)
    assert seen(containers)[0] == "stopped"
    containers.provider.start(host)
    containers.docker("pause", containers.name())
    containers.provider.destroy(host)
    containers.check_nothing_is_left()


def test_restarted_by_hand(containers: Containers) -> None:
    host = containers.make("one")
    assert say(host, "echo before") == "before"
    containers.docker("restart", "-t", "2", containers.name())
    assert say(host, "echo after") == "after"


def test_removed_by_hand(containers: Containers) -> None:
    host = containers.make("one")
    assert say(host, "echo here") == "here"
    containers.docker("rm", "-f", containers.name())
    with pytest.raises(UnreachableError, match="has gone"):
        host.run(["true"])
    assert list(containers.provider.hosts()) == []
    containers.check_nothing_is_left()  # nor is its key kept
    assert not os.path.exists(host.transport.place.socket)


def test_one_that_never_started(containers: Containers) -> None:
    prefix = containers.prefix
    labels = {"mngr.prefix": prefix, "mngr.provider": "docker", "mngr.host": f"host-{'0' * 32}"}
    words = [f"--label={key}={text}" for key, text in labels.items()]
    containers.docker("create", *words, "--name", f"{prefix}one", BASE, "true")
    assert seen(containers) == ("starting", "it is being made")
    containers.provider.destroy(containers.find())
    containers.check_nothing_is_left()


def test_records_of_agents_of_a_stopped_host(containers: Containers, host_dir: Path) -> None:
    host = containers.make("one", "user=agent")
    record = json.dumps({"version": 1, "id": f"{AGENT}1", "name": "it"})
    say(
        host,
        f"cd; mkdir -p .mngr/agents/{AGENT}1 .mngr/agents/{AGENT}2 .mngr/agents/{AGENT}3/deep\n"
        f"printf '%s\\n' '{record}' >.mngr/agents/{AGENT}1/record.json\n"
        f"ln -s /etc/passwd .mngr/agents/{AGENT}2/record.json\n"
        f"head -c 5000000 /dev/zero >.mngr/agents/{AGENT}3/record.json\n"
        f"echo no >.mngr/agents/{AGENT}3/deep/record.json; head -c 3000000 /dev/urandom >.mngr/agents/{AGENT}1/large\n",
    )
    containers.provider.stop(host)
    found = containers.find()
    assert list(containers.provider.agent_records(found)) == [record.encode()]
    (cached,) = (host_dir / "cache" / "containers").iterdir()
    cached.write_bytes(cached.read_bytes() + b"\nseen in the cache")
    assert containers.provider.agent_records(containers.find())[-1] == b"seen in the cache"
    say(containers.provider.start(found), f"rm -r /home/agent/.mngr/agents/{AGENT}*")
    containers.provider.stop(found)
    assert list(containers.provider.agent_records(containers.find())) == []


def test_records_that_cannot_have_changed_are_not_asked_for(containers: Containers) -> None:
    host = containers.make("one")
    say(host, f"mkdir -p ~/.mngr/agents/{AGENT}1; echo '{{}}' >~/.mngr/agents/{AGENT}1/record.json")
    containers.provider.stop(host)
    asked: list[list[str]] = []

    def read_without_asking() -> bool:
        asked.clear()
        assert list(containers.provider.agent_records(containers.find())) == [b"{}"]
        return not any("inspect" in argv for argv in asked)

    piped.before.append(asked.append)
    try:
        eventually(read_without_asking, 20)
    finally:
        piped.before.remove(asked.append)
    assert [argv[1] for argv in asked] == ["ps"]
    containers.provider.start(host)
    say(host, f"echo '{{\"changed\": 1}}' >~/.mngr/agents/{AGENT}1/record.json")
    containers.provider.stop(host)
    assert list(containers.provider.agent_records(containers.find())) == [b'{"changed": 1}']


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Less than a second", 0),
        ("1 second", 1),
        ("59 seconds", 59),
        ("About a minute", 60),
        ("46 minutes", 46 * 60),
        ("About an hour", 3600),
        ("2 hours", 5400),
        ("3 days", 3 * 86400),
        ("2 weeks", 14 * 86400),
        ("nonsense of another engine", 0),
    ],
)
def test_how_long_ago_it_ended_at_the_least(words: str, seconds: int) -> None:
    container = Container("x", "x", "exited", "", f"Exited (0) {words} ago", "x")
    assert container.ended_before_seconds == seconds
    assert Container("x", "x", "running", "", "Up 5 minutes", "x").ended_before_seconds == 0


def test_records_where_there_was_never_an_agent(containers: Containers) -> None:
    host = containers.make("one")
    containers.provider.stop(host)
    assert list(containers.provider.agent_records(containers.find())) == []


def test_files_of_a_stopped_host(containers: Containers) -> None:
    host = containers.make("one")
    say(host, "echo inside >/srv/a-file")
    containers.provider.stop(host)
    assert b"inside\n" in containers.provider.archive(containers.find(), "/srv/a-file")
    with pytest.raises(NotFoundError, match="there is no /srv/none"):
        containers.provider.archive(containers.find(), "/srv/none")


def test_a_stopped_host_is_known_on_another_machine(containers: Containers, tmp_path: Path) -> None:
    host = containers.make("one", "user=agent")
    say(host, f"mkdir -p ~/.mngr/agents/{AGENT}1; echo '{{}}' >~/.mngr/agents/{AGENT}1/record.json")
    containers.provider.stop(host)
    other = PLUGIN({**containers.environ, "MNGR_HOST_DIR": str(tmp_path / "elsewhere")}, "docker", containers.settings)
    (found,) = other.hosts()
    assert found.paths.agents == "/home/agent/.mngr/agents"
    assert list(other.agent_records(found)) == [b"{}"]


def test_whether_the_engine_starts_it_is_kept_while_it_is_stopped(containers: Containers) -> None:
    shown = ["inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", containers.name()]
    host = containers.make("one", start_on_boot=True)
    assert containers.docker(*shown) == "on-failure\n"
    containers.provider.stop(host)
    assert containers.docker(*shown) == "no\n"
    containers.provider.start(host)
    assert containers.docker(*shown) == "on-failure\n"
    containers.provider.start_on_boot(host, wanted=False)
    assert containers.docker(*shown) == "no\n"
    containers.provider.stop(host)
    containers.provider.start_on_boot(host, wanted=True)
    assert containers.docker(*shown) == "no\n"
    containers.provider.start(host)
    assert containers.docker(*shown) == "on-failure\n"


def test_an_idle_host_stops_itself_also_after_it_was_started_again(containers: Containers) -> None:
    host = containers.make("one", "user=agent")
    watchdog.settings(host, watchdog.IdleSettings(mode="boot", timeout=2, stop=host.self_stop))
    containers.wait_for("paused")
    containers.provider.start(host)  # nobody visits it, and it is watched all the same
    containers.wait_for("paused")
    for name in ("last_stop_reason.json", "stop_reason.json"):  # why it was stopped each time
        assert b'"mode": "boot"' in containers.provider.archive(containers.find(), f"/home/agent/.mngr/{name}")
    assert containers.docker("inspect", "--format", "{{.State.ExitCode}}", containers.name()) == "0\n"


def test_a_lifetime_that_is_over_is_not_that_of_what_is_made_from_a_snapshot(containers: Containers) -> None:
    host = containers.make("one")
    watchdog.settings(host, watchdog.IdleSettings(mode="create", timeout=1, created=1, stop=host.self_stop))
    containers.wait_for("paused")
    again = containers.make("two", snapshot=containers.provider.snapshot(host, None).id)
    assert not say(again, "pgrep -f '[w]atchdog.sh run'", check=False)
    assert "mode=create" in (settings := say(again, "cat ~/.mngr/idle").splitlines())
    assert "created=1" not in settings
