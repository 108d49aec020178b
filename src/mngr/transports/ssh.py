"""Hosts reached by ssh: one connection each, shared by all that is done there, and closed when nothing is."""

from __future__ import annotations

import os
import time

from mngr.model.errors import TimedOutError, UnreachableError, UserError
from mngr.model.value import value
from mngr.transports import mux, run
from mngr.transports.brief import brief
from mngr.transports.far_command import END, Begun, FarCommand, FarProcess, begun
from mngr.transports.quoting import for_any_shell, join
from mngr.transports.refusals import ended_on_the_way, refusal
from mngr.transports.socket_files import SocketFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.result import Result

PERSIST_SECONDS = 90  # how long a connection outlives its last command
CONNECTIONS = 9  # made to a host at most: sshd allows 10 sessions in each unless it is told otherwise (MaxSessions)
FULL_PAUSE_SECONDS = 0.1
GIVEN_UP_SECONDS = 3.0  # how long we do not try again after it failed, as when several steps are taken back
START_SECONDS = 45.0  # a connection through several hosts may take several time-outs
SIGNAL_OPEN_SECONDS, SIGNAL_SECONDS = 2.0, 4.0
OPEN_SECONDS = 25.0  # longer than it takes a connection to notice that its host is gone
BY_HAND = {"Port": "-p", "User": "-l", "IdentityFile": "-i"}  # how a person says what the settings of a host say
GREET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "greet.sh")


@value
class Place:
    """Where ssh finds a host."""

    name: str  # as it is shown
    destination: str  # as ssh knows it
    options: list[str]  # what ssh is told of it
    socket: str  # of the shared connection
    client: str = ""  # what this user on this machine is called there, if the host is to know

    @property
    def typed(self) -> str:
        """Return what a person types after `ssh` to come there."""
        given = [
            text.partition("=") for flag, text in zip(self.options, self.options[1:], strict=False) if flag == "-o"
        ]
        words = [word for key, _, text in given if key in BY_HAND for word in (BY_HAND[key], text)]
        return join([*words, self.destination])


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
        self._files = SocketFiles(place.socket)
        self._number = 0  # of the connection that had room last
        self._given_up: tuple[float, UnreachableError] | None = None

    @property
    def was_silent(self) -> bool:
        """Return whether the host was not reached when that was last tried, a moment ago."""
        return self._files.silence() is not None

    def wrap(self, argv: list[str], tty: bool = False) -> list[str]:
        """Return the local command that runs argv on the host."""
        return [*self._ssh(), *(["-t"] if tty else []), "--", self.place.destination, for_any_shell(argv)]

    def start(self, argv: list[str], patience_seconds: float | None = None, *, apart: bool = False) -> Begun:
        """Start a command on the host. Raises UnreachableError: then nothing was run."""
        mark = os.urandom(8).hex()
        text = begun(mark, argv)
        if apart:
            words = [*self.bulk(), "--", self.place.destination]
            shown = [*words, for_any_shell(brief(argv))]
            command: Begun = FarProcess([*words, text], group=patience_seconds is not None, shown=shown)
        else:
            command = self._started(argv, text, patience_seconds)
        command.begin(self.place, mark, self._signal)
        return command

    def call(self, argv: list[str], timeout_seconds: float | None = None, tty: bool = False) -> int:
        """Run a command on our own standard streams and return its exit code. Raises TimedOutError."""
        if tty:
            return run.call(self.wrap(argv, tty), timeout_seconds)
        with self.start(argv) as command:
            return command.relay(timeout_seconds)

    def greeting(self, patience_seconds: float | None = None) -> Greeting:
        """Return what the host says of itself; asked once a connection."""
        if len(lines := self._files.facts()) != 3:
            deadline = time.monotonic() + (START_SECONDS if patience_seconds is None else patience_seconds)
            self._open_link(0, deadline).close()  # which greets, if it is new and the host is to know us
            lines = self._files.facts() or self._greet(0, deadline)
        home, account, system = lines
        return Greeting(home.rstrip("/") or "/", account if account.startswith("/") else home, system)

    def bulk(self) -> list[str]:
        """Return the ssh command, without a host, for what is big: over a connection of its own."""
        return ["ssh", *self.place.options, "-o", "ControlPath=none"]

    def forward(self, here: int, there: int, *, end: bool = False) -> Result:
        """Have the shared connection, which must be open, lead from a port of this machine to one of the host's own.

        `end`: no longer. The result tells whether it does.
        """
        # Of no configuration, which could have further ports forwarded, or all of them forgotten.
        words = ["-F", "/dev/null", "-S", self.place.socket, "-O", "cancel" if end else "forward"]
        words += ["-L", f"127.0.0.1:{here}:localhost:{there}", "--", self.place.destination]
        return run.run(["ssh", *words], timeout_seconds=OPEN_SECONDS, check=False)

    def close(self) -> None:
        """End the shared connections."""
        for number in range(CONNECTIONS):
            mux.terminate(self._socket(number))

    def _ssh(self) -> list[str]:
        return ["ssh", *self.place.options, "-S", self.place.socket]

    def _socket(self, number: int) -> str:
        """Return where a shared connection is: the first, or a further one for when that is full."""
        return f"{self.place.socket}.{number}" if number else self.place.socket

    def _started(self, argv: list[str], text: str, patience_seconds: float | None) -> FarCommand:
        """Return a command over a shared connection that was not begun."""
        deadline = time.monotonic() + (START_SECONDS + OPEN_SECONDS if patience_seconds is None else patience_seconds)
        shown, number, lost = self.wrap(brief(argv)), self._number, False
        while True:
            link = self._open_link(number, deadline)
            try:
                command = FarCommand(shown, link, text, _left(deadline, OPEN_SECONDS), self._look_closer)
            except mux.Refused:
                number = self._next(number, deadline)
            except mux.NotOpened:
                if lost:
                    raise
                lost = True
            except TimedOutError as error:
                raise self._silent(patience_seconds or OPEN_SECONDS) from error
            else:
                self._number = number
                return command

    def _look_closer(self) -> None:
        """Raise UnreachableError if it can be told why a host that keeps silent will not answer."""

    def _next(self, number: int, deadline: float) -> int:
        """Return the connection that is tried after one that is full; when all are, wait a little. Raises NotOpened."""
        if (number := (number + 1) % CONNECTIONS) == self._number:
            if time.monotonic() > deadline:
                raise mux.NotOpened(
                    f"{self.place.name} allows no further session", hint="raise MaxSessions in its sshd_config"
                )
            time.sleep(FULL_PAUSE_SECONDS)
        return number

    def _signal(self, name: str, pid: int) -> None:
        """Send a signal to a command there, as far as the host can be reached now."""
        text = for_any_shell(["sh", "-c", END, "sh", name, str(pid)])
        shown = self.wrap(["kill", f"-{name}", f"-{pid}"])
        for number in range(CONNECTIONS):
            try:
                link = mux.connect(self._socket(number))
                with mux.MuxCommand(shown, link, text, SIGNAL_OPEN_SECONDS) as command:
                    command.communicate(b"", SIGNAL_SECONDS)
                    return
            except mux.NotOpened:
                continue
            except UserError:
                return

    def _open_link(self, number: int, deadline: float) -> Any:
        """Return a link to a shared connection, which is made if there is none. Raises UnreachableError."""
        socket, patience = self._socket(number), _left(deadline, START_SECONDS)
        try:
            return mux.connect(socket)
        except mux.NotOpened:
            since = time.time()
        if self._given_up is not None and time.monotonic() - self._given_up[0] < GIVEN_UP_SECONDS:
            raise self._given_up[1]
        with self._files.lock(patience) as lock:
            if not lock.held:
                raise self._silent(patience)
            try:
                return mux.connect(socket)  # another one made it meanwhile
            except mux.NotOpened:
                pass
            if (silence := self._files.silence(since)) is not None:
                raise silence  # another one tried meanwhile
            try:
                self._connect(socket, _left(deadline, START_SECONDS))
                if self.place.client:
                    self._greet(number, deadline)
                link = mux.connect(socket)
            except UnreachableError as error:
                self._files.keep_silence(error)
                self._given_up = time.monotonic(), error
                raise
            self._files.end_silence()
            return link

    def _connect(self, socket: str, patience_seconds: float) -> None:
        self._files.clear(socket)
        options = ["-o", "ControlMaster=yes", "-o", f"ControlPersist={PERSIST_SECONDS}", "-N", "-f"]
        argv = ["ssh", *self.place.options, "-S", socket, *options, "--", self.place.destination]
        try:
            result = run.run(argv, timeout_seconds=patience_seconds, check=False)
        except TimedOutError as error:
            raise self._silent(patience_seconds) from error
        if result.code == 0:
            return
        said = result.err.decode("utf-8", "replace").strip()
        if not said or ended_on_the_way(said):
            said = self._reason(patience_seconds) or said
        raise refusal(self.place.name, self.place.destination, said, self.place.typed)

    def _greet(self, number: int, deadline: float) -> list[str]:
        """Ask a host over a new connection what it says of itself, and let it end the one that was there before."""
        with open(GREET, encoding="utf-8") as file:
            argv = [
                "sh",
                "-c",
                file.read(),
                "transports/greet.sh",
                *([f"{self.place.client}-{number}"] if self.place.client else []),
            ]
        mark = os.urandom(8).hex()
        try:
            link = mux.connect(self._socket(number))
            text = begun(mark, argv)
            with FarCommand(self.wrap(brief(argv)), link, text, _left(deadline, OPEN_SECONDS)) as command:
                command.begin(self.place, mark, self._signal)
                said = command.result(timeout_seconds=_left(deadline, START_SECONDS)).text
        except TimedOutError as error:
            raise self._silent(START_SECONDS) from error
        lines = said.splitlines()[-3:]
        if len(lines) != 3 or not lines[0].startswith("/"):
            raise UnreachableError(
                f"{self.place.name} does not say where its home is", hint=f"try: ssh {self.place.typed} pwd"
            )
        self._files.keep_facts(lines)
        return lines

    def _reason(self, patience_seconds: float) -> str:
        """Return why a connection fails: what ssh's own helpers say of it is only heard without sharing."""
        argv = [*self.bulk(), "--", self.place.destination, "true"]
        try:
            return run.run(argv, timeout_seconds=patience_seconds, check=False).err.decode("utf-8", "replace").strip()
        except TimedOutError as error:
            raise self._silent(patience_seconds) from error
        except UserError as error:
            return error.message

    def _silent(self, seconds: float) -> UnreachableError:
        error = UnreachableError(
            f"{self.place.name} did not answer within {seconds:.2g} s",
            hint=f"is it up? try: ssh {self.place.typed} true",
        )
        self._files.keep_silence(error)
        return error


def _left(deadline: float | None, most: float) -> float:
    """Return how long may be waited until a deadline, and at most."""
    return most if deadline is None else max(0.0, min(deadline - time.monotonic(), most))
