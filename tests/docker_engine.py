"""The Docker engine that `scripts/test.sh` starts for the tests, as one test uses it beside others."""

from __future__ import annotations

import os
import sys
import uuid

import pytest
from program import Outcome, run

ADDRESS = os.environ.get("MNGR_TEST_DOCKER_HOST", "")
BASE = "mngr-test-base"  # a small Debian with sshd, git, tmux, rsync, unison, nft, ip, and busybox for what else
BUSYBOX = "mngr-test-busybox"  # nothing but busybox
# The first word is what each is removed by: an image by its name, if it has one, for another may share its id.
SHOWN = {
    "container": ["--all", "--format", "{{.ID}} {{.Names}} {{.Labels}}"],
    "image": ["--format", "{{.Repository}}:{{.Tag}}"],
    "network": ["--format", "{{.ID}} {{.Name}} {{.Labels}}"],
    "volume": ["--format", "{{.Name}} {{.Labels}}"],
}
REMOVED = {"container": ["--force", "--volumes"], "image": ["--force"], "network": [], "volume": []}


class DockerEngine:
    """The engine: `docker("ps").assert_success()`. What bears the test's mark goes with the test."""

    def __init__(self, *marks: str) -> None:
        self.address = ADDRESS
        self.mark = uuid.uuid4().hex[:12]
        self._marks = {self.mark, *marks}

    def __call__(self, *words: str, input: bytes = b"", timeout: float = 60.0) -> Outcome:
        """Run `docker WORDS`."""
        return run("docker", *words, input=input, timeout=timeout)

    @property
    def label(self) -> str:
        """Return the label that marks what a test makes by hand."""
        return f"mngr-test={self.mark}"

    def container(self, *options: str, image: str = BASE) -> str:
        """Start a container that does nothing; return its name."""
        name = f"test-{self.mark}-{uuid.uuid4().hex[:6]}"
        words = ["run", "--detach", "--init", "--name", name, "--label", self.label, *options, image]
        self(*words, "sleep", "2147483647").assert_success()
        return name

    def left(self, kind: str) -> list[str]:
        """Return the containers, images, networks or volumes with a mark of the test in a name or a label."""
        listed = self(kind, "ls", *SHOWN[kind]).assert_success().lines
        if kind == "image":  # the list does not show their labels; one may have gone meanwhile
            ids = set(self("image", "ls", "--quiet").lines)
            listed += self("image", "inspect", "--format", "{{.Id}} {{.Config.Labels}}", *ids).lines
        return [line.split()[0] for line in listed if any(mark in line for mark in self._marks)]

    def clear(self) -> None:
        """Remove all that bears a mark of the test."""
        for kind, options in REMOVED.items():
            if left := self.left(kind):
                self(kind, "rm", *options, *left)
        assert {kind: self.left(kind) for kind in REMOVED} == {kind: [] for kind in REMOVED}


def need_engine() -> None:
    """Skip the test where there is no engine; where all tests must run, fail it."""
    if not ADDRESS:
        must = os.environ.get("CI") or (sys.platform == "linux" and os.getuid() == 0)
        say = pytest.fail if must else pytest.skip
        say("no Docker engine: scripts/test.sh starts one for the tests, as root on Linux")
