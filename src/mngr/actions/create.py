"""Start a new agent, on a host, in a workspace of its own."""

from __future__ import annotations

from mngr.actions.provision import Provisioning, install, provision
from mngr.actions.take_back import take_back
from mngr.actions.undo import UndoOnError
from mngr.fleet import last_seen
from mngr.fleet.program import conversational, launch_of
from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.hosts.session import SSH_AGENT, StartError, TmuxSession, write_environment
from mngr.model.agent import AgentRecord, Workspace
from mngr.model.errors import UserError
from mngr.model.names import make_up_name, new_id
from mngr.model.times import iso
from mngr.model.value import replace, value
from mngr.sync import workspace as workspaces
from mngr.sync.job import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.fleet.fleet import Fleet
    from mngr.hosts.programs import Found
    from mngr.hosts.takeover import Takeover
    from mngr.hosts.ways import Way
    from mngr.sync.job import WorkspaceWish
    from mngr.transports.host import Host

TRIES = 5
OF_PORTS = ("MNGR_PORT_BASE", "MNGR_PORT_COUNT")


@value
class NewAgent:
    """What is wished of a new agent."""

    host: Host
    type: str
    command: list[str]
    wish: WorkspaceWish
    project: str
    name: str | None = None
    id: str | None = None
    labels: dict[str, str] = {}
    environment: dict[str, str] = {}
    windows: list[list[str]] = []
    uploads: list[tuple[str, str]] = []
    provision_commands: list[str] = []
    parent: str | None = None
    base: str = "command"  # the plugin that its type stands on
    trusted: bool = False  # the user trusts what its workspace is made from
    program: Found | None = None  # what the host has of the program it runs
    way: Way | None = None  # how that comes to the host first, if there is none
    conversation: Takeover | None = None  # what it carries on
    options: dict[str, Any] = {}  # what its type remembers
    source_host: Host | None = None  # where its source is, if that is another host


@value
class Telling:
    """Whom to tell what: each step as it begins, and what the user should know."""

    step: Callable[[str], None]
    note: Callable[[str], None]


def create(fleet: Fleet, new: NewAgent, telling: Telling, *, headless: bool = False) -> Agent:
    """Start a new agent, or only make it ready for a run without a session (`headless`).

    Raises StartError when all is made but the program could not be started.
    """
    if new.way is not None:
        install(new.host, new.way, telling.step)
    with UndoOnError(telling.note) as undo:
        agent, claim = claim_name(fleet, new, undo)
        undo.callback(records.erase, agent.host, agent.record)
        agent = _with_workspace(agent, new, _Report(agent, claim, telling), undo)
        environment = environment_of(agent, new)
        if new.uploads or new.provision_commands:
            write_environment(agent.host, agent.record, environment)
            seconds = fleet.settings.get("provision.timeout_seconds")
            provision(agent, Provisioning(new.uploads, new.provision_commands, seconds), telling.step)
        agent = _prepared(fleet, agent, new)
        telling.step("session")
        undo.callback(_end, agent)
        agent, failure = _started(fleet, agent, environment, headless=headless)
    claim.release()
    last_seen.remember(fleet, agent)
    if failure is not None:
        raise failure
    return agent


def claim_name(fleet: Fleet, new: NewAgent, undo: UndoOnError) -> tuple[Agent, records.Claim]:
    """Take the name for a new agent, or make one up; what a dead creator left of it is taken back first."""
    for attempt in range(TRIES):
        record = _planned(fleet, new)
        claim = records.Claim(new.host, record)
        undo.callback(claim.release)
        try:
            claim.take()
            return Agent(new.host, _with_ports(record, claim.ports)), claim
        except records.StaleClaim as stale:
            take_back(new.host, stale.agent_id, record.name)
        except records.TakenError:
            if new.name is not None or attempt == TRIES - 1:
                raise
    raise UserError(f"the name '{new.name}' could not be taken", hint="run: mngr gc")


def _with_ports(record: AgentRecord, first: int | None) -> AgentRecord:
    """Return a record that remembers its agent's block of ports, so that it has the same after each start."""
    return record if first is None else replace(record, options={**record.options, "ports": first})


def environment_of(agent: Agent, new: NewAgent) -> dict[str, str]:
    """Return the whole environment of a new agent; what mngr itself sets cannot be overridden."""
    host, record = agent.host, agent.record
    own = {
        "MNGR_AGENT_ID": record.id,
        "MNGR_AGENT_NAME": record.name,
        "MNGR_AGENT_STATE_DIR": host.paths.agent(record.id),
        "MNGR_AGENT_WORK_DIR": record.workspace.folder,
        "MNGR_HOST_DIR": host.paths.folder,
        "MNGR_PREFIX": host.prefix,
        "MNGR_GIT_BASE_BRANCH": record.workspace.base_branch or "",
    }
    if record.options.get("forward_agent"):
        own["SSH_AUTH_SOCK"] = f"{host.paths.agent(record.id)}/{SSH_AGENT}"
    first = record.options.get("ports")
    ports = {} if first is None else {"MNGR_PORT_BASE": str(first), "MNGR_PORT_COUNT": str(records.PORTS)}
    others = {name: text for name, text in new.environment.items() if name not in OF_PORTS}  # those of a clone's source
    return {**others, **own, **ports}


def _planned(fleet: Fleet, new: NewAgent) -> AgentRecord:
    name = new.name or make_up_name(fleet.names_seen(new.host))
    agent_id = new.id or new_id("agent")
    target = new.wish.target or f"{new.host.paths.worktrees}/{name}-{agent_id[6:14]}"
    return AgentRecord(
        id=agent_id,
        name=name,
        type=new.type,
        command=new.command,
        workspace=Workspace(new.wish.mode or "", target, source=new.wish.source),
        project=new.project,
        created_at=iso(fleet.now()),
        parent=new.parent,
        labels=new.labels,
        windows=new.windows,
        options=_options(new),
    )


def _options(new: NewAgent) -> dict[str, Any]:
    base = {"base": new.base} if new.base != new.type else {}
    trusted = {"trusted": True} if new.trusted and new.program is not None else {}
    return {**new.options, **base, **trusted}


def _prepared(fleet: Fleet, agent: Agent, new: NewAgent) -> Agent:
    """Make ready what the program needs once: its private settings, the conversation that it carries on."""
    kind = conversational(fleet, agent.record)
    if kind is None:
        return agent
    kind.prepare(agent.host, agent.record, new.trusted)
    if new.conversation is None:
        return agent
    from mngr.hosts.takeover import take_over

    path = new.environment.get("PATH", "")
    options = take_over(agent.host, agent.record, kind.program, new.conversation, path)
    return Agent(agent.host, replace(agent.record, options={**agent.record.options, **options}))


def _with_workspace(agent: Agent, new: NewAgent, report: Report, undo: UndoOnError) -> Agent:
    record = agent.record
    wish = replace(new.wish, target=record.workspace.folder, default_branch=f"mngr/{record.name}")
    made = workspaces.make(agent.host, wish, undo, report, new.source_host)
    undo.callback(_remove, agent.host, made)
    return Agent(agent.host, replace(record, workspace=made))


def _remove(host: Host, workspace: Workspace) -> None:
    """Take a workspace back in which no program has run yet."""
    workspaces.remove(host, workspace, force=True)


class _Report(Report):
    """Passes on what is told of a workspace, and writes down what will be made before it is."""

    def __init__(self, agent: Agent, claim: records.Claim, telling: Telling) -> None:
        self.agent = agent
        self.claim = claim
        self.telling = telling

    def step(self, name: str) -> None:
        """Tell a step."""
        self.telling.step(name)

    def note(self, text: str) -> None:
        """Tell what the user should know."""
        self.telling.note(text)

    def planned(self, workspace: Workspace) -> None:
        """Write down what will be made, so that it can be taken back if nobody finishes it."""
        self.claim.plan(replace(self.agent.record, workspace=workspace))


def _end(agent: Agent) -> None:
    """End what was started before a start failed or was interrupted; the claim holds the lock."""
    TmuxSession(agent.host, agent.record).stop(0, locked=True)


def _started(
    fleet: Fleet, agent: Agent, environment: dict[str, str], *, headless: bool
) -> tuple[Agent, StartError | None]:
    record = replace(agent.record, started_at=iso(fleet.now()))
    failure = None
    session, launch = TmuxSession(agent.host, record), launch_of(fleet, record, environment)
    if headless and (kind := conversational(fleet, record)) is not None:
        launch = replace(launch, command=kind.headless(record).command)
    try:
        session.prepare(launch) if headless else session.start(launch, locked=True)
    except StartError as error:
        failure = error
    return Agent(agent.host, record), failure
