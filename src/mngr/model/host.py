"""What hosts are, what may be wished of a new one, and what is saved of one."""

from __future__ import annotations

from mngr.model.value import value

BUILDING, STARTING, RUNNING, STOPPING = "building", "starting", "running", "stopping"
STOPPED = "stopped"  # it was asked for
PAUSED = "paused"  # it was idle
CRASHED = "crashed"  # it should run, and does not
FAILED = "failed"  # it never came up
UNREACHABLE, DESTROYED = "unreachable", "destroyed"
HOST_STATES = (BUILDING, STARTING, RUNNING, STOPPING, STOPPED, PAUSED, CRASHED, FAILED, UNREACHABLE, DESTROYED)
OFF = (STOPPING, STOPPED, PAUSED, CRASHED, FAILED, DESTROYED)  # nothing can be run there now


@value
class HostWish:
    """What a new host shall be. `build` and `start` are the provider's own words, as `-b` and `-s` give them."""

    name: str
    build: list[tuple[str, str]] = []  # pairs; a key can stand several times, and a word alone has an empty text
    start: list[str] = []
    snapshot: str | None = None  # its id
    idle_timeout_seconds: float | None = None
    idle_mode: str | None = None
    start_on_boot: bool = False


@value
class Leftover:
    """Something of a provider's that no host needs: what kind of thing, its name, and what is to be said of it."""

    kind: str
    name: str
    text: str


@value
class Snapshot:
    """A host as it was saved. `created_at` is ISO 8601 UTC."""

    id: str
    provider: str
    host: str  # its name
    created_at: str
    name: str | None = None
    size_bytes: int | None = None
