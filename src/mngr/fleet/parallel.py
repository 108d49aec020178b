"""The same work for many; every outcome reported, one failure stops none."""

from __future__ import annotations

from mngr.model.errors import TimedOutError, UnreachableError, UserError
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, TypeVar

    from mngr.fleet.fleet import Target
    from mngr.fleet.report import Agent
    from mngr.transports.host import Host

    T = TypeVar("T")
    R = TypeVar("R")

AT_ONCE = 16
LOOK_SECONDS = 10.0  # how long a host is waited for; a connection that must be made takes a while on a busy machine
QUICK_SECONDS = 2.0  # how long one that kept silent a moment ago
FILES_OF_OURS, FILES_EACH = 16, 12


@value
class Outcome:
    """What became of one target: what the work returned, or the error."""

    target: Target
    result: Any = None
    error: UserError | None = None


def for_each(targets: list[Target], work: Callable[[Agent], Any]) -> Iterator[Outcome]:
    """Do work for each target, several at once, and yield the outcomes in the order of the targets."""
    if len(targets) <= 1:
        yield from (_outcome(target, work) for target in targets)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_at_once()) as pool:
        under_way = [pool.submit(_outcome, target, work) for target in targets]
        yield from (one.result() for one in under_way)


def at_once(things: Sequence[T], work: Callable[[T], Any]) -> list[Any]:
    """Do work for each thing, for several at once, and return what it returned, in order."""
    if len(things) <= 1:
        return [work(thing) for thing in things]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_at_once()) as pool:
        return list(pool.map(work, things))


def side_by_side(parts: Sequence[T], work: Callable[[T], R]) -> list[R]:
    """Do work for each part, for all at once, the first one in this thread, and return what it returned, in order.

    What went wrong is raised, of the first part that it went wrong for.
    """
    from threading import Thread

    results: dict[int, R] = {}
    failures: dict[int, BaseException] = {}

    def at(place: int) -> None:
        try:
            results[place] = work(parts[place])
        except BaseException as error:
            failures[place] = error

    threads = [Thread(target=at, args=(place,), daemon=True) for place in range(1, len(parts))]
    for thread in threads:
        thread.start()
    results[0] = work(parts[0])
    for thread in threads:
        thread.join()
    for place in sorted(failures):
        raise failures[place]
    return [results[place] for place in range(len(parts))]


def on_each_host(
    hosts: list[Host], work: Callable[[Host], Any], unhurried: Callable[[Host], bool] = lambda _: False
) -> list[tuple[Host, Any]]:
    """Do work on every host, on all at once, and return each host with what it returned, or the UserError it raised.

    None takes longer than a host may keep the others waiting, but those that are `unhurried`. What goes wrong on this
    machine is raised: there is no going on without it.
    """
    if len(hosts) == 1 and hosts[0].transport.shares_files:
        return [(hosts[0], work(hosts[0]))]
    import time
    from threading import Thread

    results: dict[int, Any] = {}

    def hurried(host: Host) -> Any:
        seconds = QUICK_SECONDS if host.was_silent else LOOK_SECONDS
        host.deadline = time.monotonic() + seconds
        try:
            return work(host)
        except TimedOutError as error:
            raise UnreachableError(f"{host.address} did not answer within {seconds:g} s", error.hint) from error
        finally:
            host.deadline = None

    def at(place: int) -> None:
        try:
            results[place] = (work if unhurried(hosts[place]) else hurried)(hosts[place])
        except UserError as error:
            results[place] = error
        except OSError as error:
            results[place] = UserError(f"{hosts[place].address}: {error.strerror or error}")

    here = [place for place, host in enumerate(hosts) if host.transport.shares_files]
    threads = [Thread(target=at, args=(place,), daemon=True) for place in range(len(hosts)) if place not in here]
    for thread in threads:
        thread.start()
    for place in here:
        results[place] = work(hosts[place])
    for thread in threads:
        thread.join()
    return [(host, results[place]) for place, host in enumerate(hosts)]


def _at_once() -> int:
    """Return how many may be under way, for each holds files open."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return AT_ONCE if limit < 0 else max(1, min(AT_ONCE, (limit - FILES_OF_OURS) // FILES_EACH))


def _outcome(target: Target, work: Callable[[Agent], Any]) -> Outcome:
    if target.agent is None:
        return Outcome(target, error=target.error)
    try:
        return Outcome(target, work(target.agent))
    except UserError as error:
        return Outcome(target, error=error)
    except OSError as error:
        return Outcome(target, error=UserError(f"{target.text}: {error.strerror or error}"))
