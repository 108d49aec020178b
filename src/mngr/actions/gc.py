"""Find and remove what belongs to no agent; nothing that is not provably garbage."""

from __future__ import annotations

from mngr.actions.destroy import finish
from mngr.actions.garbage import Garbage
from mngr.actions.garbage_of_hosts import half_made_host, of_providers, unused_host
from mngr.actions.take_back import take_back
from mngr.fleet.report import Agent
from mngr.hosts import records
from mngr.hosts.lock import BusyError, HeldFile
from mngr.model.agent import AgentRecord, RecordError, from_json
from mngr.model.errors import CommandError, NotFoundError, UserError
from mngr.model.host import OFF, STARTING, UNREACHABLE
from mngr.observe.probe import NO_AGENT
from mngr.sync import vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mngr.fleet.fleet import Fleet
    from mngr.fleet.report import AgentReport
    from mngr.model.observation import Pane
    from mngr.transports.host import Host

DAY_SECONDS = 86400


def find_garbage(fleet: Fleet) -> list[Garbage]:
    """Return what belongs to no agent, on all hosts."""
    reports = fleet.look()
    keep_seconds = fleet.settings.get("destroyed.keep_days") * DAY_SECONDS
    found: list[Garbage] = []
    for host in fleet.hosts():
        if host.state in (*OFF, UNREACHABLE, STARTING):
            found += half_made_host(fleet, host)
            continue  # what else cannot be looked at is no garbage
        here = [report for report in reports if report.host is host]
        lines = host.script(["hosts/survey.sh", host.paths.folder]).text.splitlines()
        words = [line.split(" ") for line in lines]
        found += _half_done(host, words)
        found += _sessions(host, here)
        found += _claims(host, here, words)
        found += _marks(host, words)
        found += _worktrees(host, here, words)
        found += _installations(host, words)
        found += _expired(host, words, fleet.now() - keep_seconds)
        found += unused_host(fleet, host, empty=not here and not any(line[0] == "making" for line in words))
    return [*found, *of_providers(fleet, fleet.now() - keep_seconds)]


def clear(garbage: Garbage) -> bool:
    """Remove one thing, unless somebody is at it just now; tell whether it was removed."""
    if garbage.remove is None:
        return False
    try:
        garbage.remove()
    except BusyError:
        return False
    return True


def _half_done(host: Host, words: list[list[str]]) -> Iterator[Garbage]:
    claims = {line[2]: line[1] for line in words if line[0] == "claim" and len(line) == 3}
    for kind, agent_id in ((line[0], line[1]) for line in words if line[0] in ("making", "destroying")):
        name = claims.get(agent_id, "")
        if kind == "making":
            yield Garbage(
                host.name,
                "half-made",
                name or agent_id,
                "an agent that was never finished",
                _taker(host, agent_id, name),
            )
        else:
            yield Garbage(
                host.name,
                "half-destroyed",
                name or agent_id,
                "an agent whose destroy was not finished",
                _ender(host, agent_id),
            )


def _taker(host: Host, agent_id: str, name: str) -> Callable[[], None]:
    return lambda: take_back(host, agent_id, name)


def _ender(host: Host, agent_id: str) -> Callable[[], None]:
    def end() -> None:
        found = records.find(host, [agent_id])
        record = found[0][2] if found else None
        if isinstance(record, AgentRecord):
            finish(Agent(host, record))

    return end


def _sessions(host: Host, reports: list[AgentReport]) -> Iterator[Garbage]:
    for report in reports:
        pane = report.observation.pane
        if pane is None or report.observation.agent_id is None:
            continue
        if pane.server is not None:
            continue  # started with another prefix: what it is called there is right
        if report.record is not None:
            yield from _misnamed(host, pane, report.record.name)
            continue
        if report.observation.making or report.observation.problem != NO_AGENT:
            continue  # its folder is there
        kill = host.tmux("kill-session", "-t", pane.session_id)
        yield Garbage(
            host.name,
            "session",
            pane.session,
            "a session of an agent that is no more",
            lambda kill=kill: _run(host, kill),
        )


def _misnamed(host: Host, pane: Pane, name: str) -> Iterator[Garbage]:
    """Find a session that an interrupted rename left with the other name."""
    if pane.session != host.prefix + name:
        mend = host.tmux("rename-session", "-t", pane.session_id, host.prefix + name)
        yield Garbage(host.name, "session", pane.session, f"its agent is '{name}'", lambda: _run(host, mend))


def _claims(host: Host, reports: list[AgentReport], words: list[list[str]]) -> Iterator[Garbage]:
    unfinished = {line[1] for line in words if line[0] in ("making", "destroying")}
    names = {report.observation.agent_id: report.record.name for report in reports if report.record is not None}
    damaged = {report.observation.agent_id for report in reports if report.record is None}
    for _, name, agent_id in (line for line in words if line[0] == "claim" and len(line) == 3):
        if agent_id in unfinished or agent_id in damaged or names.get(agent_id) == name:
            continue
        erase = ["hosts/release.sh", host.paths.folder, agent_id, name]
        yield Garbage(
            host.name, "name", name, "a name that no agent has", lambda erase=erase: host.script(erase) and None
        )


def _marks(host: Host, words: list[list[str]]) -> Iterator[Garbage]:
    """Find marks of workspaces that nobody makes: those whose create was ended before anything was made."""
    if any(line[0] == "making" for line in words):
        return
    for name in (line[1] for line in words if line[0] == "marker"):
        script = ["sync/unmark.sh", f"{host.paths.folder}/making/{name}"]
        text = "of a workspace that was never begun"
        yield Garbage(host.name, "mark", name, text, lambda script=script: host.script(script) and None)


def _worktrees(host: Host, reports: list[AgentReport], words: list[list[str]]) -> Iterator[Garbage]:
    used = {report.record.workspace.folder for report in reports if report.record is not None}
    unfinished = any(line[0] in ("making", "destroying") for line in words)
    if unfinished or any(report.record is None and report.observation.agent_id for report in reports):
        return  # whose it is cannot be told
    for name in (line[1] for line in words if line[0] == "worktree"):
        folder = f"{host.paths.worktrees}/{name}"
        if any(path == folder or path.startswith(f"{folder}/") for path in used):
            continue
        yield Garbage(
            host.name, "workspace", folder, "belongs to no agent, but may hold work: look at it, and remove it by hand"
        )


def _installations(host: Host, words: list[list[str]]) -> Iterator[Garbage]:
    """Find programs whose installation was cut off; the next one of that program would begin anew."""
    for name in (line[1] for line in words if line[0] == "installing" and len(line) == 2):
        try:
            with _Installing(host, name):
                pass
        except (BusyError, NotFoundError):
            continue  # somebody is at it
        text = "a program whose installation was not finished"
        yield Garbage(host.name, "installation", name, text, _remover(host, name))


class _Installing(HeldFile):
    def __init__(self, host: Host, name: str) -> None:
        super().__init__(host, f"{host.paths.folder}/programs/{name}.lock", 0)


def _remover(host: Host, name: str) -> Callable[[], None]:
    def remove() -> None:
        with _Installing(host, name):
            host.run(["rm", "-rf", "--", f"{host.paths.folder}/programs/.{name}.new"])

    return remove


def _expired(host: Host, words: list[list[str]], oldest: float) -> Iterator[Garbage]:
    expired = [line[1] for line in words if line[0] == "destroyed" and line[2].isdigit() and 0 < int(line[2]) < oldest]
    names = {record.id: record.name for _, record in records.destroyed(host)} if expired else {}
    for agent_id in expired:
        text = f"{agent_id[:14]}, destroyed longer ago than it is kept"
        yield Garbage(host.name, "destroyed", names.get(agent_id, agent_id), text, _forgetter(host, agent_id))


def _forgetter(host: Host, agent_id: str) -> Callable[[], None]:
    folder = f"{host.paths.destroyed}/{agent_id}"

    def forget() -> None:
        try:
            record = from_json(host.run(["cat", f"{folder}/record.json"]).out)
            vault.forget(host, record.workspace, agent_id)
        except (CommandError, RecordError) as error:
            raise UserError(f"{folder} cannot be read: {error.message}", hint="look at it by hand") from error
        host.run(["rm", "-rf", "--", folder])

    return forget


def _run(host: Host, argv: list[str]) -> None:
    host.run(argv, check=False)
