"""An engine that goes down and comes back: which hosts come back with it, and what is said of the others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from containers import Containers, say
from docker_engine import DockerEngine
from own_engine import OwnEngine

from mngr.model.errors import UnreachableError

BY_ENGINE = "ended by the engine: its `stop`, or the engine's own end"
LOST = "lost when the engine or its machine went down"


@pytest.fixture
def own_engine(docker_engine: DockerEngine) -> Iterator[OwnEngine]:
    folder = Path(tempfile.mkdtemp(prefix="mngr-e", dir="/tmp"))  # a socket's path may not be long
    engine = OwnEngine(folder, docker_engine.address)
    yield engine
    engine.remove()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_an_engine_goes_down_and_comes_back(docker_engine: DockerEngine, own_engine: OwnEngine, host_dir: Path) -> None:
    hosts = Containers(docker_engine, host_dir, host=own_engine.address)
    made = {
        name: hosts.make(name, "offline", start_on_boot=name != "plain") for name in ("boot", "idle", "asked", "plain")
    }
    say(made["boot"], "echo kept >~/file")
    for way, plain in ((own_engine.end, ("crashed", BY_ENGINE)), (own_engine.crash, ("crashed", LOST))):
        self_stop = ["sh", "-c", made["idle"].self_stop]
        docker = ["exec", hosts.name("idle"), *self_stop]
        docker_engine("--host", own_engine.address, *docker)
        hosts.wait_for("paused", "idle")
        hosts.provider.stop(hosts.find("asked"))

        way()
        assert {host.name: host.state for host in hosts.provider.hosts()} == dict.fromkeys(made, "unreachable")
        with pytest.raises(UnreachableError, match="does not answer"):
            hosts.find("boot").run(["true"])

        own_engine.start()
        hosts.wait_for("running", "boot")
        seen = {host.name: (host.state, host.reason) for host in hosts.provider.hosts()}
        assert seen == {
            "boot": ("running", ""),
            "idle": ("paused", "it stopped itself"),
            "asked": ("stopped", ""),
            "plain": plain,
        }
        assert say(hosts.find("boot"), "cat ~/file") == "kept"
        for name in ("idle", "asked", "plain"):
            assert say(hosts.provider.start(hosts.find(name)), "echo back") == "back"
    for host in hosts.provider.hosts():
        hosts.provider.destroy(host)
