"""The same work for many; every outcome reported, one failure stops none."""

from __future__ import annotations

from mngr.model.errors import TimedOutError, UnreachableError, UserError
from mngr.model.host import OFF
from mngr.model.value import value
from mngr.transports.run import InterruptsHeld

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    from mngr.fleet.fleet import Target
    from mngr.fleet.report import Agent
    from mngr.transports.host import Host

    T = TypeVar("T")
    R = TypeVar("R")

AT_ONCE = 16
OFF_AT_ONCE = 8  # hosts that do not run, of which their provider tells
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
    results: dict[int, R] = {}
    failures: dict[int, BaseException] = {}

    def at(places: Iterable[int]) -> None:
        for place in places:
            try:
                results[place] = work(parts[place])
            except BaseException as error:
                failures[place] = error

    wait = _beside(at, [(place,) for place in range(1, len(parts))])
    results[0] = work(parts[0])
    wait()
    for place in sorted(failures):
        raise failures[place]
    return [results[place] for place in range(len(parts))]


def _beside(work: Callable[[Iterable[int]], None], shares: Sequence[Iterable[int]]) -> Callable[[], None]:
    """Begin work on each share, in a thread of its own, and return what waits for the end of all."""
    if not shares:
        return lambda: None
    import _thread
    from _queue import SimpleQueue  # `threading` costs more than a look at this machine

    ended: SimpleQueue[None] = SimpleQueue()

    def at(share: Iterable[int]) -> None:
        try:
            work(share)
        finally:
            ended.put(None)

    def wait() -> None:
        for _ in shares:
            ended.get()

    with InterruptsHeld():
        for share in shares:
            _thread.start_new_thread(at, (share,))
    return wait


def on_each_host(
    hosts: list[Host], work: Callable[[Host], Any], unhurried: Callable[[Host], bool] = lambda _: False
) -> list[tuple[Host, Any]]:
    """Do work on every host, on all at once, and return each host with what it returned, or the UserError it raised.

    None takes longer than a host may keep the others waiting, but those that are `unhurried`. What goes wrong on this
    machine is raised: there is no going on without it.
    """
    if len(hosts) == 1 and hosts[0].transport.shares_files:
        return [(hosts[0], work(hosts[0]))]
    results: dict[int, Any] = {}

    def at(places: Iterable[int]) -> None:
        for place in places:
            results[place] = _attempt(hosts[place], work, hurried=not unhurried(hosts[place]))

    here = [place for place, host in enumerate(hosts) if host.transport.shares_files]
    wait = _beside(at, _shares(hosts, here))
    for place in here:
        results[place] = work(hosts[place])
    wait()
    for found in results.values():
        if isinstance(found, BaseException) and not isinstance(found, UserError):
            raise found
    return [(host, results[place]) for place, host in enumerate(hosts)]


def _shares(hosts: list[Host], here: list[int]) -> list[Iterator[int]]:
    """Return what each thread does: a host that runs has one; of the others, what is known here is mostly enough."""
    off = [place for place, host in enumerate(hosts) if host.state in OFF and place not in here]
    running = [iter((place,)) for place in range(len(hosts)) if place not in here and place not in off]
    return running + [iter(off)] * min(len(off), OFF_AT_ONCE)


def _attempt(host: Host, work: Callable[[Host], Any], *, hurried: bool) -> Any:
    """Return what work on a host returns, or what it raises."""
    import time

    seconds = QUICK_SECONDS if host.was_silent else LOOK_SECONDS
    try:
        if hurried:
            host.deadline = time.monotonic() + seconds
        return work(host)
    except TimedOutError as error:
        if not hurried:
            return error
        return UnreachableError(f"{host.address} did not answer within {seconds:g} s", error.hint)
    except OSError as error:
        return UserError(f"{host.address}: {error.strerror or error}")
    except BaseException as error:
        return error
    finally:
        host.deadline = None


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
