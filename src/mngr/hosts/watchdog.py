"""The watchdog that stops a host when it is idle: its settings, that it runs, and what it saw. See `watchdog.sh`."""

from __future__ import annotations

import zlib

from mngr.model.data import table_in
from mngr.model.errors import CommandError, UsageError, UserError
from mngr.model.names import nearest, shown
from mngr.model.times import parse_duration
from mngr.model.value import as_dict, value
from mngr.transports.quoting import COMPLETE, join, renew_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.transports.host import Host

MODES = ("io", "user", "agent", "ssh", "run", "start", "boot", "create")
DISABLED = "disabled"
DEFAULT_MODE = "io ssh run"  # where only a timeout is wished: whatever a person or an agent does
DEFAULT_SECONDS = 3600  # where only a mode is wished
ENDED_SECONDS = 300  # at most, from the end of the last session to the end of the host
WHOSE_WORK = ("agents", "host")
SHORTEST_SECONDS, LONGEST_SECONDS = 1, 10 * 365 * 86400
STATE_SECONDS = 20.0  # a host that does not answer this in time is asked no more
CANNOT_STOP = 78
UNLIKE_A_COMMAND = frozenset(map(chr, [*range(32), 127]))


@value
class IdleSettings:
    """How a host is watched. What is None stays as it is, or as it is by default."""

    mode: str | None = None  # as `parse_mode` returns it
    timeout: int | None = None  # seconds
    stop: str | None = None  # shell text that stops the host: `kill -TERM 1`
    ended: int | None = None  # seconds from the end of the last session to the end of the host; -1: that stops nothing
    created: int | None = None  # when the host was made, in seconds since 1970
    cpu: str | None = None  # one of WHOSE_WORK; `host` where the host is a container
    percent: int | None = None  # how busy a processor must be for that to count
    folder: str | None = None  # where agents are, if the watchdog has a folder that they cannot reach


@value
class Ending:
    """Why a host was stopped, or is being stopped."""

    why: str  # `timeout`, or `ended`: its last session has
    at: float
    source: str
    last_activity: float
    mode: str
    timeout: int


@value
class Watch:
    """What the watchdog of a host saw when it last looked. Times are seconds since 1970, by the host's own clock."""

    watching: bool
    was_dead: bool  # it should have been watching, and was started by this very look
    mode: str = DISABLED
    timeout: int | None = None
    now: float = 0.0
    looked_at: float | None = None
    last_activity: float | None = None
    source: str | None = None  # lock start user message output file cpu run ssh boot create clock settings watch
    deadline: float | None = None
    sessions_ended: float | None = None
    attached: int = 0
    stop_failed: int | None = None  # what the command that should stop the host ended with; 0 and it still runs
    stopping: Ending | None = None
    last_stop: Ending | None = None


def parse_mode(text: str) -> str:
    """Return a mode, or a combination of several, as it is written down. Raises UsageError."""
    words = [word for word in text.replace(",", " ").replace("+", " ").lower().split(" ") if word]
    for word in words:
        if word not in (*MODES, DISABLED):
            near = nearest(word, (*MODES, DISABLED), 1)
            raise UsageError(
                f"{shown(word, 30)} is no idle mode: {', '.join((*MODES, DISABLED))}",
                hint=f"did you mean {near[0]}?" if near else "see: mngr help idle",
            )
    if not words:
        raise UsageError("an idle mode is missing", hint=f"one or several of {', '.join(MODES)}, or {DISABLED}")
    if DISABLED in words and len(words) > 1:
        raise UsageError(f"'{DISABLED}' cannot be combined with other idle modes", hint="see: mngr help idle")
    return " ".join(word for word in (*MODES, DISABLED) if word in words)


def parse_timeout(text: str) -> int:
    """Return the seconds of an idle timeout. Raises UsageError."""
    return check_timeout(parse_duration(text), shown(text, 30))


def check_timeout(seconds: float, text: str | None = None) -> int:
    """Return the whole seconds of an idle timeout; `text` is how it was written. Raises UsageError."""
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise UsageError(
            f"an idle timeout of {text or f'{seconds:g} s'} makes no sense",
            hint=f"at least 1s, at most 3650d; to stop nothing: the idle mode '{DISABLED}'",
        )
    return int(seconds)


def ended_seconds(timeout: int) -> int:
    """Return how long after the end of its last session a host with an idle timeout ends."""
    return min(timeout, ENDED_SECONDS)


def ensure(host: Host, folder: str | None = None) -> str:
    """Return a line of shell text, to be part of any script, that starts the watchdog of a host unless it runs."""
    place = folder or host.paths.folder
    script = f"{place}/watchdog.sh"
    return f"[ ! -f {join([script])} ] || {join(['sh', script, 'ensure', place])} </dev/null >/dev/null 2>&1\n"


def settings(host: Host, wished: IdleSettings, folder: str | None = None) -> Watch:
    """Change how a host is watched, see that the watchdog is there and runs, and return what it saw; one round trip.

    Raises UsageError for what makes no sense, UserError when the host cannot stop itself.
    """
    _check(wished)
    pairs = [f"{key}={text}" for key, text in as_dict(wished).items() if text is not None]
    pairs = [pair if pair != "ended=-1" else "ended=" for pair in pairs]
    return _watch(host, [f"socket={host.tmux_socket}", *pairs], installed(host), folder)


def read(host: Host, folder: str | None = None) -> Watch:
    """Return what the watchdog of a host saw; it is started, should it run no more."""
    return _watch(host, [], b"", folder)


def installed(host: Host) -> bytes:
    """Return shell text that puts the watchdog into the current folder."""
    script = host.resource("hosts/activity.sh") + host.resource("hosts/watchdog.sh")
    return renew_file("watchdog.sh", b"# %08x\n" % zlib.crc32(script) + script)


def parse(answer: bytes) -> Watch:
    """Return what `watch.sh` printed."""
    said: dict[str, str] = {}
    for line in answer.decode("utf-8", "replace").splitlines():
        word, _, rest = line.partition(" ")
        key, _, text = rest.partition("=")
        said.update({f"set {key}": text} if word == "set" else {word: rest})
    seen, timeout = table_in(said.get("idle")), said.get("set timeout", "")
    watching = said.get("watching")
    return Watch(
        watching=watching in ("yes", "started"),
        was_dead=watching == "started",
        mode=said.get("set mode", DISABLED),
        timeout=int(timeout) if timeout.isdecimal() else None,
        now=_number(said.get("clock")) or 0.0,
        looked_at=_number(seen.get("now")),
        last_activity=_number(seen.get("last_activity")),
        source=_text(seen.get("source")),
        deadline=_number(seen.get("deadline")),
        sessions_ended=_number(seen.get("sessions_ended")),
        attached=int(_number(seen.get("attached")) or 0),
        stop_failed=seen["stop_failed"] if type(seen.get("stop_failed")) is int else None,
        stopping=parse_ending(said.get("stopped")),
        last_stop=parse_ending(said.get("last")),
    )


def parse_ending(text: str | None) -> Ending | None:
    """Return what a `stop_reason.json` says; None where there is none, or a damaged one."""
    told = table_in(text)
    why, at = _text(told.get("why")), _number(told.get("now"))
    if why is None or at is None:
        return None
    source, mode = _text(told.get("source")) or "", _text(told.get("mode")) or ""
    last, timeout = _number(told.get("last_activity")), _number(told.get("timeout_seconds"))
    return Ending(why, at, source, at if last is None else last, mode, int(timeout or 0))


def _watch(host: Host, pairs: list[str], install: bytes, folder: str | None) -> Watch:
    place = folder or host.paths.folder
    result = host.script(["hosts/watch.sh", place, *pairs], install + COMPLETE, STATE_SECONDS, check=False)
    if result.code == CANNOT_STOP:
        raise UserError(
            f"the host '{host.name}' cannot stop itself: its provider '{host.provider}' has no way to",
            hint="stop its agents instead: mngr stop",
        )
    if result.code != 0:
        raise CommandError(f"the idle settings of '{host.name}' could not be changed: {result.complaint}", result)
    return parse(result.out)


def _check(wished: IdleSettings) -> None:
    if wished.mode is not None and parse_mode(wished.mode) != wished.mode:
        raise UsageError(f"{shown(wished.mode, 60)} is not an idle mode as it is written down")
    numbers = (wished.timeout, wished.created, wished.percent)
    if any(number is not None and not 0 <= number < 10**12 for number in numbers) or wished.timeout == 0:
        raise UsageError("an idle timeout, a time of creation or a percentage makes no sense")
    if wished.ended is not None and not -1 <= wished.ended < 10**12:
        raise UsageError("the time from the end of the last session to the end of the host makes no sense")
    if wished.cpu is not None and wished.cpu not in WHOSE_WORK:
        raise UsageError(f"{shown(wished.cpu, 30)} is not whose work can count: {' or '.join(WHOSE_WORK)}")
    for text in (wished.stop, wished.folder):
        if text is not None and (not text.strip() or text != text.strip() or UNLIKE_A_COMMAND.intersection(text)):
            raise UsageError(f"{shown(text)} cannot be written down as an idle setting: it must be one line of text")


def _number(told: Any) -> float | None:
    if type(told) is str:
        return float(told) if told.isascii() and told.isdecimal() and len(told) < 16 else None
    return float(told) if type(told) in (int, float) and abs(told) < 1e15 else None


def _text(told: Any) -> str | None:
    return told if type(told) is str and told.isascii() and told.isprintable() and len(told) < 100 else None
