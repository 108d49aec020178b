"""A Docker engine of a test's own, which can be ended and started again; its network is its own too."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from docker_engine import BASE
from program import run
from waiting import eventually

NO_NETWORK = ["--bridge=none", "--iptables=false", "--ip6tables=false"]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class OwnEngine:
    """An engine that has the base image of the tests."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self.address = f"unix://{folder}/socket"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        saved = folder / "base.tar"
        run("docker", "--host", source, "save", "--output", saved, BASE, timeout=120).assert_success()
        run("docker", "--host", self.address, "load", "--input", saved, timeout=120).assert_success()
        saved.unlink()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["--host", self.address, "--data-root", self.folder / "data", "--exec-root", self.folder / "exec"]
        daemon = ["dockerd", *NO_NETWORK, *words, "--pidfile", self.folder / "pid", "--log-level", "warn"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *daemon],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": PATH},
                start_new_session=True,
            )
        answers = ["docker", "--host", self.address, "version"]
        eventually(lambda: run(*answers).code == 0, 60, lambda: (self.folder / "log").read_text()[-2000:])

    def end(self) -> None:
        """End it in order."""
        assert self._process is not None
        os.kill(int(run("pgrep", "-P", str(self._process.pid)).out.split()[0]), signal.SIGTERM)
        self._process.wait(60)

    def crash(self) -> None:
        """End it and all that it runs at once, as when its machine loses power."""
        assert self._process is not None
        self._process.kill()  # and with it the first process of a namespace, and so all the others there
        self._process.wait(60)
        (self.folder / "pid").unlink(missing_ok=True)
        self._unmount("exec/")  # which is in memory, and gone with the power
        shutil.rmtree(self.folder / "exec", ignore_errors=True)

    def remove(self) -> None:
        """End it and remove all that it kept."""
        if self._process is not None and self._process.poll() is None:
            self.crash()
        self._unmount("")
        shutil.rmtree(self.folder)

    def _unmount(self, below: str) -> None:
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            place = line.split()[1]
            if place.startswith(f"{self.folder}/{below}"):
                run("umount", "--lazy", place)
