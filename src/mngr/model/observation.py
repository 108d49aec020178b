"""What one probe saw of a host and of each agent there. A state is a pure function of an observation."""

from __future__ import annotations

from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord

STARTING, RUNNING, WAITING, BLOCKED = "starting", "running", "waiting", "blocked"
DONE, FAILED, STOPPED, UNKNOWN = "done", "failed", "stopped", "unknown"
STATES = (STARTING, RUNNING, WAITING, BLOCKED, DONE, FAILED, STOPPED, UNKNOWN)


@value
class Pane:
    """The pane an agent's program runs in, as tmux sees it. Times are seconds since 1970."""

    session: str
    session_id: str
    pane_id: str
    pid: int
    dead: bool
    tty: str
    program: str  # what tmux takes for the foreground program
    created_at: float
    typed_at: float  # the last key a person typed, or the last attach
    output_at: float
    attached: int  # how many terminals are attached
    dead_status: int | None = None
    dead_signal: int | None = None
    dead_at: float | None = None
    agent_id: str | None = None  # what mngr wrote on the session; None for sessions that it did not make
    title: str = ""  # what the program calls its terminal
    server: str | None = None  # the socket of its tmux server; None for the host folder's own


@value
class Exit:
    """The end of a program, as written down when it came."""

    status: int | None
    signal: int | None
    at: float


@value
class Sign:
    """One thing seen that says something about a state: where from, what, and when (seconds since 1970)."""

    source: str
    says: str
    at: float | None = None


@value
class Observation:
    """All that one probe saw of one agent. `now` is the host's clock, in seconds since 1970."""

    now: float
    agent_id: str | None
    record: AgentRecord | None = None
    problem: str | None = None  # why there is no record that can be read
    making: bool = False  # it is being made, or was left half-made
    pane: Pane | None = None
    launching: bool = False  # its start is under way: no session yet, or not yet the program in it
    exit: Exit | None = None
    reads_terminal: bool | None = None  # its foreground process is blocked reading its terminal; None: cannot be told
    foreground_alive: bool | None = None  # for a run without a session: whether its process lives
    wanted: bool = False  # it should run: started, and neither stopped nor ended
    stopped_at: float | None = None  # when it was stopped, as far as it was
    folder_missing: bool = False  # its workspace is gone
    signs: list[Sign] = []  # what the program's own hooks reported
    asked: str | None = None  # what a hook said of the question, or the error, that the last sign tells of
    registry: str | None = None  # what the program itself keeps in a file about its process
    screen: str | None = None  # only looked at where the rest does not tell
    record_end: bytes | None = None  # the end of its conversation's record, likewise


@value
class Seen:
    """A state, and the signs that led to it. Times are seconds since 1970."""

    state: str
    reason: str | None = None
    question: str | None = None
    since: float | None = None
    exit_code: int | None = None
    signs: list[Sign] = []
    dialog: bool = False  # something is open that would swallow what is typed
    unsure: bool = False  # the screen and the record's end may tell more
