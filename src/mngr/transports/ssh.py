"""Hosts reached by ssh: one connection each, shared by all that is done there, and closed when nothing is."""

from __future__ import annotations

import os
import time

from mngr.model.errors import TimedOutError, UnreachableError, UserError
from mngr.model.value import value
from mngr.transports import mux, run
from mngr.transports.far_command import END, FarCommand, begun
from mngr.transports.quoting import for_any_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.transports.piped import Piped

PERSIST_SECONDS = 90  # how long a connection outlives its last command
START_SECONDS = 45.0  # a connection through several hosts may take several time-outs
SIGNAL_SECONDS = 5.0
OPEN_SECONDS = 25.0  # longer than it takes a connection to notice that its host is gone
LOCK_PAUSE_SECONDS = 0.02
GREETING = 'printf "%s\\n" "$HOME"; eval "printf \'%s\\n\' ~$(id -un | tr -cd "a-zA-Z0-9._-")"; uname -s'


@value
class Place:
    """Where ssh finds a host."""

    name: str  # as it is shown
    destination: str  # as ssh knows it
    options: list[str]  # what ssh is told of it
    socket: str  # of the shared connection


@value
class Greeting:
    """What a host says of itself at first contact."""

    home: str
    account_home: str  # what its user database says
    system: str


class SshTransport:
    """Reaches one host."""

    shares_files = False

    def __init__(self, place: Place) -> None:
        self.place = place

    def wrap(self, argv: list[str], tty: bool = False) -> list[str]:
        """Return the local command that runs argv on the host."""
        return [*self._ssh(), *(["-t"] if tty else []), "--", self.place.destination, for_any_shell(argv)]

    def start(self, argv: list[str], patience_seconds: float | None = None, *, apart: bool = False) -> Piped:
        """Start a command on the host. Raises UnreachableError: then nothing was run."""
        shown = self.wrap(argv)
        if apart:
            return run.Process(self._apart(shown))
        return self._started(argv, patience_seconds) or run.Process(self._apart(shown))

    def call(self, argv: list[str], timeout_seconds: float | None = None, tty: bool = False) -> int:
        """Run a command on our own standard streams and return its exit code. Raises TimedOutError."""
        command = None if tty else self._started(argv, None, (0, 2))
        if command is None:
            return run.call(self.wrap(argv, tty), timeout_seconds)
        blocking = [(stream, os.get_blocking(stream)) for stream in (0, 2)]
        try:
            with command:
                return command.relay(timeout_seconds)
        finally:
            for stream, was in blocking:
                os.set_blocking(stream, was)

    def _started(
        self, argv: list[str], patience_seconds: float | None, streams: tuple[int, int] | None = None
    ) -> FarCommand | None:
        """Return a command that was begun over the shared connection; None where that takes no further one."""
        mark = os.urandom(8).hex()
        shown, text = self.wrap(argv), for_any_shell(begun(mark, argv))
        patience = OPEN_SECONDS if patience_seconds is None else min(patience_seconds, OPEN_SECONDS)
        for attempt in range(2):
            link = self._link(patience_seconds)
            try:
                command = FarCommand(shown, link, text, patience, streams)
            except mux.Refused:
                return None  # a session that is not had here is had by a connection apart
            except mux.NotOpened:
                if attempt:
                    raise
            except TimedOutError as error:
                raise self._silent(patience) from error
            else:
                command.mark, command.signal = mark.encode(), self._signal
                return command
        raise self._silent(patience)

    def _signal(self, name: str, pid: int) -> None:
        """Send a signal to a command there, as far as the host can be reached now."""
        text = for_any_shell(["sh", "-c", END, "sh", name, str(pid)])
        try:
            link = mux.connect(self.place.socket)
            command = mux.MuxCommand(self.wrap(["kill", "-s", name, "--", f"-{pid}"]), link, text, SIGNAL_SECONDS)
            with command:
                command.communicate(b"", SIGNAL_SECONDS)
        except UserError:
            return

    def greeting(self, patience_seconds: float | None = None) -> Greeting:
        """Return what the host says of itself; asked once a connection."""
        path = f"{self.place.socket}.host"
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().splitlines()
        except OSError:
            lines = []
        if len(lines) != 3:
            with self.start(["sh", "-c", GREETING], patience_seconds) as command:
                lines = command.result(timeout_seconds=patience_seconds or OPEN_SECONDS).text.splitlines()[-3:]
            if len(lines) != 3 or not lines[0].startswith("/"):
                raise UnreachableError(
                    f"{self.place.name} does not say where its home is", hint=f"try: ssh {self.place.destination} pwd"
                )
            _write(path, "".join(f"{line}\n" for line in lines))
        home, account, system = lines
        return Greeting(home.rstrip("/") or "/", account if account.startswith("/") else home, system)

    def bulk(self) -> list[str]:
        """Return the ssh command, without a host, for what is big: over a connection of its own."""
        return ["ssh", *self.place.options, "-o", "ControlPath=none"]

    def close(self) -> None:
        """End the shared connection."""
        mux.terminate(self.place.socket)

    def _ssh(self) -> list[str]:
        return ["ssh", *self.place.options, "-S", self.place.socket]

    def _apart(self, shown: list[str]) -> list[str]:
        return [*self.bulk(), *shown[len(self._ssh()) :]]

    def _link(self, patience_seconds: float | None) -> Any:
        """Return a link to the shared connection, which is made if there is none. Raises UnreachableError."""
        patience = START_SECONDS if patience_seconds is None else min(patience_seconds, START_SECONDS)
        try:
            return mux.connect(self.place.socket)
        except mux.NotOpened:
            pass
        with _Lock(f"{self.place.socket}.lock", patience) as lock:
            if not lock.held:
                raise self._silent(patience)
            try:
                return mux.connect(self.place.socket)  # another one made it meanwhile
            except mux.NotOpened:
                self._connect(patience)
            return mux.connect(self.place.socket)

    def _connect(self, patience_seconds: float) -> None:
        for stale in (self.place.socket, f"{self.place.socket}.host"):
            _remove(stale)
        options = ["-o", "ControlMaster=yes", "-o", f"ControlPersist={PERSIST_SECONDS}", "-N", "-f"]
        argv = [*self._ssh(), *options, "--", self.place.destination]
        try:
            result = run.run(argv, timeout_seconds=patience_seconds, check=False)
        except TimedOutError as error:
            raise self._silent(patience_seconds) from error
        if result.code == 0:
            return
        said = result.err.decode("utf-8", "replace")
        raise refusal(self.place, said.strip() or self._reason(patience_seconds))

    def _reason(self, patience_seconds: float) -> str:
        """Return why a connection fails: what ssh's own helpers say of it is only heard without sharing."""
        argv = [*self.bulk(), "--", self.place.destination, "true"]
        try:
            return run.run(argv, timeout_seconds=patience_seconds, check=False).err.decode("utf-8", "replace").strip()
        except UserError as error:
            return error.message

    def _silent(self, seconds: float) -> UnreachableError:
        return UnreachableError(
            f"{self.place.name} did not answer within {seconds:g} s", hint=f"try: ssh {self.place.destination} true"
        )


_CAUSES = (
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", "has another host key than the one that is known", "{forget}"),
    ("Host key verification failed", "has a host key that is not known here", "check and accept it: ssh {host} true"),
    ("No ED25519 host key is known", "has a host key that is not known here", "check and accept it: ssh {host} true"),
    ("Permission denied", "does not let you in", "try: ssh {host} true (ssh-add, if your key has a passphrase)"),
    ("Could not resolve", "is a name that is not known", "see ~/.ssh/config; try: ssh {host} true"),
    ("Too many authentication failures", "does not let you in: too many keys were offered", "set IdentityFile for it"),
    ("Connection refused", "refuses connections", "is its sshd running? try: ssh {host} true"),
    ("timed out", "does not answer", "is it up? try: ssh {host} true"),
    ("No route to host", "cannot be reached: there is no route", "is it up, and your network? try: ssh {host} true"),
)
FORGET = "if that is right, forget the old one: ssh-keygen -R {host}"


def refusal(place: Place, said: str) -> UnreachableError:
    """Return the error that says why ssh did not reach a host, and what to do about it."""
    for sign, text, hint in _CAUSES:
        if sign in said:
            chosen = FORGET if hint == "{forget}" else hint
            return UnreachableError(f"{place.name} {text}", hint=chosen.format(host=place.destination))
    last = said.splitlines()[-1] if said else "ssh says nothing about why"
    return UnreachableError(f"{place.name} cannot be reached: {last}", hint=f"try: ssh {place.destination} true")


class _Lock:
    """A lock among the processes of this machine; it goes with its holder. `held` tells whether it was had in time."""

    def __init__(self, path: str, wait_seconds: float) -> None:
        self.held = False
        self._path, self._wait_seconds, self._file = path, wait_seconds, -1

    def __enter__(self) -> _Lock:
        import fcntl

        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._wait_seconds
        while not self.held:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.held = True
            except OSError:
                if time.monotonic() > deadline:
                    break
                time.sleep(LOCK_PAUSE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _write(path: str, text: str) -> None:
    fresh = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    os.replace(fresh, path)
