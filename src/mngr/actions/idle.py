"""How hosts are watched for idleness: set when they are made, changed while they run, and told."""

from __future__ import annotations

from mngr.fleet.parallel import on_each_host
from mngr.hosts import watchdog
from mngr.hosts.watchdog import DISABLED, Ending, IdleSettings, Watch
from mngr.model.errors import UnreachableError, UserError
from mngr.model.host import OFF, PAUSED, RUNNING
from mngr.model.times import iso, short_duration
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.model.host import HostWish
    from mngr.transports.host import Host


@value
class Idleness:
    """What is known of how a host is watched: while it runs its watch, of one that stopped itself its ending."""

    watch: Watch | None = None
    ending: Ending | None = None

    @property
    def reason(self) -> str:
        """Return why the host stopped itself, in words; empty where it did not."""
        if self.ending is None:
            return ""
        if self.ending.why == "ended":
            return "its last session ended"
        return f"idle for {short_duration(self.ending.timeout)}"

    def row(self) -> dict[str, Any]:
        """Return the fields `idle.*`."""
        watch, ending = self.watch, self.ending
        if watch is not None:
            live = watch.mode != DISABLED
            return _row(
                watch.mode,
                watch.timeout,
                watch.last_activity if live else None,
                watch.source if live else None,
                watch.deadline if live else None,
            )
        if ending is not None:
            return _row(ending.mode, ending.timeout, ending.last_activity, ending.source, None)
        return _row(None, None, None, None, None)


def watch_new(host: Host, wish: HostWish, now: float) -> None:
    """Have a new host watched as it is wished; one from a snapshot is watched as the saved one, unless it is wished.

    Raises UserError when it cannot stop itself, UsageError for what makes no sense.
    """
    if wish.idle_mode is not None or wish.idle_timeout_seconds is not None:
        change(host, wish.idle_mode, wish.idle_timeout_seconds, made_at=now)
    elif host.self_stop is not None:  # when it was made is written down, should it be watched later
        mode = None if wish.snapshot is not None else DISABLED
        watchdog.settings(host, IdleSettings(mode=mode, stop=host.self_stop, created=int(now)))


def change(host: Host, mode: str | None, timeout_seconds: float | None, made_at: float | None = None) -> Watch:
    """Change how a host is watched, and return what its watchdog saw. `made_at`: the host is new.

    Raises UserError when it cannot stop itself, UsageError for what makes no sense.
    """
    timeout = None if timeout_seconds is None else watchdog.check_timeout(timeout_seconds)
    known = Watch(watching=False, was_dead=False) if made_at is not None else watchdog.read(host)
    if mode is None and known.mode == DISABLED:
        mode = watchdog.DEFAULT_MODE
    if timeout is None and known.timeout is None and mode != DISABLED:
        timeout = watchdog.DEFAULT_SECONDS
    settings = IdleSettings(
        mode=mode,
        timeout=timeout,
        stop=host.self_stop,
        ended=None if timeout is None else watchdog.ended_seconds(timeout),
        created=None if made_at is None else int(made_at),
    )
    return watchdog.settings(host, settings)


def seen(fleet: Fleet, hosts: list[Host]) -> dict[Host, Idleness]:
    """Return what is known of hosts that can stop themselves, all asked at once; of those that answer."""
    able = [host for host in hosts if host.self_stop is not None and host.state in (RUNNING, PAUSED)]
    found = on_each_host(able, lambda host: of(fleet, host)) if able else []
    return {host: idleness for host, idleness in found if not isinstance(idleness, UserError)}


def of(fleet: Fleet, host: Host) -> Idleness:
    """Return what is known of how a host is watched, or why it stopped itself. Raises UnreachableError."""
    if host.state not in OFF:
        return Idleness(watch=watchdog.read(host)) if host.self_stop is not None else Idleness()
    return Idleness(ending=_ending(fleet, host) if host.state == PAUSED else None)


def _ending(fleet: Fleet, host: Host) -> Ending | None:
    """Return what a host that stopped itself wrote down before."""
    provider: Any = fleet.places.provider(host.provider)
    if not hasattr(provider, "archive"):
        return None
    import io
    import tarfile

    try:
        packed = provider.archive(host, f"{host.paths.folder}/stop_reason.json")
    except UnreachableError:
        raise
    except UserError:
        return None
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            file = archive.extractfile(archive.getmembers()[0])
            return watchdog.parse_ending(file.read(10_000).decode("utf-8", "replace")) if file else None
    except (tarfile.TarError, IndexError, KeyError):
        return None


def _row(
    mode: str | None, timeout: int | None, last: float | None, source: str | None, deadline: float | None
) -> dict[str, Any]:
    return {
        "mode": mode,
        "timeout_seconds": timeout,
        "last_activity_at": None if last is None else iso(last),
        "source": source,
        "deadline_at": None if deadline is None else iso(deadline),
    }
