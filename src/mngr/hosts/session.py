"""An agent's tmux session: start it, end it, type into it, read its screen."""

from __future__ import annotations

import os
import zlib

from mngr.hosts.lock import REFUSED, locked_script, refusal
from mngr.hosts.records import change, expect_unchanged
from mngr.model.agent import AgentRecord, to_json
from mngr.model.errors import CommandError, NotAcceptedError, UserError
from mngr.model.value import value
from mngr.transports.quoting import COMPLETE, export, fill_file, for_any_shell, join, renew_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mngr.model.result import Result
    from mngr.transports.host import Host

SIZE = "200x50"
SSH_AGENT = "ssh-agent"  # in the agent's folder: leads to the socket of the user's own, while that is connected
AGENT_LINK = 'ln -sfn -- "${SSH_AUTH_SOCK:-/nonexistent}" "$0"; exec "$@"'
NO_TMUX, GONE, DISK = 69, 66, 74
NOT_RUNNING, TOO_LONG, HAS_OUTBOX = 5, 6, 7


class StartError(UserError):
    """The program could not be started, or failed at once; the agent is `failed`."""


@value
class Launch:
    """What a start needs besides the record. `environment` is None when the agent keeps the one it has."""

    command: list[str]
    environment: dict[str, str] | None
    history_limit: int = 50000
    files: dict[str, bytes] = {}  # what its program needs in the agent's folder


@value
class Place:
    """Where a session is: the tmux command that speaks to its server, and its target and name there."""

    tmux: list[str]
    target: str
    name: str


class TmuxSession:
    """The session of one agent. Made without looking: each call says if there is none."""

    def __init__(self, host: Host, record: AgentRecord) -> None:
        self.host = host
        self.record = record
        self._place: Place | None = None

    @property
    def name(self) -> str:
        """Return the session's name."""
        return self.host.prefix + self.record.name

    def start(self, launch: Launch, locked: bool = False, was: bytes | None = None) -> None:
        """Start the agent's program in a new session, and its further windows; nothing to do if it runs.

        `locked` tells that the caller holds the agent's lock, `was` is the record that is replaced. Raises Changed
        when there is another by now, StartError when the program failed at once, CommandError
        for anything else.
        """
        host, record = self.host, self.record
        script = ["hosts/start.sh", host.paths.folder, record.id, self.name, host.tmux_socket]
        script += [record.workspace.folder, SIZE, str(launch.history_limit)]
        script += [word for window in record.windows for word in window]
        files = _files(host, record, launch, was)
        if locked:
            result = host.whole_script(script, files, check=False)
        else:
            result = locked_script(host, record.id, script, files, check=False)
        if result.code != 0:
            raise CommandError(result.complaint or "the session could not be started", result, self._hint(result))
        expect_unchanged(result.out)
        answer, _, screen = result.text.partition("\n")
        if answer.startswith("ended "):
            said = "\n".join(screen.strip().splitlines()[-5:]).removeprefix("mngr: ")
            raise StartError(
                f"agent '{record.name}' failed at once ({answer[6:]})" + (f": {said}" if said else ""),
                hint=f"mngr capture {record.name}, or start it again: mngr start {record.name}",
            )

    def prepare(self, launch: Launch) -> None:
        """Write down all that a start needs, and the record, without starting anything."""
        complete = (
            _files(self.host, self.record, launch) + b"mv record.new record.json && rm -f making.json || exit 74\n"
        )
        change(self.host, self.record.id, complete)

    def stop(self, grace_seconds: float, locked: bool = False) -> Result:
        """End the program and all it started, then the session; what was on the screen is kept.

        It spares this process, should that be one of the agent's: there may be more to do. `locked` tells that the
        caller holds the agent's lock.
        """
        script = self._stop_script(grace_seconds)
        return self.host.script(script) if locked else self._locked(script)

    def stop_what_is_left(self, grace_seconds: float) -> None:
        """End what still runs of a session that has gone, as after the end of its tmux server."""
        self._locked([*self._stop_script(grace_seconds), "left"])

    def _stop_script(self, grace_seconds: float) -> list[str]:
        script = ["hosts/stop.sh", self.host.paths.folder, self.record.id, self.host.tmux_socket]
        return [*script, str(int(grace_seconds)), str(os.getpid()) if self.host.transport.shares_files else ""]

    def _locked(self, script: list[str], files: bytes = b"") -> Result:
        result = locked_script(self.host, self.record.id, script, files, check=False)
        if result.code != 0:
            raise CommandError(result.complaint or f"{script[0]} failed", result, self._hint(result))
        return result

    def paste(self, text: bytes, message_id: str | None = None) -> bool:
        """Type text into the agent's terminal, as one paste, and press Enter; tell whether it was typed.

        A message of the outbox is typed if it waits there, and once, whoever tries. Without one, nothing is typed
        where there is an outbox, in which something may wait that comes first. Raises NotAcceptedError when the program
        is gone, or when its terminal would cut a line; nothing is typed then.
        """
        longest = max(len(line) for line in text.split(b"\n"))
        script = ["hosts/paste.sh", self.host.paths.folder, self.record.id, self.host.tmux_socket, str(longest)]
        script += [str(len(text)), *(["once", message_id] if message_id is not None else ["alone"])]
        lock = ["hosts/lock.sh", f"{self.host.paths.agent(self.record.id)}/lock", "60"]
        result = self.host.run([*self.host.script_command(lock), *self.host.script_command(script)], text, check=False)
        if result.code in REFUSED:
            raise refusal(result.code)
        if result.code == HAS_OUTBOX and message_id is None:
            return False
        if result.code != 0:
            raise NotAcceptedError(
                f"'{self.record.name}' did not get the message: {result.complaint}", self._hint(result)
            )
        return True

    def screen(self, history: bool = False) -> bytes:
        """Return what the agent's terminal shows, or showed last. Raises UserError when there is nothing."""
        script = ["hosts/screen.sh", self.host.paths.folder, self.record.id, self.host.tmux_socket]
        result = self.host.script([*script, "all" if history else "screen"], check=False)
        if result.code != 0:
            raise UserError(
                f"'{self.record.name}' cannot be shown: {result.complaint}", hint=f"mngr start {self.record.name}"
            )
        return result.out

    def exists(self) -> bool:
        """Tell whether there is such a session now, on whatever tmux server of the host; where it is is kept."""
        script = ["hosts/whereabouts.sh", self.host.paths.folder, self.record.id, self.host.tmux_socket]
        session, _, rest = self.host.script(script, check=False).text.strip().partition(" ")
        socket, _, name = rest.rpartition(" ")
        if session:
            self._place = Place(["tmux", "-u", "-S", socket], session, name)
        return bool(session)

    @property
    def place(self) -> Place:
        """Return where the session is; where it would be started, as long as it was not looked for."""
        return self._place or Place(self.host.tmux(), f"={self.name}", self.name)

    def _hint(self, result: Result) -> str | None:
        return {
            NO_TMUX: "install tmux, or run: mngr doctor",
            GONE: (
                f"mngr destroy {self.record.name}; after that, mngr restore {self.record.name} brings back "
                "what git has of it"
            ),
            DISK: "is the disk full or read-only?",
            NOT_RUNNING: f"mngr start {self.record.name}, or add --start or --queue",
            TOO_LONG: "break the line, or give the text to the program as a file",
        }.get(result.code)

    def attach_command(self) -> list[str]:
        """Return the command that shows the session on a terminal.

        Where the agent may use the user's own ssh agent, the connection is one of its own, and leads to that.
        """
        attach = [*self.place.tmux, "attach-session", "-t", self.place.target]
        transport: Any = self.host.transport
        if not self.record.options.get("forward_agent") or transport.shares_files:
            return transport.wrap(attach, tty=True)
        link = ["sh", "-c", AGENT_LINK, f"{self.host.paths.agent(self.record.id)}/{SSH_AGENT}", *attach]
        return [*transport.bulk(), "-A", "-t", "--", transport.place.destination, for_any_shell(link)]


def _files(host: Host, record: AgentRecord, launch: Launch, was: bytes | None = None) -> bytes:
    """Return shell text that writes what the session needs; `was` is the record as it was last read."""
    parts = [fill_file("command", f"set -- {join(launch.command)}\n".encode("utf-8", "surrogateescape"))]
    parts += [fill_file("mngr-launch", host.resource("hosts/launch.sh"))]
    parts += [fill_file("on-exit", host.resource("hosts/on-exit.sh"))]
    parts += [fill_file(name, content) for name, content in launch.files.items()]
    if launch.environment is not None:
        parts.append(fill_file("env", _exports(launch.environment)))
    parts.append(fill_file("work_dir", f"{record.workspace.folder}\n".encode("utf-8", "surrogateescape")))
    conf = host.resource("hosts/tmux.conf")
    parts.append(renew_file("../../tmux.conf", b"# %08x\n" % zlib.crc32(conf) + conf))
    parts.append(fill_file("record.new", to_json(record)))
    if was is not None:
        parts.append(fill_file("was.json", was))
    return b"".join((*parts, COMPLETE))


def _exports(environment: dict[str, str]) -> bytes:
    return "".join(export(name, text) for name, text in environment.items()).encode("utf-8", "surrogateescape")


def write_environment(host: Host, record: AgentRecord, environment: dict[str, str]) -> None:
    """Write an agent's environment into its folder, for its owner alone."""
    folder = f"{record.workspace.folder}\n".encode("utf-8", "surrogateescape")
    change(host, record.id, fill_file("env", _exports(environment)) + fill_file("work_dir", folder))
