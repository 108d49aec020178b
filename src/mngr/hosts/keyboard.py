"""An agent's terminal as a hand and an eye have it: typed into and looked at, by one at a time."""

from __future__ import annotations

from mngr.hosts.lock import REFUSED, refusal
from mngr.model.errors import NotAcceptedError, UnreachableError, UserError
from mngr.model.recorded import Answers
from mngr.model.value import value
from mngr.transports.quoting import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord
    from mngr.model.recorded import Part
    from mngr.transports.host import Host

ANSWER_SECONDS = 30.0
LOCK_SECONDS = 120


class NotRunning(NotAcceptedError):
    """There is no program that could be spoken to."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"'{name}' is not running: it has {why}", hint=f"mngr start {name}")


@value
class Look:
    """What a terminal shows now. `screen` holds escape sequences for colours and nothing else that is not text."""

    screen: str
    dead: bool
    cursor: tuple[int, int]
    title: str


class Keyboard:
    """An agent's terminal, had by one alone for as long as the block runs.

    Its lock is not the agent's: who stops or destroys the agent need not wait for who types.
    """

    def __init__(self, host: Host, record: AgentRecord) -> None:
        self.host = host
        self.record = record
        self.conversations: list[str] = []  # their ids, as far as the record was read
        self.program = ""  # the process that has the terminal
        self.opened_at = 0.0  # by the host's clock, in seconds since 1970
        lock = ["hosts/lock.sh", f"{host.paths.agent(record.id)}/keyboard.lock", str(LOCK_SECONDS)]
        shell = ["sh", "-s", host.paths.folder, record.id, host.tmux_socket]
        self._process = host.spawn([*host.script_command(lock), *shell])
        self._process.write(host.resource("hosts/keyboard.sh"))
        self._knows_record = False

    def __enter__(self) -> Keyboard:
        """Wait for the lock. Raises NotRunning when there is no session, BusyError, NotFoundError."""
        try:
            answer = self._process.read_line(LOCK_SECONDS + ANSWER_SECONDS).decode().strip()
        except BaseException:
            self._end()
            raise
        if answer.startswith("ready "):
            _, _, self.program, now = answer.split(" ")
            self.opened_at = float(now)
            return self
        said, code = self._process.finish(), self._process.wait(ANSWER_SECONDS)
        if code in REFUSED:
            raise refusal(code)
        if "tmux" in answer or not answer:
            why = answer or said or "no terminal"
            raise UserError(f"'{self.record.name}' cannot be reached: it has {why}", hint="run: mngr doctor")
        raise NotRunning(self.record.name, answer)

    def __exit__(self, *_: object) -> None:
        self._end()

    def look(self) -> Look:
        """Look at the terminal."""
        words = self._order(["look"], 6)
        screen = self._read(int(words[1]))
        return Look(
            screen=screen.decode("utf-8", "replace"),
            dead=words[2] == "1",
            cursor=(int(words[3]), int(words[4])),
            title=words[5] if len(words) > 5 else "",
        )

    def paste(self, *texts: str) -> None:
        """Type texts, each as one paste. Raises NotRunning when there is no terminal any more."""
        answer = self._order(["paste", *texts])[0]
        if answer == "full":
            raise UserError(f"nothing can be typed to '{self.record.name}'", hint="is its host's disk full?")
        self._expect_terminal(answer)

    def press(self, *keys: str) -> None:
        """Press keys, by the names that tmux has for them. Raises NotRunning when there is no terminal any more."""
        self._expect_terminal(self._order(["press", *keys])[0])

    def _expect_terminal(self, answer: str) -> None:
        if answer == "failed":
            raise NotRunning(self.record.name, "lost its terminal")

    def lives(self, program: str) -> bool:
        """Tell whether a process that had the terminal once has not ended yet."""
        return self._order(["lives", program])[0] == "yes"

    def note(self, file: str, line: str) -> None:
        """Add a line to one of the agent's files."""
        if self._order(["note", file, line])[0] == "failed":
            raise UserError(f"the files of '{self.record.name}' cannot be written", hint="is its host's disk full?")

    def sign(self) -> str:
        """Return what the program's hooks said last."""
        return self._order(["sign"])[0]

    def sizes(self) -> dict[str, int]:
        """Return how long the files of the agent's record are now."""
        return {part.path: part.end for part in self._record(["sizes"])}

    def read(self, offsets: dict[str, int]) -> list[Part]:
        """Return what the record holds beyond these offsets, in whole lines, and move them on."""
        words = [word for path, offset in offsets.items() for word in (str(offset), path)]
        found = [part for part in self._record(["from", *words]) if part.content]
        offsets.update({part.path: part.end for part in found})
        return found

    def _record(self, words: list[str]) -> list[Part]:
        if not self._knows_record:
            script = self.host.resource("observe/record.sh")
            self._process.write(b"record() (\n" + script + b"\n) </dev/null\n")
            self._knows_record = True
        place = [self.host.paths.folder, self.record.id]
        self._process.write(f"record {join([*place, *words])}\n".encode("utf-8", "surrogateescape"))
        answer = Answers(self._line, self._read).read()
        self.conversations[:] = answer.conversations
        return answer.parts

    def _order(self, words: list[str], parts: int = 1) -> list[str]:
        # In braces: an order that a broken link cuts short is no command.
        self._process.write(f"{{ {join(words)}; }}\n".encode("utf-8", "surrogateescape"))
        return self._line().split(" ", parts - 1)

    def _line(self) -> str:
        line = self._process.read_line(ANSWER_SECONDS)
        if not line.endswith(b"\n"):
            raise UserError(
                f"the host of '{self.record.name}' answers no more: {self._process.finish()}", hint="run: mngr doctor"
            )
        return line[:-1].decode("utf-8", "surrogateescape")

    def _read(self, size: int) -> bytes:
        return self._process.read_exactly(size + 1, ANSWER_SECONDS)[:-1]

    def _end(self) -> None:
        self._process.close()
        try:
            self._process.wait(ANSWER_SECONDS)
        except UnreachableError:
            return  # all that was to be seen was seen, or the error is told already
