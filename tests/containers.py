"""Containers as hosts, for the tests: made by the provider itself on the tests' own engine, and gone with the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker_engine import BASE, DockerEngine
from waiting import eventually

from mngr.model.host import HostWish
from mngr.providers.docker import PLUGIN


class Containers:
    """A provider of containers, whose names and labels bear the mark of the test."""

    def __init__(self, engine: DockerEngine, folder: Path, **settings: Any) -> None:
        self.engine = engine
        self.prefix = f"t{engine.mark}-"
        self.environ = {**os.environ, "MNGR_PREFIX": self.prefix, "MNGR_HOST_DIR": str(folder)}
        self.kept = folder / "containers" / "docker"  # what is kept here of each host
        self.settings = {"base": BASE, **settings}
        self.provider = PLUGIN(self.environ, "docker", self.settings)
        self.steps: list[str] = []

    def make(self, name: str = "one", *build: str, step: Callable[[str], None] | None = None, **wish: Any) -> Any:
        """Make a host; `build` are words as after `-b`."""
        pairs = [(key, text) for key, _, text in (word.partition("=") for word in build)]
        return self.provider.create(HostWish(name=name, build=pairs, **wish), step or self.steps.append)

    def state(self, name: str = "one") -> str | None:
        """Return the state of a host now."""
        return next((host.state for host in self.provider.hosts() if host.name == name), None)

    def find(self, name: str = "one") -> Any:
        """Return a host as it is found now."""
        return next(host for host in self.provider.hosts() if host.name == name)

    def wait_for(self, state: str, name: str = "one") -> None:
        """Wait until a host is in a state."""
        eventually(lambda: self.state(name) == state, 30, lambda: str(self.state(name)))

    def docker(self, *words: str) -> str:
        """Run `docker WORDS` and return what it says."""
        return self.engine(*words).assert_success().out

    def name(self, name: str = "one") -> str:
        """Return the name of a host's container."""
        return f"{self.prefix}{name}"

    def check_nothing_is_left(self) -> None:
        """See that there is no container of the test, and nothing kept of one."""
        assert self.docker("ps", "--all", "--quiet", f"--filter=label=mngr.prefix={self.prefix}") == ""
        assert [each.name for each in self.kept.glob("host-*")] == []


def say(host: Any, script: str, *, check: bool = True) -> str:
    """Run shell text on a host, and return what it says, on whatever stream."""
    result = host.run(["sh", "-c", f"exec 2>&1; {script}"], check=check, timeout_seconds=40)
    return result.text.strip()


@pytest.fixture
def containers(docker_engine: DockerEngine, host_dir: Path) -> Iterator[Containers]:
    """Return `containers.make("one", "offline")`, which makes hosts of containers."""
    made = Containers(docker_engine, host_dir)
    yield made
    for host in made.provider.hosts():
        host.transport.close()
