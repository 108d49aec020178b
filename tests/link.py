"""A link to a host of a test's own: one end is here, the other in a network namespace that lives as long as it."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

from program import run

NETWORKS = 1 << 14
CUT = """table inet cut {
  chain in { type filter hook input priority -300; iifname "eth0" drop; }
  chain out { type filter hook output priority -300; oifname "eth0" drop; }
}
"""


class Link:
    """A pair of interfaces. The far one, `eth0`, has an address of its own, and can be cut off."""

    def __init__(self) -> None:
        made = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo made; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert made.stdout
        assert made.stdout.readline() == b"made\n"
        # Nothing else holds the namespace: however this process ends, the namespace and both interfaces go with it.
        self._namespace = os.open(f"/proc/{made.pid}/ns/net", os.O_RDONLY)
        self.interface = _add_interface(made.pid)
        made.communicate()
        number = int(self.interface.removeprefix("mngr"))
        network = f"10.213.{number >> 6}."
        self.here = f"{network}{(number & 63) * 4 + 1}"  # what this machine is to the far end
        self.address = f"{network}{(number & 63) * 4 + 2}"
        run("ip", "addr", "add", f"{self.here}/30", "dev", self.interface).assert_success()
        run("ip", "link", "set", self.interface, "up").assert_success()
        self._there("ip", "addr", "add", f"{self.address}/30", "dev", "eth0")
        self._there("ip", "link", "set", "lo", "up")
        self._there("ip", "link", "set", "eth0", "up")

    def cut(self) -> None:
        """Drop every packet, both ways, without a word to either side."""
        self._there("nft", "-f", "-", input=CUT.encode())

    def down(self) -> None:
        """Take the far interface down, as when a cable is pulled."""
        self._there("ip", "link", "set", "eth0", "down")

    def restore(self) -> None:
        """Undo `cut` and `down`."""
        self._there("nft", "flush", "ruleset")
        self._there("ip", "link", "set", "eth0", "up")

    def remove(self) -> None:
        """Take the interfaces away; what runs in the namespace must have ended."""
        run("ip", "link", "del", self.interface).assert_success()
        os.close(self._namespace)

    @property
    def entering(self) -> list[str]:
        """Return the words that run a program at the far end."""
        return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self._namespace}"]

    def _there(self, *words: str, input: bytes = b"") -> None:
        run(*self.entering, *words, input=input).assert_success()


def _add_interface(pid: int) -> str:
    """Make the pair under a free number. Names of interfaces are claimed at once: tests run side by side."""
    first = random.randrange(NETWORKS)
    for number in range(first, first + NETWORKS):
        name = f"mngr{number % NETWORKS}"
        if Path("/sys/class/net", name).exists():
            continue
        added = run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        if added.code == 0 or "File exists" not in added.err:
            added.assert_success()
            return name
    raise AssertionError("no network is free")
