"""Reads config files: TOML, remembered as JSON because parsing TOML costs more than starting Python."""

from __future__ import annotations

import os
import stat
import time
import zlib

from mngr.config import atomic
from mngr.config.paths import shortened
from mngr.model.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST_BYTES = 500_000
MOST_DOTS = 200  # in a line: what tomllib takes for a dotted key grows with the square of its parts
SETTLED_SECONDS = 2  # a file that changed more lately could change again without a new time stamp
VERSION = 1


def read(path: str, cache: str | None) -> dict[str, Any] | None:
    """Return what a TOML file says, or None when there is none. Raises UsageError naming file and line."""
    found = _open(path)
    if found is None:
        return None
    descriptor, status = found
    with os.fdopen(descriptor, "rb") as file:
        stamp = [VERSION, path, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev]
        kept = f"{cache}/config-{zlib.crc32(os.fsencode(path)):08x}.json" if cache else None
        known = _recall(kept, stamp) if kept else None
        if known is not None:
            return known
        table = parse(_decoded(file.read(LARGEST_BYTES + 1), path), path)
    if kept and status.st_mtime < time.time() - SETTLED_SECONDS:
        _remember(kept, stamp, table)
    return table


def text_of(path: str) -> str:
    """Return a config file's text, for messages: empty when it cannot be read."""
    try:
        found = _open(path)
        if found is None:
            return ""
        with os.fdopen(found[0], "rb") as file:
            return _decoded(file.read(LARGEST_BYTES + 1), path)
    except UsageError:
        return ""


def parse(text: str, where: str) -> dict[str, Any]:
    """Parse TOML. Raises UsageError naming the line."""
    import tomllib

    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise UsageError(f"{shortened(where)}:{number}: more than {MOST_DOTS} dots in a line", hint="break it up")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{shortened(where)}: it is nested too deeply") from None
    except ValueError as error:
        reason, line = _reason(str(error), text)
        raise UsageError(f"{shortened(where)}{line}: not valid TOML: {reason}", hint="see: mngr config edit") from None


def _open(path: str) -> tuple[int, os.stat_result] | None:
    try:
        os.stat(path)  # cheaper than an open that fails, and most files are not there
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{shortened(path)}: cannot be read: {getattr(error, 'strerror', error)}") from None
    status = os.fstat(descriptor)
    problem = None
    if not stat.S_ISREG(status.st_mode):
        problem = "a folder" if stat.S_ISDIR(status.st_mode) else "not a file"
        problem = f"cannot be read: it is {problem}"
    elif status.st_size > LARGEST_BYTES:
        problem = f"too large for a config file ({status.st_size} bytes, at most {LARGEST_BYTES})"
    if problem:
        os.close(descriptor)
        raise UsageError(f"{shortened(path)}: {problem}")
    return descriptor, status


def _decoded(content: bytes, path: str) -> str:
    if len(content) > LARGEST_BYTES:
        raise UsageError(f"{shortened(path)}: too large for a config file (at most {LARGEST_BYTES} bytes)")
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{shortened(path)}:{line}: not UTF-8 text", hint="save the file as UTF-8") from None


def _reason(message: str, text: str) -> tuple[str, str]:
    reason, _, place = message.rpartition(" (at ")
    reason = (reason or place)[:200]
    if place.startswith("line "):
        return reason, f":{place[5:].partition(',')[0]}"
    return reason, f":{text.count(chr(10), 0, len(text.rstrip())) + 1}" if place.startswith("end") else ""


def _recall(kept: str, stamp: list[Any]) -> dict[str, Any] | None:
    try:
        with open(kept, "rb") as file:
            content = file.read()
    except OSError:
        return None
    import json

    try:
        known = json.loads(content)
        return known["table"] if known["stamp"] == stamp and isinstance(known["table"], dict) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _remember(kept: str, stamp: list[Any], table: dict[str, Any]) -> None:
    import json

    folder = os.path.dirname(kept)
    try:
        content = json.dumps({"stamp": stamp, "table": table}).encode()
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)  # not its parents: reading settings makes no host folder
        atomic.write(kept, content)
    except (OSError, TypeError, ValueError, RecursionError):  # read-only home, full disk, dates: parsed again next time
        return
