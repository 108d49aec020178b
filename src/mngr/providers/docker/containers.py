"""The containers that are hosts, as one question to the engine tells of all, and what state each is in."""

from __future__ import annotations

from mngr.model.host import CRASHED, FAILED, PAUSED, RUNNING, STARTING, STOPPED, STOPPING
from mngr.model.value import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.providers.docker.engine import Engine

# What is written on containers and images. Nothing in it is secret: whoever may use the engine reads it.
PREFIX, PROVIDER, HOST = "mngr.prefix", "mngr.provider", "mngr.host"
NETWORK = "mngr.network"  # what may be reached from inside, in words
LIMITS = "mngr.limits"  # the build words that limit it, for what is made from its snapshots
USER = "mngr.user"  # who agents are there
FOLDER = "mngr.folder"  # where agents are kept, as it was wished: `~` is the home of that user
HOLDER = "mngr.holder"  # on a holder of network rules: the id of the host that they are for
HOLDER_SUFFIX = ".rules"  # of its name; no name of a host has a dot
CLIENT = "mngr.client"  # the host folder on the machine that made it
_LABELS = (HOST, NETWORK, USER, FOLDER, HOLDER)
_FIELDS = 5 + len(_LABELS)
# How a label is named in a list: by Docker, and by Podman.
_DOCKER, _PODMAN = '{{.Label "%s"}}', '{{index .Labels "%s"}}'
ASKED_CODE = 10  # what a container ends with when mngr stopped it; `main.sh` has the other side
IDLE_CODE = 0  # when it stopped itself
# A host that stopped itself ends with 0, and so stays down; one that crashed, or went down with its engine, comes back.
RESTART, NO_RESTART = "on-failure", "no"
DAY = 86400
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": DAY, "week": 7 * DAY, "month": 30 * DAY, "year": 365 * DAY}
TERMINATED, KILLED, LOST = 143, 137, 255


@value
class Container:
    """A container that is a host, or holds the network rules of one."""

    id: str
    name: str
    state: str  # as the engine says: created running paused restarting removing exited dead ...
    since: str  # when it was made, in words
    status: str
    host_id: str
    network: str = "open"
    user: str = "root"
    folder: str = "~/.mngr"
    holder_of: str = ""

    @property
    def is_old(self) -> bool:
        """Tell whether it was made more than two minutes ago, whoever made it."""
        return bool(self.since) and "second" not in self.since and "a minute" not in self.since

    @property
    def code(self) -> int | None:
        """Return the exit code of one that has ended."""
        digits = self.status.partition("(")[2].partition(")")[0]
        return int(digits) if digits.isdecimal() else None

    @property
    def ended_before_seconds(self) -> float:
        """Return how long ago one ended, at the least, as its status says in words: `Exited (0) 3 minutes ago`."""
        words = self.status.partition(") ")[2].split()
        if len(words) < 3 or words[0] == "Less":
            return 0.0
        count, unit = (1, words[2]) if words[0] == "About" else (int(words[0]) if words[0].isdecimal() else 0, words[1])
        rounded = 0.5 if unit == "hours" else 0.0  # the only unit that is not rounded down
        return (count - rounded) * UNITS.get(unit.rstrip("s"), 0)


def find(engine: Engine, prefix: str, provider: str, seconds: float, host_id: str | None = None) -> list[Container]:
    """Return the containers with mngr's labels: all of a provider, or those of one host."""
    words = ["ps", "--all", "--no-trunc", f"--filter=label={PREFIX}={prefix}", f"--filter=label={PROVIDER}={provider}"]
    forms = (_PODMAN, _DOCKER) if "podman" in engine.words[0] else (_DOCKER, _PODMAN)
    listed = engine.run(*words, _format(forms[0]), seconds=seconds, check=False)
    if listed.code != 0:  # Podman can be behind the name of docker
        listed = engine.run(*words, _format(forms[1]), seconds=seconds)
    found = [_container(line.split("\t")) for line in listed.text.splitlines() if line.count("\t") == _FIELDS - 1]
    return [each for each in found if host_id in (None, each.host_id, each.holder_of)]


def _format(label: str) -> str:
    fields = ["{{.ID}}", "{{.Names}}", "{{.State}}", "{{.RunningFor}}", "{{.Status}}"]
    return "--format=" + "\t".join([*fields, *(label % each for each in _LABELS)])


def _container(fields: list[str]) -> Container:
    id, names, state, since, status, host_id, network, user, folder, holder_of = fields
    return Container(
        id=id,
        name=names.partition(",")[0],
        state=_word(state),
        since=since,
        status=status,
        host_id=host_id,
        network=network or "open",
        user=user or "root",
        folder=folder or "~/.mngr",
        holder_of=holder_of,
    )


def _word(state: str) -> str:
    """Return the engine's word for a state; Podman tells it as a status: `Up 5 seconds`, `Exited (0) 2 hours ago`."""
    first = state.partition(" ")[0].lower()
    return "paused" if "(paused)" in state.lower() else {"up": "running"}.get(first, first)


def state_of(container: Container) -> tuple[str, str]:
    """Return a host's state, and why it is in that, in words (empty where there is nothing to add)."""
    if container.state in ("created", "configured"):
        return (FAILED, "it was made and never started") if container.is_old else (STARTING, "it is being made")
    if container.state in ("exited", "stopped"):
        return _ended(container.code)
    return {
        "running": (RUNNING, ""),
        "restarting": (STARTING, "the engine starts it again"),
        "stopping": (STOPPING, ""),
        "removing": (STOPPING, "it is being removed"),
        "paused": (PAUSED, "frozen by the engine's `pause`"),
        "dead": (FAILED, "the engine could not remove it"),
    }.get(container.state, (CRASHED, f"the engine calls it {container.state}"))


def _ended(code: int | None) -> tuple[str, str]:
    if code == ASKED_CODE:
        return STOPPED, ""
    if code == IDLE_CODE:
        return PAUSED, "it stopped itself"
    return CRASHED, {
        TERMINATED: "ended by the engine: its `stop`, or the engine's own end",
        KILLED: "killed: by hand, or for want of memory",
        LOST: "lost when the engine or its machine went down",
    }.get(code or -1, f"ended with exit code {code}")
